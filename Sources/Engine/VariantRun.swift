import Kernels
import Transformer

/// Computes stretches without any variant of steering, and then under each of several variants.
///
/// What lies before a variant's first position or below its first site is as without it, so it is
/// computed once: the residual stream is kept at the layers where variants begin to act, and each
/// variant goes on from there. Many variants and prompts are rows of one step.
final class VariantRun {
  private let session: Session
  private let prompts: [[Int32]]
  private let common: [any Intervention]
  private let variants: [Variant]
  /// The outputs of blocks that variants go on from, and the last of them.
  private let entries: Set<Site>
  private let lastEntry: LayerIndex?
  /// The caches of stretches under a variant while later stretches need them.
  private var caches: [Key: KVCache] = [:]

  private struct Key: Hashable {
    let variant: Int
    let stretch: ObjectIdentifier

    init(_ variant: Variant, _ stretch: Stretch) {
      self.variant = variant.index
      self.stretch = ObjectIdentifier(stretch)
    }
  }

  /// Makes a run; `common` acts on all variants alike, before their own interventions.
  init(
    _ session: Session, _ prompts: [[Int32]], common: [any Intervention], _ variants: [Variant]
  ) {
    self.session = session
    self.prompts = prompts
    self.common = common
    self.variants = variants
    let layers = variants.compactMap(\.entry)
    entries = Set(layers.map { Site($0) })
    lastEntry = layers.max()
  }

  /// Computes stretches without any variant, as far as something depends on it.
  ///
  /// - Returns: The stretches whose rows were read out, because some variant spares them, and
  ///   these rows.
  func unsteered(
    _ stretches: [Stretch], readout: Segment.Readout
  ) throws -> (read: [Stretch], hidden: Tensor) {
    let runs = stretches.map { stretch in
      // Nothing comes after a completion.
      (stretch: stretch, cache: stretch.isLast ? stretch.cache.fork() : stretch.cache)
    }
    for stretch in stretches where !entries.isEmpty { keepRows(of: stretch) }
    func segment(
      _ run: (stretch: Stretch, cache: KVCache), _ tokens: ArraySlice<Int32>,
      _ readout: Segment.Readout
    ) throws -> Segment {
      let hooks = try common.hooks(for: place(of: run.stretch))
      return Segment(
        cache: run.cache, tokens: Array(tokens),
        hooks: (run.stretch.kept.map { [$0] } ?? []) + hooks, readout: readout)
    }
    let whole = try runs.compactMap { run -> Segment? in
      let count = wholeCount(run.stretch)
      guard count > 0 else { return nil }
      return try segment(
        run, run.stretch.tokens[..<count],
        count == run.stretch.tokens.count ? readout : .none)
    }
    let hidden = try session.decoder.step(whole)
    let rest = try runs.compactMap { run -> Segment? in
      let tokens = run.stretch.tokens[wholeCount(run.stretch)...]
      return tokens.isEmpty ? nil : try segment(run, tokens, .none)
    }
    if let lastEntry, !rest.isEmpty { _ = try session.decoder.step(rest, through: lastEntry) }
    return (stretches.filter { wholeCount($0) == $0.tokens.count }, hidden)
  }

  /// Computes stretches under variants that cover them, and reads out rows of each.
  ///
  /// What the stretches come after must have been computed under the same variant where it covers
  /// that.
  func steered(
    _ runs: [(variant: Variant, stretch: Stretch)], readout: Segment.Readout
  ) throws -> Tensor {
    try session.decoder.step(
      runs.map { variant, stretch in
        var start = stretch.start
        let cache: KVCache
        if let parent = stretch.parent, let known = caches[Key(variant, parent)] {
          cache = known.fork()
        } else {
          if !stretch.isLast { start = variant.first(in: stretch) }
          cache = stretch.cache.fork(at: start)
        }
        if !stretch.isLast { caches[Key(variant, stretch)] = cache }
        let entry = variant.entry.map { layer in
          Segment.Entry(
            after: layer,
            stretch.keptRows(Site(layer), from: start, width: session.model.sizes.width))
        }
        let place = place(of: stretch)
        return Segment(
          cache: cache, tokens: stretch.tokens(from: start), entry: entry,
          hooks: try common.hooks(for: place) + variant.interventions.hooks(for: place),
          readout: readout)
      })
  }

  /// Whether a stretch has been computed under a variant and something may go on from it.
  func isKnown(_ stretch: Stretch, under variant: Variant) -> Bool {
    caches[Key(variant, stretch)] != nil
  }

  /// How many rows of a stretch are computed under a variant that covers it.
  func tokenCount(of stretch: Stretch, under variant: Variant) -> Int {
    let first = variant.first(in: stretch)
    return stretch.end - (variant.treatsPrefixesAlike ? max(first, stretch.start) : first)
  }

  /// Forgets what was computed under variants, but for what one of them may still go on from.
  func forget(except variant: Variant? = nil, leaves: [Stretch] = []) {
    let leaves = Set(leaves.map { ObjectIdentifier($0) })
    caches = caches.filter {
      $0.key.variant == variant?.index && !leaves.contains($0.key.stretch)
    }
  }

  private func place(of stretch: Stretch) -> SequencePlace {
    SequencePlace(row: stretch.row, prompt: prompts[stretch.row])
  }

  /// How many tokens of a stretch must pass through all blocks without any variant: those that some
  /// variant spares.
  private func wholeCount(_ stretch: Stretch) -> Int {
    let last = stretch.rows.lazy.flatMap { row in self.variants.lazy.map { $0.first[row] } }.max()
    return min(max((last ?? 0) - stretch.start, 0), stretch.tokens.count)
  }

  /// Has the residual stream kept from the first position on that some variant goes on from.
  private func keepRows(of stretch: Stretch) {
    let acting = variants.lazy.filter { !$0.spares(stretch) }
    guard let first = acting.map({ $0.first(in: stretch) }).min() else { return }
    let start = stretch.isLast ? stretch.start : max(first, stretch.start)
    stretch.kept = KeptRows(entries, start..<stretch.end, session.model.sizes)
  }
}

import Kernels
public import Transformer

/// A model at work: what runs prompts, scores answers and generates text.
///
/// Owned by one task.
public final class Session {
  /// The model.
  public let model: Model
  /// Whether everything that was computed once for several sequences, or not from their first token
  /// and block on, is computed again from there and compared bit for bit: slow, for finding faults.
  public var checksSharing = false
  /// What has been computed so far.
  public var work: Decoder.Work { decoder.work }
  let decoder: Decoder
  /// Bytes of the residual stream, keys and values that may be kept for variants of a score.
  var keptBytes = 128 << 20

  /// Makes a session; the model's weights are shared, its buffers are the session's own.
  public init(_ model: Model) {
    self.model = model
    decoder = Decoder(model.weights, model.sizes, lanes: model.lanes)
  }

  /// Runs prompts and shows their activations to hooks; nothing is read out.
  ///
  /// Blocks above the last one that a hook wants to see are not run.
  ///
  /// - Parameters:
  ///   - prompts: Token ids; sequences are independent.
  ///   - firstSeen: For each prompt, the first position that its observing hooks must see; what
  ///     lies before it may be computed once for several prompts.
  ///   - interventions: What acts on them, before `observe`'s hooks see the rows.
  ///   - observe: Makes the hooks that read a prompt's activations, by its row; hooks of all rows
  ///     want the same sites.
  ///   - progress: Called with the number of prompts done.
  /// - Throws: `ModelError`; what a hook throws.
  public func observe(
    _ prompts: [[Int32]], from firstSeen: [Int], interventions: [any Intervention] = [],
    with observe: (Int) -> [any ResidualHook], progress: (Int) throws -> Void = { _ in }
  ) throws {
    guard let first = prompts.first else { return }
    let place = SequencePlace(row: 0, prompt: first)
    let wanted = wantedSites(observe(0))
    let acting = wantedSites(try interventions.acting.hooks(for: place))
    let last = wanted.union(acting).map(\.layer).max()
    var done = 0
    try forEachBatch(
      of: prompts, sharable: firstSeen, interventions: interventions,
      compute: { try extend($0, of: prompts, interventions, through: last) }
    ) { batch in
      let seen = batch.map { stretch in
        KeptRows(
          checksSharing ? wanted : [], stretch.start..<stretch.end, model.sizes)
      }
      _ = try decoder.step(
        zip(batch, seen)
          .map { item, seen in
            let place = SequencePlace(row: item.row, prompt: prompts[item.row])
            return Segment(
              cache: item.cache, tokens: item.tokens,
              hooks: try interventions.hooks(for: place) + observe(item.row) + [seen],
              readout: .none)
          }, through: last)
      if checksSharing { try check(batch, seen, wanted, prompts, interventions) }
      done += batch.count
      try progress(done)
    }
  }

  /// The sites that hooks want to see.
  private func wantedSites(_ hooks: [any ResidualHook]) -> Set<Site> {
    let blocks = (0..<model.sizes.layers)
      .flatMap { layer in Site.Part.allCases.map { Site(LayerIndex(layer), $0) } }
    return Set(([Site(.embedding)] + blocks).filter { site in hooks.contains { $0.wants(site) } })
  }

  /// Runs one sequence from its first token and reads out rows of it, `[read rows, width]`.
  func run(
    _ tokens: [Int32], reading readout: Segment.Readout, _ interventions: [any Intervention]
  ) throws -> Tensor {
    let place = SequencePlace(row: 0, prompt: tokens)
    return try decoder.step([
      Segment(
        cache: KVCache(model.sizes), tokens: tokens,
        hooks: try interventions.hooks(for: place), readout: readout)
    ])
  }
}

import Kernels
import Transformer

/// Computes again, alone and from the first token and block on, what was shared between sequences,
/// and compares: see ``Session/checksSharing``.
extension Session {
  /// Compares the scores of one variant.
  func check(
    _ scores: Tensor, _ variant: Int, _ prompts: [[Int32]], _ completions: [[Int32]],
    _ interventions: [any Intervention]
  ) throws {
    for (row, prompt) in prompts.enumerated() {
      let place = SequencePlace(row: row, prompt: prompt)
      guard isShared(interventions, place) else { continue }
      for (column, completion) in completions.enumerated() {
        let hidden = try decoder.step([
          Segment(
            cache: KVCache(model.sizes), tokens: prompt + completion.dropLast(),
            hooks: try interventions.twins.hooks(for: place),
            readout: .rows(from: prompt.count - 1))
        ])
        let values = try logProbabilities(of: completion, after: hidden, from: 0)
        let expected = values[0] + values.dropFirst().reduce(0, +)
        let found = scores.row(row)[column]
        guard found.bitPattern == expected.bitPattern else {
          throw differs(
            "score: variant \(variant), prompt \(row), completion \(column)",
            "expected \(expected), found \(found)")
        }
      }
    }
  }

  /// Compares what hooks saw of the last tokens of prompts.
  func check(
    _ batch: [Stretch], _ seen: [KeptRows], _ sites: Set<Site>, _ prompts: [[Int32]],
    _ interventions: [any Intervention]
  ) throws {
    for (stretch, seen) in zip(batch, seen) {
      let place = SequencePlace(row: stretch.row, prompt: prompts[stretch.row])
      guard isShared(interventions, place) else { continue }
      let again = KeptRows(sites, seen.positions, model.sizes)
      _ = try decoder.step([
        Segment(
          cache: KVCache(model.sizes), tokens: place.prompt,
          hooks: try interventions.twins.hooks(for: place) + [again], readout: .none)
      ])
      if let (site, position) = seen.difference(from: again) {
        throw differs(
          "activations: prompt \(stretch.row), position \(position), \(site)",
          "expected the rows of the prompt alone")
      }
    }
  }

  /// Compares the output of a prompt's last token and, by what one more token makes of them, the
  /// keys and values.
  func check(
    _ hidden: Tensor, row index: Int, _ cache: KVCache, _ place: SequencePlace,
    _ interventions: [any Intervention], in what: String = "generate"
  ) throws {
    guard isShared(interventions, place) else { return }
    let again = KVCache(model.sizes)
    let expected = try decoder.step([
      Segment(
        cache: again, tokens: place.prompt, hooks: try interventions.twins.hooks(for: place))
    ])
    var isSame = hidden.hasSameBits(expected, index, 0)
    if cache.length < model.sizes.contextLength {
      let next = try decoder.step(
        [cache.fork(), again].map { Segment(cache: $0, tokens: [place.prompt[0]]) })
      isSame = isSame && next.hasSameBits(next, 0, 1)
    }
    guard isSame else {
      throw differs("\(what): row \(place.row)", "expected what the prompt alone gives")
    }
  }

  /// Whether anything is shared with other sequences: hooks that keep state see all of theirs.
  private func isShared(_ interventions: [any Intervention], _ place: SequencePlace) -> Bool {
    !interventions.keepsState || interventions.firstPosition(in: place) > 0
  }

  func differs(_ what: String, _ how: String) -> ModelError {
    ModelError(
      .sharingDiffers,
      "\(what): shared computation differs from computation from the first token (\(how)). "
        + "This is a fault of casthost or of a hook that depends on more than it says.")
  }
}

extension [any Intervention] {
  /// Those that act, without account of what they do.
  fileprivate var twins: [any Intervention] { acting.map(\.twin) }
}

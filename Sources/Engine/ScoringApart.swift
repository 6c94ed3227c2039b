import Kernels
import Transformer

extension Session {
  /// Scores each completion of each prompt as a sequence of its own, for interventions that keep
  /// state; only what lies before their first position is computed once.
  func scoreApart(
    _ prompts: [[Int32]], _ completions: [[Int32]], _ interventions: [any Intervention],
    into scores: Tensor, done: (Int) throws -> Void
  ) throws {
    for (column, completion) in completions.enumerated() {
      try forEachBatch(
        of: prompts, sharable: prompts.map { $0.count - 1 }, interventions: interventions,
        compute: { try extend($0, of: prompts, interventions) }
      ) { leaves in
        let hooks = try leaves.map { leaf in
          try interventions.hooks(
            for: SequencePlace(row: leaf.row, prompt: prompts[leaf.row]))
        }
        let hidden = try decoder.step(
          zip(leaves, hooks).map { Segment(cache: $0.cache, tokens: $0.tokens, hooks: $1) })
        for (index, leaf) in leaves.enumerated() {
          let first = try logProbabilities(of: [completion[0]], after: hidden, from: index)
          scores.row(leaf.row)[column] = first[0]
        }
        let targets = Array(completion.dropFirst())
        if !targets.isEmpty {
          for slice in BatchLimit().batches(of: Array(zip(leaves, hooks)), { _ in targets.count }) {
            let rest = try decoder.step(
              slice.map { leaf, hooks in
                Segment(
                  cache: leaf.cache.fork(), tokens: completion.dropLast(), hooks: hooks,
                  readout: .rows(from: 0))
              })
            for (index, leaf) in slice.map(\.0).enumerated() {
              let values = try logProbabilities(
                of: targets, after: rest, from: index * targets.count)
              scores.row(leaf.row)[column] += values.reduce(0, +)
            }
          }
        }
        try done(column == completions.count - 1 ? leaves.count : 0)
      }
    }
  }
}

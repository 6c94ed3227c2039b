import Transformer

/// Interventions whose effect is compared with that of others on the same sequences; none of them
/// keeps state.
struct Variant {
  /// 0-based in the call.
  let index: Int
  let interventions: [any Intervention]
  /// The layer from whose output it goes on; nil: from the embedding.
  let entry: LayerIndex?
  /// For each prompt, the first position at which it acts; `Int.max` where it never does.
  let first: [Int]
  let treatsPrefixesAlike: Bool

  init(_ index: Int, _ interventions: [any Intervention], _ prompts: [[Int32]]) {
    self.index = index
    self.interventions = interventions
    entry = interventions.entryLayer
    first = prompts.indices.map {
      interventions.firstPosition(in: SequencePlace(row: $0, prompt: prompts[$0]))
    }
    treatsPrefixesAlike = interventions.acting.allSatisfy(\.treatsPrefixesAlike)
  }

  /// Whether it leaves everything as it is.
  var isNeutral: Bool { interventions.acting.isEmpty }

  /// The first position at which it acts on one of the prompts that have a stretch.
  func first(in stretch: Stretch) -> Int {
    stretch.rows.lazy.map { self.first[$0] }.min() ?? Int.max
  }

  /// Whether what is computed without it holds for the whole stretch.
  func spares(_ stretch: Stretch) -> Bool { first(in: stretch) >= stretch.end }

  /// Whether a stretch is computed under it: for all prompts that have it, or not at all.
  func covers(_ stretch: Stretch) -> Bool {
    !spares(stretch) && (treatsPrefixesAlike || stretch.rows.count == 1)
  }
}

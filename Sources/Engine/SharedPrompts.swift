import Transformer

extension Session {
  /// Computes once what the prompts of several requests begin with, as far as only interventions
  /// act on it that all of them have.
  ///
  /// - Parameters:
  ///   - requests: What is to be generated.
  ///   - body: Gets the rest of each prompt that has a shared beginning, by the request's index.
  /// - Throws: `ModelError`; what an intervention throws.
  func forEachSharedPrompt(
    _ requests: [GenerationRequest], _ body: (Int, Stretch) -> Void
  ) throws {
    guard requests.count > 1 else { return }
    let prompts = requests.map(\.prompt)
    let common = requests.commonInterventions
    let sharable = requests.indices.map { row in
      min(
        prompts[row].count - 1,
        Array(requests[row].interventions.dropFirst(common.count))
          .firstPosition(in: SequencePlace(row: row, prompt: prompts[row])))
    }
    try forEachBatch(
      of: prompts, sharable: sharable, interventions: common,
      compute: { try extend($0, of: prompts, common) }
    ) { batch in
      for stretch in batch where stretch.start > 0 { body(stretch.row, stretch) }
    }
  }
}

extension [GenerationRequest] {
  /// The first interventions that all requests have: the same objects in the same order.
  var commonInterventions: [any Intervention] {
    let first = self[0].interventions
    let count = first.indices
      .prefix { index in
        allSatisfy { request in
          index < request.interventions.count
            && (first[index] as AnyObject) === (request.interventions[index] as AnyObject)
        }
      }
      .count
    return [any Intervention](first[..<count])
  }
}

public import Kernels
import Transformer

extension Session {
  /// Which rows of a prompt ``logits(_:rows:interventions:)`` returns.
  public enum Rows: String, Sendable { case last, all }

  /// The logits of a prompt.
  ///
  /// - Returns: `[1 or tokens, vocabulary]`; row i scores what follows token i.
  /// - Throws: `ModelError`; what a hook throws.
  public func logits(
    _ tokens: [Int32], rows: Rows = .last, interventions: [any Intervention] = []
  ) throws -> Tensor {
    let hidden = try run(
      tokens, reading: rows == .all ? .rows(from: 0) : .last, interventions)
    return decoder.logits(of: hidden, rows: 0..<hidden.rows)
  }

  /// The log-probability of every token of a prompt but the first, given those before it.
  ///
  /// - Returns: `[tokens − 1]`, nats.
  /// - Throws: `ModelError`; what a hook throws.
  public func logProbabilities(
    _ tokens: [Int32], interventions: [any Intervention] = []
  ) throws -> [Float] {
    guard tokens.count > 1 else {
      throw ModelError(
        .emptyInput,
        "logprobs: a prompt of \(tokens.count) token (expected at least 2). Add some text.")
    }
    let hidden = try run(tokens, reading: .rows(from: 0), interventions)
    return try logProbabilities(of: Array(tokens.dropFirst()), after: hidden, from: 0)
  }

  /// The log-probability of each completion of each prompt: the sum over its tokens.
  ///
  /// The first tokens that all prompts share are computed once where the interventions allow it,
  /// and each prompt once for all its completions.
  ///
  /// - Parameters:
  ///   - prompts: Token ids, `[prompts][tokens]`.
  ///   - completions: Token ids, `[completions][tokens]`, none empty.
  ///   - interventions: What acts on the sequences; a completion's tokens count as generated.
  ///   - progress: Called with the number of prompts done.
  /// - Returns: `[prompts, completions]`, nats.
  /// - Throws: `ModelError`; what a hook throws.
  public func score(
    _ prompts: [[Int32]], completions: [[Int32]], interventions: [any Intervention] = [],
    progress: (Int) throws -> Void = { _ in }
  ) throws -> Tensor {
    guard !prompts.isEmpty, !completions.isEmpty, completions.allSatisfy({ !$0.isEmpty }) else {
      throw ModelError(
        .emptyInput, "score: no prompt or an empty completion (expected tokens to score).")
    }
    let scores = Tensor(rows: prompts.count, columns: completions.count)
    if completions.count > 1, !interventions.allSatisfy(\.treatsPrefixesAlike) {
      // Hooks that keep state see each completion as a sequence of its own.
      for (column, completion) in completions.enumerated() {
        let one = try score(
          prompts, completions: [completion], interventions: interventions, progress: progress)
        for row in prompts.indices { scores.row(row)[column] = one.row(row)[0] }
      }
      return scores
    }
    var done = 0
    try forEachBatch(
      of: prompts, sharable: prompts.map { $0.count - 1 }, interventions: interventions
    ) { batch in
      let rows = try batch.map { item in
        let place = SequencePlace(row: item.row, prompt: prompts[item.row])
        return Scored(prompt: item, hooks: try interventions.hooks(for: place))
      }
      try score(rows, completions, into: scores)
      done += batch.count
      try progress(done)
    }
    return scores
  }

  // MARK: Parts of a score

  /// A prompt of a batch that is being scored.
  private struct Scored {
    let prompt: PreparedPrompt
    let hooks: [any ResidualHook]
  }

  private func score(
    _ batch: [Scored], _ completions: [[Int32]], into scores: Tensor
  ) throws {
    let hidden = try decoder.step(
      batch.map { Segment(cache: $0.prompt.cache, tokens: $0.prompt.rest, hooks: $0.hooks) })
    try forEachLogits(of: hidden, rows: 0..<batch.count) { index, logits, total in
      for (column, completion) in completions.enumerated() {
        let logit = logits[try checked(completion[0])]
        scores.row(batch[index].prompt.row)[column] = Float(Double(logit) - total)
      }
    }
    let longer = completions.indices.filter { completions[$0].count > 1 }
    for start in stride(from: 0, to: longer.count, by: PromptGroup.largest) {
      let columns = Array(longer[start..<min(start + PromptGroup.largest, longer.count)])
      let tokens = columns.reduce(0) { $0 + max(leastTokens, completions[$1].count - 1) }
      for slice in batches(of: batch, tokens) {
        try scoreRest(slice, completions, columns, into: scores)
      }
    }
  }

  /// Cuts a batch so that the completions' tokens of each part fill a step at most.
  private func batches(of batch: [Scored], _ tokens: Int) -> [ArraySlice<Scored>] {
    guard tokens > 0 else { return [] }
    let size = max(1, batchTokens / tokens)
    return stride(from: 0, to: batch.count, by: size)
      .map { batch[$0..<min($0 + size, batch.count)] }
  }

  /// Adds the log-probabilities of the second and later tokens of completions.
  private func scoreRest(
    _ batch: ArraySlice<Scored>, _ completions: [[Int32]], _ longer: [Int], into scores: Tensor
  ) throws {
    let hidden = try decoder.step(
      batch.flatMap { item in
        longer.map { column in
          Segment(
            cache: item.prompt.cache.fork(), tokens: Array(completions[column].dropLast()),
            hooks: item.hooks, readout: .rows(from: 0))
        }
      })
    var start = 0
    for item in batch {
      for column in longer {
        let targets = Array(completions[column].dropFirst())
        let values = try logProbabilities(of: targets, after: hidden, from: start)
        scores.row(item.prompt.row)[column] += values.reduce(0, +)
        start += targets.count
      }
    }
  }

  private func checked(_ token: Int32) throws(ModelError) -> Int {
    guard token >= 0, token < model.weights.vocabulary else {
      throw ModelError(
        .tokenOutOfRange, "token id \(token) is not in the vocabulary of \(model.name).")
    }
    return Int(token)
  }

  /// The log-probability of `targets[i]` after row `first + i`.
  func logProbabilities(
    of targets: [Int32], after hidden: Tensor, from first: Int
  ) throws -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(targets.count)
    try forEachLogits(of: hidden, rows: first..<first + targets.count) { row, logits, total in
      values.append(Float(Double(logits[try checked(targets[row - first])]) - total))
    }
    return values
  }

  /// Visits the logits of rows in order, with log Σ exp of each, in slices that bound the memory.
  private func forEachLogits(
    of hidden: Tensor, rows: Range<Int>,
    _ body: (_ row: Int, _ logits: UnsafePointer<Float>, _ total: Double) throws -> Void
  ) throws {
    for start in stride(from: rows.lowerBound, to: rows.upperBound, by: 32) {
      let slice = start..<min(start + 32, rows.upperBound)
      let logits = decoder.logits(of: hidden, rows: slice)
      let totals = Elementwise.logSumExp(
        logits.base, rows: slice.count, width: logits.columns, lanes: model.lanes)
      for (row, total) in zip(slice, totals) {
        guard total.isFinite else {
          throw ModelError(
            .notFinite, "the logits after token \(row) are not finite. Use a smaller scale.")
        }
        try body(row, logits.row(row - start), total)
      }
    }
  }
}

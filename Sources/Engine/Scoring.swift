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

  /// Reads the logits of what follows each prompt; prompts are computed in batches, and what they
  /// begin with once.
  ///
  /// - Parameters:
  ///   - prompts: Token ids, none empty.
  ///   - interventions: What acts on the sequences.
  ///   - body: Gets a prompt's row, its logits and log Σ exp of them; not in the prompts' order.
  /// - Throws: `ModelError`; what a hook and `body` throw.
  public func forEachNextToken(
    after prompts: [[Int32]], interventions: [any Intervention] = [],
    _ body: (_ row: Int, _ logits: UnsafeMutableBufferPointer<Float>, _ total: Double) throws ->
      Void
  ) throws {
    guard !prompts.contains([]) else {
      throw ModelError(.emptyInput, "an empty prompt (expected tokens). Add some text.")
    }
    try forEachBatch(
      of: prompts, sharable: prompts.map { $0.count - 1 }, interventions: interventions,
      compute: { try extend($0, of: prompts, interventions) }
    ) { leaves in
      let places = leaves.map { SequencePlace(row: $0.row, prompt: prompts[$0.row]) }
      let hidden = try decoder.step(
        zip(leaves, places)
          .map { leaf, place in
            Segment(
              cache: leaf.cache, tokens: leaf.tokens, hooks: try interventions.hooks(for: place))
          })
      if checksSharing {
        for (row, leaf) in leaves.enumerated() {
          try check(hidden, row: row, leaf.cache, places[row], interventions, in: "next token")
        }
      }
      try forEachLogits(
        of: hidden, rows: 0..<leaves.count,
        called: { "the logits after the last token of prompt \(leaves[$0].row + 1)" },
        { row, logits, total in try body(leaves[row].row, logits, total) })
    }
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
    try score(
      prompts, completions: completions, variants: [interventions], progress: progress)[0]
  }

  /// The log-probability of each completion of each prompt under several variants of steering.
  ///
  /// Computed once, where the interventions allow it: what prompts begin with alike, each prompt
  /// for all its completions, and of all of this what lies before the first position and below the
  /// first layer at which a variant acts.
  ///
  /// - Parameters:
  ///   - prompts: Token ids, `[prompts][tokens]`.
  ///   - completions: Token ids, `[completions][tokens]`, none empty.
  ///   - variants: What acts on the sequences in turn; none in an empty one. A completion's tokens
  ///     count as generated.
  ///   - common: What acts in every variant, before its own interventions.
  ///   - progress: Called with the number of prompts done, each counted once for every variant.
  /// - Returns: For each variant `[prompts, completions]`, nats: the same bits as for it alone.
  /// - Throws: `ModelError`; what a hook throws.
  public func score(
    _ prompts: [[Int32]], completions: [[Int32]], variants: [[any Intervention]],
    common: [any Intervention] = [], progress: (Int) throws -> Void = { _ in }
  ) throws -> [Tensor] {
    guard !prompts.isEmpty, !completions.isEmpty, !(prompts + completions).contains([]) else {
      throw ModelError(
        .emptyInput,
        "score: no prompt, no completion or an empty one (expected tokens). Add some text.")
    }
    let scores = variants.map { _ in Tensor(rows: prompts.count, columns: completions.count) }
    // Interventions that do not treat prefixes alike cannot act on what all variants share.
    let shares = common.allSatisfy(\.isSharable)
    let whole = variants.map { common + $0 }
    var done = 0
    func advance(_ count: Int) throws {
      done += count
      try progress(done)
    }
    for (index, interventions) in whole.enumerated() where interventions.keepsState {
      try scoreApart(prompts, completions, interventions, into: scores[index], done: advance)
    }
    let stateless = whole.indices.filter { !whole[$0].keepsState }
      .map { Variant($0, shares ? variants[$0] : whole[$0], prompts) }
    for part in parts(of: stateless, prompts, completions) {
      let scoring = VariantScoring(
        self, prompts, completions, columns: part.columns, part.variants,
        common: shares ? common : [], into: scores)
      let isLast = part.columns.upperBound == completions.count
      try scoring.fill(part.limit) { try advance(isLast ? $0 : 0) }
    }
    if checksSharing {
      for (index, interventions) in whole.enumerated() {
        try check(scores[index], index, prompts, completions, interventions)
      }
    }
    return scores
  }

  func checked(_ token: Int32) throws(ModelError) -> Int {
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
  func forEachLogits(
    of hidden: Tensor, rows: Range<Int>,
    called name: (_ row: Int) -> String = { "the logits after token \($0)" },
    _ body: (_ row: Int, _ logits: UnsafeMutableBufferPointer<Float>, _ total: Double) throws ->
      Void
  ) throws {
    for start in stride(from: rows.lowerBound, to: rows.upperBound, by: 32) {
      let slice = start..<min(start + 32, rows.upperBound)
      let logits = decoder.logits(of: hidden, rows: slice)
      let totals = Elementwise.logSumExp(
        logits.base, rows: slice.count, width: logits.columns, lanes: model.lanes)
      for (row, total) in zip(slice, totals) {
        guard total.isFinite else {
          throw ModelError(
            .notFinite, "\(name(row)) are not finite. Use a smaller steering scale.")
        }
        let elements = UnsafeMutableBufferPointer(
          start: logits.row(row - start), count: logits.columns)
        try body(row, elements, total)
      }
    }
  }
}

import Kernels
import TestSupport
import Testing
import Transformer

@testable import Engine

@Suite("Scoring completions")
struct ScoringTests {
  private let prompts = [5, 33, 64].map { TinySession.tokens($0, seed: UInt64($0)) }

  /// Completions of one to five tokens.
  private func completions(_ count: Int) -> [[Int32]] {
    (0..<count).map { TinySession.tokens([1, 2, 5][$0 % 3], seed: UInt64(500 + $0)) }
  }

  @Test(
    "a score is the sum of the completion's log-probabilities after the prompt",
    arguments: ["llama", "qwen2", "gemma3"], [false, true])
  func sums(family: String, steered: Bool) throws {
    let session = try TinySession.open(family)
    let interventions = steered ? [MadeIntervention.step(at: 34)] : []
    let completions = completions(6)
    let scores = try session.score(prompts, completions: completions, interventions: interventions)
    for (row, prompt) in prompts.enumerated() {
      let expected = try completions.map { completion in
        try session.logProbabilities(prompt + completion, interventions: interventions)
          .suffix(completion.count).reduce(0, +)
      }
      let found = (0..<completions.count).map { scores.row(row)[$0] }
      expectClose(found, expected, absolute: 1e-4, "prompt \(row)")
      #expect(found.allSatisfy { $0 < 0 })
    }
  }

  /// Expects that completions scored together get the bits that each gets alone.
  private func expectTwins(
    _ session: Session, _ completions: [[Int32]], _ interventions: [any Intervention]
  ) throws {
    let together = try session.score(
      prompts, completions: completions, interventions: interventions)
    #expect(together.rows == prompts.count && together.columns == completions.count)
    for (column, completion) in completions.enumerated() {
      let alone = try session.score(
        prompts, completions: [completion], interventions: interventions)
      let found = prompts.indices.map { together.row($0)[column] }
      #expect(found.bits == alone.values.bits, "completion \(column)")
    }
  }

  @Test("completions scored together score as they do one at a time", arguments: [3, 70, 200])
  func together(count: Int) throws {
    try expectTwins(TinySession.open(), completions(count), [])
    try expectTwins(TinySession.open(), completions(count), [MadeIntervention.step(at: 34)])
  }

  @Test("a hook that keeps state starts each completion afresh")
  func stateful() throws {
    try expectTwins(TinySession.open(), completions(7), [MadeIntervention.counting()])
  }

  @Test("completions longer than a step score as the joined tokens do")
  func long() throws {
    let session = try TinySession.open()
    let completion = TinySession.tokens(600, seed: 9)
    let scores = try session.score(prompts, completions: [completion, [7], completion])
    let joined = try session.logProbabilities(prompts[1] + completion).suffix(600)
    let expected = joined.reduce(0.0) { $0 + Double($1) }
    expectClose(Double(scores.row(1)[0]), expected, relative: 1e-5, "long completion")
    #expect(scores.row(1)[0] == scores.row(1)[2])
  }

  @Test("the completions of one token are a distribution")
  func distribution() throws {
    let session = try TinySession.open()
    let every = (0..<Int32(session.model.vocabularySize)).map { [$0] }
    let scores = try session.score([prompts[1]], completions: every)
    let sum = scores.values.reduce(0.0) { $0 + ScalarMath.exponential(Double($1)) }
    expectClose(sum, 1, absolute: 1e-5)
  }

  // MARK: What is refused

  private func code(
    _ prompts: [[Int32]], _ completions: [[Int32]]
  ) throws -> ModelError.Code? {
    let session = try TinySession.open()
    return #expect(throws: ModelError.self) {
      try session.score(prompts, completions: completions)
    }?
    .code
  }

  @Test("no prompts, no completions and empty ones are refused")
  func empty() throws {
    #expect(try code([], [[5]]) == .emptyInput)
    #expect(try code([[5]], []) == .emptyInput)
    #expect(try code([[5]], [[6], []]) == .emptyInput)
    #expect(try code([[5], []], [[6]]) == .emptyInput)
    #expect(try code([[]], [[6]]) == .emptyInput)
  }

  @Test("ids outside the vocabulary are refused wherever they stand", arguments: [-1, 296, .max])
  func outside(id: Int32) throws {
    #expect(try TinySession.open().model.vocabularySize == 296)
    #expect(try code([[5, id, 6]], [[7]]) == .tokenOutOfRange)
    #expect(try code([[5], [5, id]], [[7]]) == .tokenOutOfRange)
    for completion in [[id], [id, 7], [7, id], [7, id, 8]] as [[Int32]] {
      #expect(try code([[5, 6]], [[7], completion]) == .tokenOutOfRange, "\(completion)")
    }
  }

  @Test("a prompt and completion that exceed the context are refused")
  func tooLong() throws {
    let prompt = TinySession.tokens(1022, seed: 10)
    #expect(try code([prompt], [[5, 6, 7, 8]]) == .contextFull)
    #expect(try TinySession.open().score([prompt], completions: [[5, 6, 7]]).values[0] < 0)
  }

  @Test("log-probabilities need two tokens")
  func logProbabilities() throws {
    let session = try TinySession.open()
    for tokens in [[], [5]] as [[Int32]] {
      let error = #expect(throws: ModelError.self) { try session.logProbabilities(tokens) }
      #expect(error?.code == .emptyInput)
    }
    let logits = try session.logits(prompts[1], rows: .all)
    let values = try session.logProbabilities(prompts[1])
    try #require(logits.rows == 33 && values.count == 32)
    let expected = (0..<32)
      .map { row -> Float in
        let all = (0..<logits.columns).map { Double(logits.row(row)[$0]) }
        let total = ScalarMath.logarithm(all.reduce(0) { $0 + ScalarMath.exponential($1) })
        return Float(all[Int(prompts[1][row + 1])] - total)
      }
    expectClose(values, expected, absolute: 1e-5, "log-softmax")
    let last = try session.logits(prompts[1])
    #expect(last.rows == 1 && last.rowBits(0) == logits.rowBits(32))
  }
}

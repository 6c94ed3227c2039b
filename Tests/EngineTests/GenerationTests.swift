import Kernels
import TestSupport
import Testing
import Tokens
import Transformer

@testable import Engine

@Suite("Generating text")
struct GenerationTests {
  private let session: Session

  init() throws {
    let path = try TinyModel.write(architecture: "qwen2", in: TemporaryFolder())
    session = Session(try Model(path: path, lanes: Lanes(count: 2)))
  }

  private func request(
    _ prompt: [Int32], _ adjust: (inout GenerationRequest) -> Void = { _ in }
  ) -> GenerationRequest {
    var request = GenerationRequest(prompt: prompt)
    request.maxTokens = 12
    adjust(&request)
    return request
  }

  @Test("a sequence becomes the same alone and beside others, greedy and drawn")
  func batch() throws {
    let drawn = request([9, 8]) {
      $0.sampling.temperature = 1
      $0.sampling.seed = 4
      $0.ignoresEnd = true
    }
    let requests = [request([1, 2, 3]), drawn, request([40])]
    let together = try session.generate(requests)
    #expect(together[0].tokens == (try session.generate([requests[0]])[0].tokens))
    #expect(
      together[2].logProbabilities == (try session.generate([requests[2]])[0].logProbabilities))
    #expect(together[1].tokens == (try session.generate([drawn])[0].tokens))
    #expect(together[1].tokens.count == 12)
  }

  @Test("log-probabilities are those of the whole text")
  func logProbabilities() throws {
    let result = try session.generate([request([1, 2, 3])])[0]
    let whole = try session.logProbabilities([1, 2, 3] + result.tokens)
    for (found, expected) in zip(result.logProbabilities, whole.dropFirst(2)) {
      #expect(abs(found - expected) < 1e-4)
    }
    #expect(result.logProbabilities.count == result.tokens.count)
  }

  @Test("the end token, a stop string and a full context end a text, each with its reason")
  func ends() throws {
    final class Force: LogitHook {
      let token: Int
      init(_ token: Int) { self.token = token }
      func visit(_ logits: UnsafeMutableBufferPointer<Float>, _ state: GenerationState) -> String? {
        if state.step == 2 { logits[token] = 1e6 }
        return nil
      }
    }
    let end = try #require(session.model.tokenizer.endIDs.min())
    let ended = try session.generate([request([1]) { $0.logitHook = Force(Int(end)) }])[0]
    #expect(ended.stopReason == "end" && ended.tokens.count == 3 && ended.tokens.last == end)

    let free = try session.generate([request([1])])[0]
    #expect(free.stopReason == "length")
    let stop = String(free.text.dropFirst(2).prefix(2))
    try #require(!stop.isEmpty)
    let stopped = try session.generate([request([1]) { $0.stop = [stop] }])[0]
    #expect(stopped.stopReason == "stop" && !stopped.text.contains(stop))
    #expect(free.text.hasPrefix(stopped.text))

    let room = session.model.sizes.contextLength
    let long = (0..<room - 3).map { Int32($0 % 50) }
    let full =
      try
      session.generate([
        request(long) {
          $0.maxTokens = 100
          $0.ignoresEnd = true
        }
      ])[0]
    #expect(full.stopReason == "length" && full.tokens.count == 4)
  }

  @Test("streamed pieces are the text, and what a listener throws ends the call")
  func streaming() throws {
    struct Enough: Error {}
    var pieces: [String] = []
    let result = try session.generate([request([5]) { $0.onText = { pieces.append($0) } }])[0]
    #expect(pieces.joined() == result.text)
    #expect(throws: Enough.self) {
      try session.generate([request([5]) { $0.onText = { _ in throw Enough() } }])
    }
  }

  // MARK: What is computed once

  /// A nudge that all requests of a call can have in common.
  private final class SharedNudge: Intervention {
    let nudge = Nudge([0], 0.25)
    var treatsPrefixesAlike: Bool { true }
    func hooks(for place: SequencePlace) -> [any ResidualHook] { nudge.hooks(for: place) }
  }

  /// Rows times blocks of generating one token for each of some interventions, after a prompt of 20
  /// tokens, and whether each row becomes what it becomes alone.
  private func work(_ interventions: [[any Intervention]]) throws -> Decoder.Work {
    let requests = interventions.map { own in
      request(TinySession.tokens(20, seed: 6)) {
        $0.maxTokens = 1
        $0.interventions = own
      }
    }
    let before = session.work
    let together = try session.generate(requests)
    let work = Decoder.Work(
      blockRows: session.work.blockRows - before.blockRows,
      headRows: session.work.headRows - before.headRows)
    for (request, result) in zip(requests, together) {
      let alone = try session.generate([request])[0]
      #expect(alone.tokens == result.tokens)
      #expect(alone.logProbabilities.bits == result.logProbabilities.bits)
    }
    return work
  }

  @Test("prompts that begin alike are computed once, up to where a row's own steering begins")
  func sharedPrompts() throws {
    let blocks = session.model.sizes.layers
    #expect(try work([[], []]) == Decoder.Work(blockRows: (19 + 2) * blocks, headRows: 2))
    let response = (1...3).map { [Nudge([1], Float($0), from: -1)] }
    #expect(try work(response + [[]]).blockRows == (19 + 4) * blocks)
    // A row that is steered from its first token is computed for itself.
    #expect(try work(response + [[Nudge([1], 1)], []]).blockRows == (19 + 4 + 20) * blocks)
    // Hooks that keep state see all of their sequence.
    #expect(try work([[MadeIntervention.counting()], [], []]).blockRows == (20 + 19 + 2) * blocks)
    // Steering that all rows have in common acts on what they share.
    let common = SharedNudge()
    let steered = try work([[common], [common, Nudge([1], 1, from: 15)]])
    #expect(steered.blockRows == (15 + 5 + 5) * blocks)
  }
}

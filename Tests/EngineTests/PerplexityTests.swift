import Kernels
import TestSupport
import Testing
import Tokens
import Transformer

@testable import Engine

@Suite("Strided perplexity")
struct PerplexityTests {
  private let session: Session
  private let tokens = (0..<50).map { Int32(($0 * 7) % 60) }

  init() throws {
    let path = try TinyModel.write(architecture: "llama", in: TemporaryFolder())
    session = Session(try Model(path: path, lanes: Lanes(count: 1)))
  }

  @Test(
    "every token but the first is scored once, in the window that first holds it",
    arguments: [(64, 32), (50, 25), (16, 8), (16, 15), (8, 1), (2, 1)])
  func windows(context: Int, stride: Int) throws {
    let found = try session.perplexity(tokens, context: context, stride: stride)
    #expect(found.tokens == tokens.count - 1)
    // Each token with the window that the definition gives it, one at a time.
    var sum = 0.0
    for target in 1..<tokens.count {
      var start = 0
      while start + context <= target { start += stride }
      let window = Array(tokens[start...target])
      sum -= Double(try session.logProbabilities(window)[target - start - 1])
    }
    #expect(abs(found.nll - sum / Double(tokens.count - 1)) < 1e-6)
  }

  @Test("too little text, and a stride that leaves gaps, are refused")
  func refusals() {
    #expect(throws: ModelError.self) { try session.perplexity([1]) }
    #expect(throws: ModelError.self) { try session.perplexity(tokens, context: 8, stride: 8) }
    #expect(throws: ModelError.self) { try session.perplexity(tokens, context: 8, stride: 0) }
  }
}

import Checkpoint
import Kernels
import TestSupport
import Testing

@testable import Transformer

@Suite("The cache of keys and values")
struct KVCacheTests {
  private func decoder() throws -> Decoder {
    let checkpoint = try GGUF.open(
      try TinyModel.write(architecture: "llama", in: TemporaryFolder()))
    let lanes = Lanes(count: 2)
    let sizes = try Hyperparameters(checkpoint)
    let weights = try Weights(checkpoint, sizes, arithmetic: .exact, lanes: lanes)
    return Decoder(weights, sizes, lanes: lanes)
  }

  private func step(_ decoder: Decoder, _ cache: KVCache, _ tokens: [Int32]) throws -> [Float] {
    let hidden = try decoder.step([Segment(cache: cache, tokens: tokens)])
    return decoder.logits(of: hidden, rows: 0..<1).values
  }

  @Test(
    "a fork goes on without touching the other, across page borders", arguments: [5, 31, 32, 33])
  func forks(length: Int) throws {
    let decoder = try decoder()
    let prompt = (0..<length).map { Int32($0 % 40) }
    let cache = KVCache(decoder.sizes)
    _ = try step(decoder, cache, prompt)
    let fork = cache.fork()
    let left = try step(decoder, cache, [1, 2, 3])
    let right = try step(decoder, fork, [4, 5, 6])
    let fresh = KVCache(decoder.sizes)
    #expect(try step(decoder, fresh, prompt + [1, 2, 3]) == left)
    let other = KVCache(decoder.sizes)
    #expect(try step(decoder, other, prompt + [4, 5, 6]) == right)
    #expect(left != right)
  }

  @Test("a truncated cache goes on as if the rest had never been", arguments: [0, 7, 32, 40])
  func truncates(length: Int) throws {
    let decoder = try decoder()
    let tokens = (0..<45).map { Int32($0 % 40) }
    let cache = KVCache(decoder.sizes)
    _ = try step(decoder, cache, tokens)
    cache.truncate(to: length)
    #expect(cache.length == length)
    let again = try step(decoder, cache, Array(tokens[length...]))
    #expect(try step(decoder, KVCache(decoder.sizes), tokens) == again)
  }

  @Test("a step that fails leaves the cache as it was")
  func failedStep() throws {
    struct Refusal: Error {}
    final class Refuses: ResidualHook {
      func wants(_ site: Site) -> Bool { site.layer == LayerIndex(1) }
      func visit(_ rows: ResidualRows, at site: Site) throws { throw Refusal() }
    }
    let decoder = try decoder()
    let cache = KVCache(decoder.sizes)
    _ = try step(decoder, cache, [1, 2, 3])
    #expect(throws: Refusal.self) {
      try decoder.step([Segment(cache: cache, tokens: [4, 5], hooks: [Refuses()])])
    }
    #expect(cache.length == 3)
    #expect(
      try step(decoder, cache, [9]) == step(decoder, KVCache(decoder.sizes), [1, 2, 3, 9]))
  }

  @Test("a token outside the vocabulary and a full context are refused with the numbers")
  func refusals() throws {
    let decoder = try decoder()
    let cache = KVCache(decoder.sizes)
    #expect(throws: ModelError.self) {
      try decoder.step([Segment(cache: cache, tokens: [1_000_000])])
    }
    let long = Array(repeating: Int32(1), count: decoder.sizes.contextLength + 1)
    let error = #expect(throws: ModelError.self) {
      try decoder.step([Segment(cache: cache, tokens: long)])
    }
    #expect(error?.code == .contextFull)
    #expect(error?.message.contains("\(decoder.sizes.contextLength)") == true)
    #expect(cache.length == 0)
  }
}

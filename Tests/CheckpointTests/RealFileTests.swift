import Checkpoint
import Foundation
import Kernels
import TestSupport
import Testing

@Suite("Files from the world")
struct RealFileTests {
  @Test(
    "the default model's vocabulary and tensors are all there",
    .enabled(if: RealModel.smolLM2 != nil, "needs the default model in the cache"))
  func smolLM2() throws {
    let file = try GGUF.open(#require(RealModel.smolLM2))
    let metadata = file.metadata
    #expect(file.tensorNames.count == 272)
    #expect(try metadata.string("general.architecture") == "llama")
    #expect(try metadata.int("llama.embedding_length") == 576)
    let pieces = try metadata.strings("tokenizer.ggml.tokens")
    #expect(pieces.count == 49_152)
    #expect(pieces.last.map { String(decoding: $0, as: UTF8.self) } == "ectable")
    #expect(try metadata.integers("tokenizer.ggml.token_type").count == pieces.count)
    #expect(try metadata.strings("tokenizer.ggml.merges").count == 48_900)
    let embedding = try file.tensor("token_embd.weight")
    #expect(embedding.format == .q8_0 && embedding.shape == [49_152, 576])
    let down = try file.tensor("blk.29.ffn_down.weight")
    #expect(down.format == .q4_1 && down.shape == [576, 1536])
    // The sum of the elements as gguf-py and numpy have it, in double precision.
    let sum = down.floats().reduce(0.0) { $0 + Double($1) }
    expectClose(sum, 49.83570861816406, relative: 1e-9, "the sum of blk.29.ffn_down.weight")
  }

  @Test(
    "a vocabulary of a quarter of a million pieces opens in a blink, in a debug build too",
    .enabled(if: RealModel.gemma != nil, "needs Gemma 3 270M in the cache"))
  func gemma() throws {
    let path = try #require(RealModel.gemma)
    // The thread's own time, so that a busy machine does not matter.
    func now() -> Double {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
    var times: [Double] = []
    for _ in 0..<3 {
      let start = now()
      let file = try GGUF.open(path)
      times.append(now() - start)
      #expect(try file.metadata.strings("tokenizer.ggml.tokens").count == 262_144)
    }
    // Measured 15 ms; work for each piece beyond looking at its length takes longer than this.
    #expect(try #require(times.min()) < 0.15, "\(times)")
  }

  @Test("files of vocabulary without weights open", .enabled(if: Shared.folder != nil))
  func vocabularies() throws {
    let folder = try #require(Shared.folder).path + "/vocab"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".gguf") }
    #expect(names.count > 3)
    for name in names {
      let file = try GGUF.open("\(folder)/\(name)")
      #expect(try file.metadata.strings("tokenizer.ggml.tokens").count > 1000, "\(name)")
    }
  }
}

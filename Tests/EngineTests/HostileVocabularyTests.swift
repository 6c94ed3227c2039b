import Checkpoint
import Kernels
import TestSupport
import Testing
import Tokens
import Transformer

@testable import Engine

@Suite("Checkpoints whose numbers or tokens are hostile")
struct HostileVocabularyTests {
  /// A tokenizer of GGUF.
  private func tokenizer(
    name: String = "x", tokens: [String] = ["a", "b", "ab", "aba", "abab"],
    merges: [String] = ["a b", "ab a", "ab ab"], kinds: [Int32] = [1, 1, 1, 1, 1],
    bos: Int64 = 0
  ) throws -> Tokenizer {
    var writer = GGUFWriter()
    writer.set("general.name", name)
    writer.set("tokenizer.ggml.model", "gpt2")
    writer.set("tokenizer.ggml.pre", "gpt-2")
    writer.set("tokenizer.ggml.tokens", tokens)
    writer.set("tokenizer.ggml.token_type", kinds)
    writer.set("tokenizer.ggml.merges", merges)
    writer.set("tokenizer.ggml.bos_token_id", bos)
    let path = try TemporaryFolder().file("tokens.gguf")
    try writer.write(to: path)
    return try Tokenizer(checkpoint: path)
  }

  @Test("merges that are made of each other end, and give the text back")
  func circles() throws {
    let tokenizer = try tokenizer(merges: ["ab a", "a b", "aba b", "a ba", "ab ab"])
    let text = String(repeating: "ab", count: 1000)
    #expect(try tokenizer.decode(tokenizer.encode(text), special: true) == Array(text.utf8))
  }

  @Test("lists of other lengths, ids outside and merges of no tokens are errors")
  func lists() {
    for name in ["x", "Phi-3"] {
      for kinds: [Int32] in [[1], Array(repeating: 3, count: 4000), [3, 3, 3, 3, 3, 3]] {
        let error = #expect(throws: TokenError.self) { try tokenizer(name: name, kinds: kinds) }
        #expect(error?.code == .malformedVocabulary)
      }
    }
    for bos in [5, -1, Int64(Int32.max)] {
      #expect(throws: TokenError.self) { try tokenizer(bos: bos) }
    }
    #expect(throws: TokenError.self) { try tokenizer(merges: ["a x"]) }
    #expect(throws: TokenError.self) { try tokenizer(merges: [" "]) }
    #expect(throws: TokenError.self) { try tokenizer(tokens: [], kinds: []) }
    #expect(throws: TokenError.self) { try tokenizer(tokens: ["a", "a", "ab", "aba", "abab"]) }
  }

  @Test(
    "a model with scales that are no numbers says so when it is to speak",
    arguments: [BlockFormat.q4_0, .q8_0, .f16])
  func scales(format: BlockFormat) throws {
    var tiny = TinyModel(architecture: "llama")
    tiny.format = format
    var bytes = tiny.writer().encoded()
    // The end of the file is weights: their scales become NaN or infinite, whatever the format.
    for index in bytes.count - 4000..<bytes.count { bytes[index] = 0xFF }
    let path = try TemporaryFolder().write(bytes, as: "nan.gguf")
    let session = Session(try Model(path: path, lanes: Lanes(count: 1)))
    let error = #expect(throws: ModelError.self) {
      try session.generate([GenerationRequest(prompt: [3, 4, 5])])
    }
    #expect(error?.code == .notFinite)
  }
}

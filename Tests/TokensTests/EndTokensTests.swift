import Testing
import Tokens

@Suite("Tokens that end a generation")
struct EndTokensTests {
  @Test("EOS, EOT and the known names of ends are found")
  func names() throws {
    var vocabulary = Vocabulary.bytePairs(
      control: ["<s>", "</s>", "<|im_end|>", "<|im_start|>", "<end_of_turn>", "<|endoftext|>"])
    vocabulary.eos = 257
    #expect(try Tokenizer(vocabulary).endIDs == [257, 258, 260, 261])
    vocabulary.eot = 256
    #expect(try Tokenizer(vocabulary).endIDs == [256, 257, 258, 260, 261])
  }

  @Test("An end that is stored as text is made a control token")
  func storedAsText() throws {
    var vocabulary = Vocabulary.bytePairs()
    vocabulary.pieces.append("<|im_end|>")
    vocabulary.kinds.append(.normal)
    let tokenizer = try Tokenizer(vocabulary)
    #expect(tokenizer.endIDs == [256])
    #expect(tokenizer.isControl(256))
    #expect(try tokenizer.encode("<|im_end|>") == [256])
  }

  @Test(
    "The ends of the real models are those of their cards",
    .enabled(if: !Fixture.present.isEmpty, "needs ../shared or a model in the cache"),
    arguments: Fixture.present)
  func real(_ fixture: Fixture) throws {
    let tokenizer = try fixture.tokenizer()
    let names = tokenizer.endIDs.map { String(decoding: tokenizer.piece($0), as: UTF8.self) }
    let expected: [String] =
      switch fixture {
      case .smolLM2, .qwen, .qwen2: ["<|endoftext|>", "<|im_end|>"]
      case .gemma: ["<end_of_turn>", "<eos>"]
      case .gpt2: ["<|endoftext|>"]
      case .llamaBPE: ["<|end_of_text|>", "<|eot_id|>"]
      case .llamaSPM: ["</s>"]
      case .phi3: ["<|endoftext|>", "<|end|>"]
      }
    #expect(names.sorted() == expected)
  }
}

import Foundation
import TestSupport
import Testing
import Tokens

@Suite("Text to token ids")
struct TokenizerTests {
  /// A line of `golden/tokenize`: llama.cpp's ids of a text.
  struct Line: Decodable {
    let text: String
    let ids: [Int32]
    let idsParseSpecial: [Int32]
  }

  static let goldens: [(Fixture, String)] = [
    (.smolLM2, "golden/tokenize/smollm2-135m-instruct.jsonl"),
    (.qwen, "golden/tokenize/qwen2.5-coder-instruct.jsonl"),
    (.gemma, "golden/tokenize/gemma-3-270m.jsonl"),
  ]
  .filter { $0.0.path != nil && Fixture.shared($0.1) != nil }

  @Test(
    "The ids of the three models are llama.cpp's, with and without control tokens",
    .enabled(if: !goldens.isEmpty, "needs ../shared and a model in the cache"),
    arguments: goldens)
  func golden(_ fixture: Fixture, _ path: String) throws {
    let tokenizer = try fixture.tokenizer()
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let lines = try Shared.text(#require(Fixture.shared(path))).split(separator: "\n")
    #expect(lines.count == 84)
    for text in lines {
      let line = try decoder.decode(Line.self, from: Data(text.utf8))
      #expect(try tokenizer.encode(line.text, special: false) == line.ids, "\(line.text)")
      #expect(
        try tokenizer.encode(line.text, special: true) == line.idsParseSpecial, "\(line.text)")
    }
  }

  static let vocabularies = Fixture.present.filter {
    [.gpt2, .llamaBPE, .llamaSPM, .phi3, .qwen2].contains($0)
  }

  @Test(
    "The ids of llama.cpp's own test texts are the expected ones",
    .enabled(if: !vocabularies.isEmpty, "needs ../shared"), arguments: vocabularies)
  func vocabularyTests(_ fixture: Fixture) throws {
    let path = try #require(fixture.path)
    let texts = try Shared.text(path + ".inp").components(separatedBy: "\n__ggml_vocab_test__\n")
    let answers = try Shared.text(path + ".out").components(separatedBy: "\n")
    let tokenizer = try fixture.tokenizer()
    #expect(texts.count == 47)
    for (text, answer) in zip(texts, answers) {
      let ids = answer.split(separator: " ").compactMap { Int32($0) }
      #expect(try tokenizer.encode(text, special: false) == ids, "\(text)")
    }
  }

  @Test("BOS goes first only if it is asked for and there is one")
  func bos() throws {
    var vocabulary = Vocabulary.bytePairs(control: ["<s>"])
    #expect(try Tokenizer(vocabulary).encode("a", addBOS: true).count == 1)
    vocabulary.bos = 256
    let tokenizer = try Tokenizer(vocabulary)
    let letter = try #require(tokenizer.id(of: "a"))
    #expect(try tokenizer.encode("a", addBOS: true) == [256, letter])
    #expect(try tokenizer.encode("", addBOS: true) == [256])
    #expect(try tokenizer.encode("a") == [letter])
    #expect(try tokenizer.encode("") == [])
  }

  @Test("Text that looks like a control token stays text; a user-defined token never does")
  func special() throws {
    let tokenizer = try Tokenizer(.bytePairs(control: ["<|x|>"], userDefined: ["<tag>"]))
    #expect(try tokenizer.encode("a<|x|><tag>") == [97, 256, 257])
    let plain = try tokenizer.encode("a<|x|><tag>", special: false)
    #expect(plain.count == 7)
    #expect(!plain.contains(256))
    #expect(plain.last == 257)
  }

  @Test("SentencePiece never merges letters into a control token")
  func control() throws {
    let pieces = ["<unk>", "<s>", "<", "s", ">", "<s", "▁"]
    let tokenizer = try Tokenizer(
      Vocabulary(
        model: .sentencePiece, pieces: PieceTable(pieces),
        kinds: [.unknown, .control, .normal, .normal, .normal, .normal, .normal],
        scores: [0, 0, -1, -2, -3, -4, -5], unknown: 0))
    #expect(try tokenizer.encode("<s>", special: false) == [6, 5, 4])
    #expect(try tokenizer.encode("<s>", special: true) == [1])
    #expect(try tokenizer.encode("<s>s", special: true) == [1, 6, 3])
    #expect(try tokenizer.encode("é", special: false) == [6, 0, 0])
  }

  @Test("A byte that has no token is left out")
  func missingByte() throws {
    var vocabulary = Vocabulary.bytePairs()
    vocabulary.pieces = PieceTable(["a", "b"])
    vocabulary.kinds = []
    #expect(try Tokenizer(vocabulary).encode("a\u{1}cb") == [0, 1])
  }

  @Test("Llama 3 takes a word that is a token whole, whatever the merges say")
  func wholeWords() throws {
    let merges = ["h e"]
    var vocabulary = Vocabulary.bytePairs(merges: merges, .llama3)
    vocabulary.pieces.append("hey")
    vocabulary.kinds.append(.normal)
    #expect(try Tokenizer(vocabulary).encode("hey") == [257])
    vocabulary.takesWholeWords = false
    #expect(try Tokenizer(vocabulary).encode("hey").count == 2)
  }

  @Test("A token is found by its text, also with spaces, and by its name if it is a control token")
  func idOfPiece() throws {
    let bytePairs = try Tokenizer(.bytePairs(merges: ["Ġ a"], control: ["<|x|>"]))
    #expect(bytePairs.id(of: " a") == 256)
    #expect(bytePairs.id(of: "<|x|>") == 257)
    #expect(bytePairs.id(of: "ab") == nil)
    let pieces = ["▁a", "<0x0A>", "<unk>"]
    let sentencePiece = try Tokenizer(
      Vocabulary(
        model: .sentencePiece, pieces: PieceTable(pieces), kinds: [.normal, .byte, .unknown],
        scores: [0, 0, 0], unknown: 2))
    #expect(sentencePiece.id(of: " a") == 0)
    #expect(sentencePiece.id(of: "\n") == 1)
    #expect(sentencePiece.id(of: "\r") == nil)
    #expect(sentencePiece.id(of: "<unk>") == 2)
  }
}

extension Vocabulary {
  /// A vocabulary with the token for text that has none.
  init(
    model: Model, pieces: PieceTable, kinds: [Kind], scores: [Float], unknown: Int32
  ) {
    self.init(model: model, pieces: pieces, kinds: kinds, scores: scores)
    self.unknown = unknown
  }
}

import Testing
import Tokens

@Suite("Vocabularies that contradict themselves")
struct VocabularyCheckTests {
  private func expectMalformed(
    _ vocabulary: Vocabulary, _ part: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: TokenError.self, sourceLocation: sourceLocation) {
      try Tokenizer(vocabulary)
    }
    #expect(error?.code == .malformedVocabulary, sourceLocation: sourceLocation)
    #expect(
      error?.message.contains(part) == true, "\(error?.message ?? "")",
      sourceLocation: sourceLocation)
  }

  private func sentencePiece(
    _ pieces: [String], _ kinds: [Vocabulary.Kind], scores: Int? = nil
  ) -> Vocabulary {
    Vocabulary(
      model: .sentencePiece, pieces: PieceTable(pieces), kinds: kinds,
      scores: [Float](repeating: 0, count: scores ?? pieces.count))
  }

  @Test("An empty vocabulary is an error")
  func empty() {
    expectMalformed(Vocabulary(model: .bytePair(.gpt2), pieces: PieceTable()), "0 tokens")
    expectMalformed(sentencePiece([], []), "0 tokens")
  }

  @Test("Lists of different lengths are an error")
  func counts() {
    var vocabulary = Vocabulary.bytePairs()
    vocabulary.kinds.removeLast()
    expectMalformed(vocabulary, "255 token types (expected one for each of the 256 tokens)")
    expectMalformed(sentencePiece(["a", "b"], [], scores: 1), "1 scores")
  }

  @Test("Special ids outside the vocabulary are an error")
  func ids() {
    let fields: [(WritableKeyPath<Vocabulary, Int32?>, String)] = [
      (\.bos, "BOS"), (\.eos, "EOS"), (\.eot, "EOT"), (\.unknown, "unknown"),
      (\.padding, "padding"),
    ]
    for (field, name) in fields {
      for id: Int32 in [-1, 256, .max] {
        var vocabulary = Vocabulary.bytePairs()
        vocabulary[keyPath: field] = id
        expectMalformed(vocabulary, "the \(name) token is \(id) (expected an id from 0 to 255)")
      }
    }
    var vocabulary = Vocabulary.bytePairs()
    vocabulary.stripsSpaceAfter = [256]
    expectMalformed(vocabulary, "token 256 strips space")
  }

  @Test("A merge that names an unknown token is an error")
  func merges() {
    var vocabulary = Vocabulary.bytePairs(merges: ["a b"])
    vocabulary.merges = PieceTable(["a b", "ab c"])
    expectMalformed(vocabulary, "merge 1 is 'ab c'")
  }

  @Test("Two tokens for the same piece of text are an error")
  func duplicates() {
    var vocabulary = Vocabulary.bytePairs()
    vocabulary.pieces.append("q")
    vocabulary.kinds.append(.normal)
    expectMalformed(vocabulary, "tokens 113 and 256 are both 'q'")
    expectMalformed(sentencePiece(["<unk>", "a", "a"], [.unknown, .normal, .normal]), "both 'a'")
  }

  @Test("A control token may be spelled like a piece of text, which then is found first")
  func sameSpelling() throws {
    let tokenizer = try Tokenizer(.bytePairs(control: ["q"]))
    #expect(try tokenizer.encode("q", special: false) == [113])
    #expect(try tokenizer.encode("q", special: true) == [256])
  }

  @Test("SentencePiece needs a token for every byte, or one for unknown text")
  func bytes() {
    expectMalformed(sentencePiece(["a"], [.normal]), "no token for byte 0 and none for unknown")
    expectMalformed(
      sentencePiece(["a", "<0x1g>"], [.normal, .byte]), "byte token 1 is '<0x1g>'")
    expectMalformed(sentencePiece(["a", "<0x1>"], [.normal, .byte]), "byte token 1 is '<0x1>'")
  }

  @Test("An unknown pre-tokenizer is an error that names the known ones")
  func preTokenizer() throws {
    for (name, shown) in [("tekkem", "'tekkem'"), (nil, "missing"), ("default", "'default'")] {
      let error = #expect(throws: TokenError.self) { try PreTokenizer(named: name) }
      #expect(error?.code == .unknownPreTokenizer)
      #expect(error?.message.contains(shown) == true)
      #expect(error?.message.contains("glm4, gpt-2, gpt-4o") == true)
    }
    #expect(try PreTokenizer(named: "smollm") == .smolLM)
  }
}

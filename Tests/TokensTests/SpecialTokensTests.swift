import Testing

@testable import Tokens

@Suite("Special tokens in text")
struct SpecialTokensTests {
  private static let pieces = PieceTable(["x", "<a>", "<ab>", "<a><b>", "\n\n", "<u>", ""])
  private static let kinds: [Vocabulary.Kind] = [
    .normal, .control, .control, .control, .userDefined, .unknown, .control,
  ]

  private static func tokens(
    rules: [Int32: AddedTokenRule] = [:]
  ) -> (before: SpecialTokens, after: SpecialTokens) {
    var vocabulary = Vocabulary(model: .characterPairs, pieces: pieces, kinds: kinds)
    vocabulary.stripsSpaceAfter = [2]
    vocabulary.addedTokens = rules
    vocabulary.normalizer.steps = [.replaced([0x3C], by: [0x28])]
    return SpecialTokens.both(vocabulary, pieces, kinds)
  }

  /// Tokens in a text, and what lies between them in quotation marks.
  private func matches(
    _ text: String, _ scope: SpecialTokens.Scope, _ tokens: SpecialTokens = tokens().before
  ) -> [String] {
    let bytes = Array(text.utf8)
    return bytes.withUnsafeBufferPointer { buffer in
      var found: [String] = []
      var parts = tokens.parts(of: buffer, scope)
      while let part = parts.next() {
        switch part {
        case .token(let token): found.append("\(token)")
        case .text(let range): found.append("'\(String(decoding: bytes[range], as: UTF8.self))'")
        }
      }
      return found
    }
  }

  @Test("The leftmost token is found, and of those that start there the longest")
  func longest() {
    #expect(matches("..<a><ab><u>", .all) == ["'..'", "1", "2", "5"])
    #expect(matches("<a><b><a><", .all) == ["3", "1", "'<'"])
    #expect(matches("<a <ab", .all) == ["'<a <ab'"])
    #expect(matches("", .all) == [])
  }

  @Test("Without control tokens only the user-defined ones are found")
  func scope() {
    #expect(matches("<a>\n\n\n<u>", .userDefined) == ["'<a>'", "4", "'\n<u>'"])
    #expect(matches("<a>\n\n\n<u>", .all) == ["1", "4", "'\n'", "5"])
  }

  @Test("A token may swallow the white space after it")
  func swallowing() {
    #expect(matches("<ab> \t\n\n x<a> ", .all) == ["2", "'x'", "1", "' '"])
  }

  @Test("A token of Hugging Face takes white space of all kinds on the sides that it says")
  func white() {
    let tokens = SpecialTokensTests.tokens(rules: [
      1: AddedTokenRule(takesSpaceBefore: true, takesSpaceAfter: true),
      3: AddedTokenRule(takesSpaceAfter: true),
    ])
    #expect(matches("x \u{3000}<a>\u{A0}\ty", .all, tokens.before) == ["'x'", "1", "'y'"])
    #expect(matches(" <a> <a> ", .all, tokens.before) == ["1", "1"])
    // White space that a token took may be a token itself.
    #expect(matches("<a><b>\n\n.", .all, tokens.before) == ["3", "4", "'.'"])
  }

  @Test("A token that is looked for after normalization is normalized itself")
  func normalized() {
    let tokens = SpecialTokensTests.tokens(rules: [1: AddedTokenRule(isNormalized: true)])
    #expect(matches("<a>(a>", .all, tokens.before) == ["'<a>(a>'"])
    #expect(matches("<a>(a>", .all, tokens.after) == ["'<a>'", "1"])
    #expect(SpecialTokensTests.tokens().after.isEmpty)
  }

  @Test("A token is found by exactly its bytes")
  func find() {
    let tokens = SpecialTokensTests.tokens().before
    #expect(tokens.find(Array("<ab>".utf8)) == 2)
    #expect(tokens.find(Array("<ab".utf8)) == -1)
    #expect(tokens.find(Array("x".utf8)) == -1)
    #expect(tokens.find([]) == -1)
  }
}

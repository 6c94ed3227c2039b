import Testing

@testable import Tokens

@Suite("Special tokens in text")
struct SpecialTokensTests {
  private let tokens = SpecialTokens(
    PieceTable(["x", "<a>", "<ab>", "<a><b>", "\n\n", "<u>", ""]),
    [.normal, .control, .control, .control, .userDefined, .unknown, .control], swallowing: [2])

  private func matches(_ text: String, _ scope: SpecialTokens.Scope) -> [String] {
    let bytes = Array(text.utf8)
    return bytes.withUnsafeBufferPointer { bytes in
      var found: [String] = []
      var position = 0
      while let match = tokens.firstMatch(in: bytes, from: position, scope) {
        found.append("\(match.token): \(match.start)..<\(match.end)")
        position = match.end
      }
      return found
    }
  }

  @Test("The leftmost token is found, and of those that start there the longest")
  func longest() {
    #expect(matches("..<a><ab><u>", .all) == ["1: 2..<5", "2: 5..<9", "5: 9..<12"])
    #expect(matches("<a><b><a><", .all) == ["3: 0..<6", "1: 6..<9"])
    #expect(matches("<a <ab", .all) == [])
    #expect(matches("", .all) == [])
  }

  @Test("Without control tokens only the user-defined ones are found")
  func scope() {
    #expect(matches("<a>\n\n\n<u>", .userDefined) == ["4: 3..<5"])
    #expect(matches("<a>\n\n\n<u>", .all) == ["1: 0..<3", "4: 3..<5", "5: 6..<9"])
  }

  @Test("A token may swallow the white space after it")
  func swallowing() {
    #expect(matches("<ab> \t\n\n x<a> ", .all) == ["2: 0..<9", "1: 10..<13"])
  }

  @Test("A token is found by exactly its bytes")
  func find() {
    #expect(tokens.find(Array("<ab>".utf8)) == 2)
    #expect(tokens.find(Array("<ab".utf8)) == -1)
    #expect(tokens.find(Array("x".utf8)) == -1)
    #expect(tokens.find([]) == -1)
  }
}

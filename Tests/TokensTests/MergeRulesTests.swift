import Testing

@testable import Tokens

@Suite("Merge rules")
struct MergeRulesTests {
  /// What two texts become by rules over pieces.
  private static func pair(
    _ left: String, _ right: String, _ rules: MergeRules
  ) -> (priority: UInt32, token: Int32)? {
    Array((left + right).utf8)
      .withUnsafeBufferPointer { text in
        text.baseAddress.map {
          rules.pair($0, leftCount: left.utf8.count, count: text.count)
        }
      }
  }

  private static func index(_ pieces: [String]) -> PieceIndex {
    var index = PieceIndex(PieceTable(pieces))
    index.insert(where: { _ in true }, clash: { _, _ in })
    return index
  }

  @Test("A token has one rank for each way to cut it, and none for others")
  func ranks() throws {
    let index = MergeRulesTests.index(["a", "b", "c", "ab", "bc", "abc"])
    let merges = PieceTable(["a b", "b c", "ab c", "a bc", "ab c", "a b"])
    let rules = try MergeRules(merges: merges, index: index)
    let expected: [(String, String, UInt32, Int32)] = [
      ("a", "b", 0, 3), ("b", "c", 1, 4), ("ab", "c", 2, 5), ("a", "bc", 3, 5),
      ("b", "a", MergeRules.never, -1), ("abc", "a", MergeRules.never, -1),
    ]
    for (left, right, priority, token) in expected {
      let found = MergeRulesTests.pair(left, right, rules)
      #expect(found?.priority == priority, "\(left) \(right)")
      #expect(found?.token == token, "\(left) \(right)")
    }
  }

  @Test("Merges that make no token, or are none, are an error that shows the line")
  func malformed() {
    let index = MergeRulesTests.index(["a", "b", "ab"])
    for line in ["a c", "x y", "ab", "", "a", " a", "a b b", "日 本"] {
      let error = #expect(throws: TokenError.self) {
        try MergeRules(merges: PieceTable(["a b", line]), index: index)
      }
      #expect(error?.code == .malformedVocabulary)
      #expect(error?.message.contains("merge 1 is '\(line)'") == true)
    }
  }

  @Test("A higher score goes first; NaN goes last, but goes")
  func scores() {
    let scores: [Float] = [
      .infinity, 3, 1.5, .leastNonzeroMagnitude, 0, -.leastNonzeroMagnitude, -1, -1000,
      -.infinity, .nan,
    ]
    let priorities = scores.map(MergeRules.priority)
    #expect(zip(priorities, priorities.dropFirst()).allSatisfy { $0 < $1 })
    #expect(MergeRules.priority(-0.0) == MergeRules.priority(0))
    #expect(priorities.allSatisfy { $0 != MergeRules.never })
  }

  @Test("With scores any cut of a token will do, but control and byte tokens are never made")
  func kinds() {
    let index = MergeRulesTests.index(["abc", "xyz", "byt", "use"])
    let rules = MergeRules(
      scores: [-1, 0, 0, -2], kinds: [.normal, .control, .byte, .userDefined], index: index)
    #expect(MergeRulesTests.pair("a", "bc", rules)?.priority == MergeRules.priority(-1))
    #expect(MergeRulesTests.pair("ab", "c", rules)?.token == 0)
    #expect(MergeRulesTests.pair("x", "yz", rules)?.priority == MergeRules.never)
    #expect(MergeRulesTests.pair("b", "yt", rules)?.priority == MergeRules.never)
    #expect(MergeRulesTests.pair("u", "se", rules)?.priority == MergeRules.priority(-2))
    #expect((0..<4).map { rules.isResult(Int32($0)) } == [true, false, false, true])
  }
}

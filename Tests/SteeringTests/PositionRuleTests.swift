import Testing

@testable import Steering

@Suite("Which tokens are steered")
struct PositionRuleTests {
  /// Steered positions of a sequence of ten tokens whose prompt has six.
  private func positions(_ rule: PositionRule) -> [Int] {
    (0..<10).filter { rule.includes($0, promptLength: 6) }
  }

  @Test("each rule covers the tokens that its name says")
  func rules() {
    #expect(positions(.all) == Array(0..<10))
    #expect(positions(.prompt) == Array(0..<6))
    #expect(positions(.lastPrompt) == [5])
    #expect(positions(.response) == [5, 6, 7, 8, 9])
    #expect(positions(.generated) == [6, 7, 8, 9])
    #expect(positions(.range(2, 4)) == [2, 3, 4])
    #expect(positions(.range(-2, 7)) == [4, 5, 6, 7])
    #expect(positions(.list([0, -1, 8])) == [0, 5, 8])
  }

  @Test("every name in the list is a rule")
  func names() {
    for name in PositionRule.names { #expect(PositionRule(named: name) != nil) }
    #expect(PositionRule(named: "everywhere") == nil)
  }
}

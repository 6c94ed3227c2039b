import Testing

@testable import Engine

@Suite("Stop strings")
struct StopRuleTests {
  /// What is shown of pieces, and whether a stop string ended the text.
  private func run(_ stops: [String], _ pieces: [String]) -> (String, Bool) {
    var rule = StopRule(stops)
    var text = ""
    for piece in pieces {
      let (shown, reached) = rule.append(piece)
      text += shown
      if reached { return (text, true) }
    }
    return (text + rule.flush(), false)
  }

  @Test("the text ends before the first stop string, however the pieces cut it")
  func cuts() {
    #expect(run(["\n\n"], ["a\n", "b\n", "\nc"]) == ("a\nb", true))
    #expect(run(["END", "x"], ["aE", "N", "Dx"]) == ("a", true))
    #expect(run(["aab"], ["a", "a", "a", "b"]) == ("a", true))
  }

  @Test("what may become a stop string is held back, and given when it does not")
  func holdsBack() {
    var rule = StopRule(["stop"])
    #expect(rule.append("a st") == ("a ", false))
    #expect(rule.append("art") == ("start", false))
    #expect(run(["stop"], ["sto"]) == ("sto", false))
    #expect(run([], ["any", "thing"]) == ("anything", false))
    #expect(run([""], ["any"]) == ("any", false))
  }
}

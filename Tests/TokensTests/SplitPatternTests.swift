import TestSupport
import Testing

@testable import Tokens

@Suite("Patterns that split text")
struct SplitPatternTests {
  private static func words(_ pattern: String, _ text: String) throws -> [String] {
    try WordSplitterTests.words(text, [SplitStep(pattern)])
  }

  @Test("An earlier alternative goes before a longer match")
  func preference() throws {
    #expect(try SplitPatternTests.words("a|ab|abc", "abc") == ["a", "bc"])
    #expect(try SplitPatternTests.words("abc|ab|a", "abcaba") == ["abc", "ab", "a"])
    #expect(try SplitPatternTests.words("(a|ab)(c|bcd)", "abcd") == ["abcd"])
    #expect(try SplitPatternTests.words("a{2,3}", "aaaaa") == ["aaa", "aa"])
    #expect(try SplitPatternTests.words("a{2,}b?", "aaaabab") == ["aaaab", "ab"])
  }

  /// A random pattern of a few letters, alternatives, repetitions and assertions.
  private static func pattern(_ random: inout SeededGenerator, depth: Int) -> String {
    switch Int.random(in: 0..<(depth > 2 ? 4 : 9), using: &random) {
    case 0: return "a"
    case 1: return "b"
    case 2: return "[^a]"
    case 3: return #"\s"#
    case 4:
      return "(?:" + pattern(&random, depth: depth + 1) + "|" + pattern(&random, depth: depth + 1)
        + ")"
    case 5:
      let assertion = ["(?!a)", "(?=b)", #"(?!\S)"#].randomElement(using: &random) ?? ""
      return pattern(&random, depth: depth + 1) + assertion
    case 6:
      let repetition = ["?", "*", "+", "{2}", "{1,2}"].randomElement(using: &random) ?? "+"
      return ["a", "b", #"\s"#, "[ab]", "(?:ab)"][Int.random(in: 0..<5, using: &random)]
        + repetition
    default: return pattern(&random, depth: depth + 1) + pattern(&random, depth: depth + 1)
    }
  }

  @Test("Random patterns find what a backtracking matcher finds")
  func twin() throws {
    var random = SeededGenerator(seed: 4)
    var compared = 0
    for _ in 0..<300 {
      let step = SplitStep(SplitPatternTests.pattern(&random, depth: 0))
      guard (try? WordSplitter([step])) != nil else { continue }
      let twin = try WordSplitterTests.Twin([step])
      for _ in 0..<10 {
        let letters = (0..<8).map { _ in ["a", "b", " ", "c"].randomElement(using: &random) ?? "" }
        let text = letters.joined()
        compared += 1
        #expect(
          try WordSplitterTests.words(text, [step])
            == twin.words(text),
          "\(step.pattern) on '\(text)'")
      }
    }
    #expect(compared > 1000)
  }

  @Test("Case is ignored where a group says so, also for the long s")
  func ignoringCase() throws {
    #expect(
      try SplitPatternTests.words("(?i:'s|'re)", "x'S'rE'ſ's") == ["x", "'S", "'rE", "'ſ", "'s"])
    #expect(try SplitPatternTests.words("(?i:[a-c])d", "AdCD") == ["Ad", "CD"])
  }

  @Test("Escapes, properties and brackets mean what they mean elsewhere")
  func syntax() throws {
    let same: [(String, String, [String])] = [
      (#"\x41|\x{1F642}|\u0042"#, "AB🙂C", ["A", "B", "🙂", "C"]),
      (#"[\]\-a]+"#, "x]-a", ["x", "]-a"]), ("[]a]+", "x]a", ["x", "]a"]),
      (#"\P{L}+"#, "a12b", ["a", "12", "b"]), (#"\p{^L}+"#, "a12b", ["a", "12", "b"]),
      (#"[^\S\n]+"#, "a \t\nb", ["a", " \t", "\nb"]), (#"\d\D"#, "1a٣b", ["1a", "٣b"]),
      (".", "a\n", ["a", "\n"]), ("a$", "a\naa", ["a", "\na", "a"]),
      (SplitPattern.quoting("a.*("), "xa.*(a", ["x", "a.*(", "a"]),
    ]
    for (pattern, text, words) in same {
      #expect(try SplitPatternTests.words(pattern, text) == words, "\(pattern)")
    }
  }

  @Test("What cannot be matched in one pass is refused, and the pattern named")
  func refused() {
    let patterns: [(String, String)] = [
      ("a++", "possessive"), ("a+?", "lazy"), (#"(?<=a)b"#, "a group other than"),
      (#"(?=ab)a"#, "more than the next character"), (#"\bfoo"#, #"\b"#), ("^a", "^"),
      (#"(a)\1"#, #"\1"#), (#"\p{Han}+"#, #"\p{Han}"#), ("(a", "a group without end"),
      ("a)", "a stray )"), ("[a", "no end"), ("*a", "a repetition of nothing"),
      ("[b-a]", "a range that is none"), ("a{5,2}", "without bounds"),
      ("a{2000}", "without bounds"),
      ("(a?)*", "what may be nothing"), ("a*", "matches where there is nothing"),
      ("[a&&b]", "&&"), ("[[a]b]", "brackets inside brackets"),
      ("", "matches where there is nothing"),
      (String(repeating: "(", count: 40), "nested more than 32 deep"),
      (String(repeating: "a", count: 5000), "more than 4096 characters"),
      ("(((a{99}){99}){99}){99}", "is too large"), ("[ab]*a[ab]{20}", "is too large"),
      (#"\x{110000}"#, "number"), (#"\x{FFFFFFFFFFFFFFFFF}"#, "number"),
    ]
    for (pattern, part) in patterns {
      let error = #expect(throws: TokenError.self, "\(pattern)") {
        try WordSplitter([SplitStep(pattern)])
      }
      #expect(error?.code == .unsupportedPattern)
      #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
      #expect(error?.message.contains("'\(pattern.prefix(120))") == true)
    }
  }
}

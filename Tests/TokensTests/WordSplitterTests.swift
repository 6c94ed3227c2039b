import TestSupport
import Testing

@testable import Tokens

@Suite("Splitting text into words")
struct WordSplitterTests {
  static func words(_ text: String, _ steps: [SplitStep]) throws -> [String] {
    let splitter = try WordSplitter(steps)
    let bytes = Array(text.utf8)
    var words: [Range<Int>] = []
    var work = 0
    try bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress, !buffer.isEmpty else { return }
      try splitter.split(base, buffer.count, into: &words, work: &work)
    }
    return words.map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  /// The twin: Swift's regular expressions, one step after the other, gaps kept as words.
  struct Twin {
    private let patterns: [Regex<AnyRegexOutput>]

    init(_ steps: [SplitStep]) throws {
      patterns = try steps.map { try Regex($0.pattern).matchingSemantics(.unicodeScalar) }
    }

    func words(_ text: String) -> [String] {
      patterns.reduce(text.isEmpty ? [] : [text]) { parts, pattern in
        parts.flatMap { part in
          var words: [String] = []
          var end = part.startIndex
          for match in part.matches(of: pattern) {
            if end < match.range.lowerBound {
              words.append(String(part[end..<match.range.lowerBound]))
            }
            words.append(String(part[match.range]))
            end = match.range.upperBound
          }
          if end < part.endIndex { words.append(String(part[end...])) }
          return words
        }
      }
    }
  }

  /// Texts of scalars that the patterns tell apart, and of those near them.
  static func randomText(_ random: inout SeededGenerator) -> String {
    let pool: [Unicode.Scalar] = [
      " ", " ", " ", "\n", "\r", "\t", "\u{85}", "\u{A0}", "\u{2003}", "\u{3000}", "'", "'", "s",
      "S", "t", "r", "e", "E", "v", "l", "L", "m", "d", "a", "Z", "é", "É", "ß", "日", "\u{301}",
      "ʰ", "ǅ", "0", "1", "9", "½", "Ⅷ", "٣", ".", "!", "<", "|", "_", "/", "$", "`", "🙂",
      "\u{200D}", "\0", "ſ", "中", "가", "ア", "〉", "。", "！", "ª",
    ]
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0..<30, using: &random) {
      text.append(pool[Int.random(in: 0..<pool.count, using: &random)])
    }
    return String(text)
  }

  /// All but DeepSeek LLM's, some of whose ranges Swift does not take, and one for each pattern.
  static let comparable = PreTokenizer.knownNames.filter { $0 != "deepseek-llm" }

  @Test("Words end where the regular expressions end them")
  func twin() throws {
    var compared: [[SplitStep]] = []
    for name in WordSplitterTests.comparable {
      let steps = try PreTokenizer(named: name).steps
      guard !compared.contains(steps) else { continue }
      compared.append(steps)
      let twin = try Twin(steps)
      var random = SeededGenerator(seed: 19)
      for _ in 0..<40 {
        let text = WordSplitterTests.randomText(&random)
        #expect(
          try WordSplitterTests.words(text, steps) == twin.words(text),
          "\(name) \(text.debugDescription)")
      }
    }
    #expect(compared.count == 10)
  }

  @Test("The families differ in digits, case and newlines")
  func families() throws {
    func words(_ name: String, _ text: String) throws -> [String] {
      try WordSplitterTests.words(text, PreTokenizer(named: name).steps)
    }
    let text = "It'S 1234\n\n x  y"
    #expect(
      try words("gpt-2", text) == ["It", "'", "S", " 1234", "\n\n", " x", " ", " y"])
    #expect(
      try words("smollm", text)
        == ["It", "'", "S", " ", "1", "2", "3", "4", "\n\n", " x", " ", " y"])
    #expect(
      try words("llama-bpe", text)
        == ["It", "'S", " ", "123", "4", "\n\n", " x", " ", " y"])
    #expect(
      try words("qwen2", text)
        == ["It", "'S", " ", "1", "2", "3", "4", "\n\n", " x", " ", " y"])
    #expect(try words("falcon", "a+b 12345;") == ["a", "+", "b", " ", "123", "45", ";"])
    #expect(
      try words("tekken", "myHTTPServer 12/\n") == ["my", "HTTPServer", " ", "1", "2", "/\n"])
    #expect(try words("deepseek-coder", "fn(x)\n12") == ["fn", "(", "x", ")", "\n", "1", "2"])
  }

  @Test("What a pattern finds is isolated, left out, or joined to a neighbour")
  func behaviors() throws {
    let expected: [(SplitStep.Behavior, [String])] = [
      (.isolated, ["-", "a", "-", "-", "b", "-"]), (.removed, ["a", "b"]),
      (.contiguous, ["-", "a", "--", "b", "-"]),
      (.mergedWithPrevious, ["-", "a-", "-", "b-"]),
      (.mergedWithNext, ["-a", "-", "-b", "-"]),
    ]
    for (behavior, words) in expected {
      #expect(try WordSplitterTests.words("-a--b-", [SplitStep("-", behavior)]) == words)
    }
    let kept = SplitStep(#"\p{L}+"#, .removed, isInverted: true)
    #expect(try WordSplitterTests.words("ab 12 cd", [kept]) == ["ab", "cd"])
  }

  @Test("A step may read bytes as the letters that stand for them")
  func alphabet() throws {
    // Byte 0xB2, the second of в, is written ², which is a number.
    let step = SplitStep(#"\p{N}"#, readsByteAlphabet: true)
    var words: [Range<Int>] = []
    var work = 0
    let splitter = try WordSplitter([step])
    try Array("ав".utf8)
      .withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        try splitter.split(base, buffer.count, into: &words, work: &work)
      }
    #expect(words == [0..<3, 3..<4])
  }

  @Test("Words of any bytes, end to end, are the text")
  func anyBytes() throws {
    var random = SeededGenerator(seed: 23)
    for name in PreTokenizer.knownNames {
      let bytes = random.bytes(500)
      let splitter = try WordSplitter(PreTokenizer(named: name).steps)
      var words: [Range<Int>] = []
      var work = 0
      try bytes.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        try splitter.split(base, buffer.count, into: &words, work: &work)
      }
      #expect(words.first?.lowerBound == 0 && words.last?.upperBound == 500)
      #expect(zip(words, words.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
      #expect(words.allSatisfy { !$0.isEmpty })
    }
  }

  // MARK: Work

  static let hostile = [
    "a", "A", " ", "\n", "\r\n ", "1", "'", "é", "日", "\u{301}", "a ", "/", "$", "\u{3000}",
  ]

  private static func work(
    _ splitter: WordSplitter, _ pattern: String, _ count: Int
  ) throws -> Double {
    let text = Array(String(repeating: pattern, count: count / pattern.utf8.count).utf8)
    var words: [Range<Int>] = []
    var work = 0
    try text.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      try splitter.split(base, buffer.count, into: &words, work: &work)
    }
    return Double(work) / Double(text.count)
  }

  @Test("No scalar is read more than a few times by a step, whatever is repeated")
  func steps() throws {
    for name in PreTokenizer.knownNames {
      let steps = try PreTokenizer(named: name).steps
      let splitter = try WordSplitter(steps)
      for pattern in WordSplitterTests.hostile {
        let work = try WordSplitterTests.work(splitter, pattern, 4096)
        #expect(work <= 4 * Double(steps.count), "\(name) \(pattern.debugDescription) \(work)")
      }
      // White space that is not at the end is what DeepSeek LLM looks for in vain.
      for count in [7, 50, 4000] {
        let pattern = String(repeating: " ", count: count) + "🙂1"
        let work = try WordSplitterTests.work(splitter, pattern, 8192)
        #expect(work <= 6 * Double(steps.count), "\(name) \(count) \(work)")
      }
    }
  }

  @Test("A megabyte of one character takes as many steps for each byte as a short text")
  func megabyte() throws {
    let steps = PreTokenizer.llama3.steps
    let splitter = try WordSplitter(steps)
    for pattern in [" ", "a"] {
      #expect(try WordSplitterTests.work(splitter, pattern, 1 << 20) <= 3)
    }
  }

  @Test("A pattern that would go over a text again and again is stopped")
  func patience() throws {
    // Scans of different lengths come by in different states, so that none helps another.
    let pattern = "(?:aaaaaaa)*b|(?:aaaaa)*c|(?:aaaaaaaaaaa)*d|a"
    let splitter = try WordSplitter([SplitStep(pattern)])
    #expect(try WordSplitterTests.work(splitter, "ab", 4096) < 4)
    let error = #expect(throws: TokenError.self) {
      try WordSplitterTests.work(splitter, "a", 20_000)
    }
    #expect(error?.code == .unsupportedPattern)
    #expect(error?.message.contains("goes over this text again and again") == true)
  }

  @Test("What one scan read in vain another does not read again")
  func remembered() throws {
    let splitter = try WordSplitter([SplitStep("a*b|a")])
    #expect(try WordSplitterTests.work(splitter, "a", 50_000) < 6)
    #expect(try WordSplitterTests.words("aaaaaaaaaaaaaaaaab", [SplitStep("a*b|a")]).count == 1)
    #expect(try WordSplitterTests.words("aaaaaaaaaaaaaaaaac", [SplitStep("a*b|a")]).count == 18)
  }
}

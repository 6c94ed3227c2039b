import JSON
import Testing

@Suite("Reading JSON")
struct JSONReaderTests {
  private func read(_ text: String, _ rules: JSONRules = JSONRules()) throws -> JSONValue {
    try JSONValue(parsing: Array(text.utf8), rules)
  }

  private func fault(
    _ bytes: [UInt8], _ rules: JSONRules = JSONRules(),
    sourceLocation: SourceLocation = #_sourceLocation
  ) -> JSONFault? {
    #expect(throws: JSONFault.self, sourceLocation: sourceLocation) {
      try JSONValue(parsing: bytes, rules)
    }
  }

  // MARK: What is JSON

  @Test("every kind of value is read")
  func values() throws {
    let value = try read(
      #" {"a": [1, -2.5e3, true, false, null], "b": {"ü\n\u00e4\ud83d\ude00": "x"}, "c": 1e-6} "#)
    #expect(value["a"]?.array == [.number(1), .number(-2500), .bool(true), .bool(false), .null])
    #expect(value["b"]?["ü\nä😀"]?.string == "x")
    #expect(value["c"]?.number == 1e-6)
    #expect(value["c"]?.integer == nil && value["a"]?.array?.first?.integer == 1)
    #expect(value["d"] == nil && value["a"]?["x"] == nil && value["b"]?.bool == nil)
    #expect(value.object?.count == 3)
  }

  @Test(
    "a text may be any value, with white space around it",
    arguments: [
      ("0", .number(0)), ("\t-0.0\r\n", .number(0)), ("\"\"", .string("")), ("[]", .array([])),
      (" [ ] ", .array([])), ("{}", .object([:])), ("{ }", .object([:])), ("null", .null),
      ("true", .bool(true)), ("[[],[{}]]", .array([.array([]), .array([.object([:])])])),
      ("{\"\":{\"\":0}}", .object(["": .object(["": .number(0)])])),
      ("\u{FEFF}[1]", .array([.number(1)])),
    ] as [(String, JSONValue)])
  func whole(text: String, value: JSONValue) throws {
    #expect(try read(text) == value)
  }

  @Test(
    "numbers are the nearest float64",
    arguments: [
      "1", "-1", "0.5", "1E2", "1e+2", "1e-2", "-0.1e-7", "123456789", "9007199254740993",
      "9223372036854775807", "9223372036854775808", "-9223372036854775808",
      "123456789012345678901234567890", "2.2250738585072011e-308", "4.9e-324", "1e-400",
      "1.7976931348623157e308", "0.000000000000000000000000000000000000000000000000000001",
      "1.00000000000000000000000000000000000000000000000000000000000000000000000000001",
    ])
  func numbers(text: String) throws {
    #expect(try read("[\(text)]").array?.first?.number == Double(text))
    #expect(try read(text).number == Double(text), "at the end of the text")
  }

  @Test("whole numbers are told from others where they fit")
  func integers() throws {
    func number(_ text: String) throws -> JSONNumber {
      try Array(text.utf8)
        .withUnsafeBytes { bytes in
          var reader = JSONReader(bytes)
          return try reader.number()
        }
    }
    #expect(try number("9223372036854775807") == .integer(.max))
    #expect(try number("-9223372036854775808") == .integer(.min))
    #expect(try number("9223372036854775808") == .float(0x1p63))
    #expect(try number("3.0") == .float(3) && number("3e0") == .float(3))
  }

  @Test(
    "strings hold every character, and escapes stand for theirs",
    arguments: [
      (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
      (#""\u0000\u001f\u007F""#, "\0\u{1F}\u{7F}"),
      (#""\u00e9\u4E2d\uFFFF""#, "é中\u{FFFF}"),
      (#""\uD83D\uDE00\ud800\udc00""#, "😀\u{10000}"),
      (#""\udbff\udfff""#, "\u{10FFFF}"),
      (
        "\"\u{7F}\u{80}\u{7FF}\u{800}\u{D7FF}\u{E000}\"",
        "\u{7F}\u{80}\u{7FF}\u{800}\u{D7FF}\u{E000}"
      ),
      (
        "\"\u{FFFD}\u{FFFF}\u{10000}\u{10FFFF}\u{2028}\"",
        "\u{FFFD}\u{FFFF}\u{10000}\u{10FFFF}\u{2028}"
      ),
      (#""a/* b */ // c # d""#, "a/* b */ // c # d"), (#""\\u0041""#, "\\u0041"),
    ])
  func strings(text: String, value: String) throws {
    #expect(try read(text).string.map { Array($0.utf8) } == Array(value.utf8))
    #expect(try read("{\(text):1}").object?.keys.first.map { Array($0.utf8) } == Array(value.utf8))
  }

  // MARK: What is none

  @Test(
    "what is no JSON is refused, with what stands there and what should",
    arguments: [
      ("", "the end"), (" ", "the end"), ("[", "the end"), ("[1", "the end"), ("[1,", "the end"),
      ("{", "the end"), ("{\"a\"", "the end"), ("{\"a\":", "the end"), ("{\"a\":1", "the end"),
      ("{\"a\":1,", "the end"), ("[1,]", "']'"), ("[,1]", "','"), ("[1,,2]", "','"), ("[,]", "','"),
      ("[1 2]", "'2'"), ("[1:2]", "':'"), ("[1}", "'}'"), ("{\"a\":1]", "']'"), ("]", "']'"),
      ("}", "'}'"), ("{\"a\":1,}", "'}'"), ("{,}", "','"), ("{\"a\" 1}", "'1'"),
      ("{\"a\":}", "'}'"),
      ("{a:1}", "'a'"), ("{'a':1}", "'''"), ("{1:1}", "'1'"), ("{null:1}", "'n'"),
      ("{[]:1}", "'['"),
      ("{\"a\"::1}", "':'"), ("{\"a\":1 \"b\":2}", "'\"'"), ("{\"a\":1,,\"b\":2}", "','"),
      ("1 2", "more text"), ("[1]]", "more text"), ("{}{}", "more text"), ("[],", "more text"),
      ("true false", "more text"), ("nul", "'n'"), ("nulL", "'n'"), ("True", "'T'"),
      ("truth", "'t'"),
      ("tRUE", "'t'"), ("undefined", "'u'"), ("/* */1", "'/'"), ("1//", "more text"), ("#", "'#'"),
      ("'a'", "'''"), ("a", "'a'"), ("\u{A0}1", "byte 194"), ("1\u{2028}", "more text"),
      ("\u{B}1", "byte 11"), ("\u{C}1", "byte 12"), ("\u{0}", "byte 0"), ("1\u{0}", "more text"),
    ])
  func refused(text: String, found: String) {
    #expect(fault(Array(text.utf8))?.found == found)
  }

  @Test(
    "numbers that JSON does not have are refused",
    arguments: [
      "+1", "-", "--1", "01", "-01", "00", "1.", ".5", "-.5", "1.e1", "1e", "1e+", "1E-", "0x10",
      "1_000", "1,000", "1f", "0e", "1.2.3", "1e1.5", "1ee2", "NaN", "Infinity", "-Infinity", "inf",
      "nan", "-nan", "1e999", "-1e999", "１", "0b1", "1 000", "- 1",
    ])
  func wrongNumbers(text: String) {
    #expect(fault(Array("[\(text)]".utf8)) != nil)
    #expect(fault(Array("{\"a\":\(text)}".utf8)) != nil)
    if text != "1,000" { #expect(fault(Array(text.utf8)) != nil) }
  }

  @Test(
    "strings without end, with control characters or wrong escapes are refused",
    arguments: [
      ("\"", "a string without end"), ("\"a", "a string without end"),
      ("\"\\\"", "a string without end"), ("\"\\", "a string without end"),
      ("\"\n\"", "control character 10"), ("\"\t\"", "control character 9"),
      ("\"\u{0}\"", "control character 0"), ("\"\u{1F}\"", "control character 31"),
      ("\"\\a\"", "an unknown escape"), ("\"\\x41\"", "an unknown escape"),
      ("\"\\'\"", "an unknown escape"), ("\"\\U0041\"", "an unknown escape"),
      ("\"\\\n\"", "an unknown escape"), ("\"\\é\"", "an unknown escape"), ("\"\\u\"", "'\"'"),
      ("\"\\u12\"", "'\"'"), ("\"\\u123", "the end"), ("\"\\u00g0\"", "'g'"),
      ("\"\\u-123\"", "'-'"),
      ("\"\\u+123\"", "'+'"), ("\"\\u １23\"", "' '"), ("\"\\u12 3\"", "' '"),
      ("\"\\ud800\"", "half a surrogate pair"), ("\"\\ud800x\"", "half a surrogate pair"),
      ("\"\\udc00\"", "half a surrogate pair"), ("\"\\ud800\\u0041\"", "half a surrogate pair"),
      ("\"\\ud800\\ud800\"", "half a surrogate pair"), ("\"\\ud800\\n\"", "half a surrogate pair"),
      ("\"\\ud800\\u", "the end"),
    ])
  func wrongStrings(text: String, found: String) {
    #expect(fault(Array(text.utf8))?.found == found)
  }

  @Test(
    "bytes that are not UTF-8 are refused",
    arguments: [
      [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x80, 0x80],
      [0xE0, 0x9F, 0xBF], [0xE1, 0x80], [0xE2, 0x28, 0xA1], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
      [0xEF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF1, 0x80, 0x80],
      [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFE],
      [0xFF], [0xC3, 0xA9, 0xA9],
    ] as [[UInt8]])
  func notUTF8(bytes: [UInt8]) {
    #expect(fault([0x22] + bytes + [0x22])?.found == "bytes that are not UTF-8")
    #expect(fault([0x22] + bytes)?.found == "bytes that are not UTF-8")
    #expect(fault([0x5B] + bytes + [0x5D]) != nil)
  }

  @Test("other encodings are refused: UTF-16 and UTF-32, with and without their mark")
  func encodings() {
    for bytes: [UInt8] in [
      [0xFF, 0xFE, 0x5B, 0, 0x5D, 0], [0xFE, 0xFF, 0, 0x5B, 0, 0x5D], [0x5B, 0, 0x5D, 0],
      [0, 0, 0xFE, 0xFF, 0, 0, 0, 0x31], [0xEF, 0xBB, 0xBF, 0xEF, 0xBB, 0xBF, 0x31], [0xEF, 0xBB],
    ] { #expect(fault(bytes) != nil) }
  }

  @Test("a name that an object has twice is refused at its second place, in any object")
  func twice() {
    let error = fault(Array("{\n \"b\": [{\"a\": 1,\n  \"\\u0061\" : 2}]}".utf8))
    #expect(error?.found == "'a' twice" && error?.expected == "every name once")
    #expect(error?.line == 3 && error?.column == 3 && error?.offset == 20)
    let long = String(repeating: "x", count: 100_000)
    #expect((fault(Array("{\"\(long)\":1,\"\(long)\":2}".utf8))?.found.count ?? 999) < 100)
  }

  @Test("a fault says its line, column and byte")
  func places() {
    let error = fault(Array("[1,\n 2,\n\n  x]".utf8))
    #expect(error?.line == 4 && error?.column == 3 && error?.offset == 11)
    #expect(error?.description == "line 4, column 3: 'x' (expected a value)")
  }

  // MARK: Bounds

  @Test("nesting is followed to its bound and no further, however deep the text is")
  func depth() throws {
    func nested(_ depth: Int, _ opening: String, _ closing: String) -> [UInt8] {
      Array(
        (String(repeating: opening, count: depth) + "1"
          + String(repeating: closing, count: depth))
          .utf8)
    }
    for (opening, closing) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
      let step = opening.count { $0 == "[" || $0 == "{" }
      #expect(throws: Never.self) { try JSONValue(parsing: nested(64 / step, opening, closing)) }
      #expect(fault(nested(64 / step + 1, opening, closing))?.found == "depth 65")
      #expect(fault(nested(200_000, opening, ""))?.found == "depth 65")
    }
    #expect(throws: Never.self) {
      try JSONValue(parsing: Array("[[],[],[]]".utf8), JSONRules(deepest: 2))
    }
    #expect(fault(Array("[[[]]]".utf8), JSONRules(deepest: 2))?.found == "depth 3")
  }

  @Test("values are counted, and too many are refused")
  func count() throws {
    let text = Array("{\"a\":[1,true,null,\"x\"]}".utf8)
    #expect(throws: Never.self) { try JSONValue(parsing: text, JSONRules(mostValues: 6)) }
    #expect(fault(text, JSONRules(mostValues: 5))?.found == "more than 5 values")
    let many = Array(("[" + String(repeating: "0,", count: 300_000) + "0]").utf8)
    #expect(fault(many, JSONRules(mostValues: 1000)) != nil)
  }

  @Test("numbers of more than 400 characters are refused, shorter ones read")
  func long() throws {
    let digits = String(repeating: "1", count: 300)
    #expect(try read(digits).number == Double(digits))
    for text in ["1" + String(repeating: "0", count: 100_000), "0." + digits + digits] {
      #expect(fault(Array(text.utf8))?.found == "a number of over 400 characters")
    }
  }

  // MARK: Python

  @Test("what Python writes besides is read where that is wanted, as whole words")
  func python() throws {
    let value = try read("[NaN, Infinity, -Infinity, \"\\ud800x\\udc00\"]", .python)
    #expect(value.array?[0].number?.isNaN == true)
    #expect(value.array?[1].number == .infinity && value.array?[2].number == -.infinity)
    #expect(value.array?[3].string == "\u{FFFD}x\u{FFFD}" && value.array?[1].integer == nil)
    for text in [
      "nan", "Nan", "NaNs", "Inf", "-NaN", "+Infinity", "--Infinity", "\"\\ud800\\u0041\"",
    ] {
      #expect(fault(Array(text.utf8), .python) != nil, "\(text)")
    }
  }
}

import JSON
import TestSupport
import Testing

@Suite("Reading JSON step by step")
struct JSONStepsTests {
  private func reading<Value>(
    _ text: String, _ body: (inout JSONReader) throws -> Value
  ) rethrows -> Value {
    try Array(text.utf8)
      .withUnsafeBytes { bytes in
        var reader = JSONReader(bytes)
        return try body(&reader)
      }
  }

  @Test("names and elements come one after the other, and what is not wanted is passed over")
  func steps() throws {
    let text = #"{"skip":{"x":[1,{"y":"]}"}]},"list":["a",7,true,null,[]],"size":12} "#
    try reading(text) { reader in
      try reader.beginObject()
      #expect(try reader.nextName() && reader.string == "skip")
      try reader.skip()
      #expect(try reader.nextName() && reader.text == Array("list".utf8))
      try reader.beginList()
      #expect(try reader.nextElement() && reader.kind() == .string)
      try reader.readString()
      #expect(reader.string == "a")
      #expect(try reader.nextElement() && reader.wholeNumber() == 7)
      #expect(try reader.nextElement() && reader.bool())
      #expect(try reader.nextElement() && reader.kind() == .null)
      try reader.null()
      #expect(try reader.nextElement() && reader.value() == .array([]))
      #expect(try !reader.nextElement())
      #expect(try reader.nextName() && reader.wholeNumber() == 12)
      #expect(try !reader.nextName())
      try reader.end()
    }
  }

  @Test(
    "whole numbers are digits within their limit",
    arguments: [
      ("0", 9, 0), ("9", 9, 9), ("10", 9, nil), ("-1", 9, nil), ("1.0", 9, nil), ("1e0", 9, nil),
      ("00", 9, nil), ("01", 9, nil), ("\"1\"", 9, nil), ("", 9, nil), ("null", 9, nil),
      ("9223372036854775807", .max, .max), ("9223372036854775808", .max, nil),
      ("99999999999999999999999999999999", .max, nil), ("18446744073709551617", 9, nil),
    ] as [(String, Int, Int?)])
  func wholeNumbers(text: String, limit: Int, value: Int?) {
    #expect((try? reading(text) { try $0.wholeNumber(atMost: limit) }) == value)
  }

  @Test("a value of another kind than the reader asks for is refused")
  func kinds() {
    for (text, step) in [
      ("[]", { try $0.beginObject() }), ("{}", { try $0.beginList() }),
      ("1", { try $0.readString() }), ("\"\"", { _ = try $0.number() }),
      ("1", { _ = try $0.bool() }), ("false", { try $0.null() }), ("null", { _ = try $0.bool() }),
    ] as [(String, (inout JSONReader) throws -> Void)] {
      #expect(throws: JSONFault.self, "\(text)") { try reading(text, step) }
    }
  }

  @Test("a value that is passed over is checked as one that is read, but for its names")
  func skipping() {
    for text in [
      "[1,]", "{\"a\":01}", "[\"\\q\"]", "{\"a\"}", "[", String(repeating: "[", count: 99),
    ] {
      #expect(throws: JSONFault.self, "\(text)") { try reading(text) { try $0.skip() } }
    }
    #expect(throws: Never.self) { try reading("{\"a\":1,\"a\":2}") { try $0.skip() } }
  }

  @Test("values that are written at random are read as they were")
  func roundTrip() throws {
    var random = SeededGenerator(seed: 3)
    for _ in 0..<300 {
      let value = JSONSample.value(depth: 4, &random)
      let text = JSONSample.text(of: value, &random)
      #expect(try JSONValue(parsing: Array(text.utf8)) == value, "\(text)")
    }
  }
}

/// Values and texts of them, both drawn at random.
enum JSONSample {
  static func value(depth: Int, _ random: inout SeededGenerator) -> JSONValue {
    switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &random) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &random))
    case 2: return .number(Double(Int.random(in: -1_000_000...1_000_000, using: &random)))
    case 3: return .number(Double.random(in: -1e9...1e9, using: &random))
    case 4: return .string(string(&random))
    case 5:
      return .array(
        (0..<Int.random(in: 0...4, using: &random))
          .map { _ in
            value(depth: depth - 1, &random)
          })
    default:
      var members: [String: JSONValue] = [:]
      for _ in 0..<Int.random(in: 0...4, using: &random) {
        members[string(&random)] = value(depth: depth - 1, &random)
      }
      return .object(members)
    }
  }

  private static func string(_ random: inout SeededGenerator) -> String {
    let scalars: [Unicode.Scalar] = [
      "a", "\"", "\\", "/", "\n", "\0", "é", "中", "😀", "\u{7F}", " ",
    ]
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0...6, using: &random) {
      text.append(scalars[Int.random(in: 0..<scalars.count, using: &random)])
    }
    return String(text)
  }

  static func text(of value: JSONValue, _ random: inout SeededGenerator) -> String {
    func space() -> String { ["", "", " ", "\n", "\t \r\n"].randomElement(using: &random) ?? "" }
    let text: String
    switch value {
    case .null: text = "null"
    case .bool(let flag): text = "\(flag)"
    case .number(let number):
      let whole = Int(exactly: number)
      text = whole.map { Bool.random(using: &random) ? "\($0)" : "\($0).0e0" } ?? "\(number)"
    case .string(let string): text = quoted(string, &random)
    case .array(let elements):
      text =
        "[" + space() + elements.map { JSONSample.text(of: $0, &random) }.joined(separator: ",")
        + "]"
    case .object(let members):
      text =
        "{" + space()
        + members.map { "\(quoted($0, &random))\(space()):\(JSONSample.text(of: $1, &random))" }
        .joined(separator: ",") + "}"
    }
    return space() + text + space()
  }

  private static func quoted(_ string: String, _ random: inout SeededGenerator) -> String {
    var text = "\""
    for scalar in string.unicodeScalars {
      if scalar.value < 0x20 || scalar == "\"" || scalar == "\\" || Bool.random(using: &random) {
        for unit in UTF16.encode(scalar).map(Array.init) ?? [] {
          let digits = String(unit, radix: 16, uppercase: Bool.random(using: &random))
          text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }
}

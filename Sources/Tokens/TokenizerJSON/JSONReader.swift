/// Reads JSON from bytes, name by name, so that lists of a million entries need no tree.
///
/// Strict: no comments, no trailing commas, well-formed UTF-8, depth at most 64.
struct JSONReader {
  private static let deepest = 64

  private let bytes: UnsafeBufferPointer<UInt8>
  private let source: String
  private(set) var position = 0
  private var depth = 0
  /// The unescaped bytes of the string that was read last.
  private(set) var text: [UInt8] = []

  /// - Parameters:
  ///   - bytes: The whole text.
  ///   - source: What errors call it.
  init(_ bytes: UnsafeBufferPointer<UInt8>, _ source: String) {
    self.bytes = bytes
    self.source = source
  }

  /// An error at the current position.
  func malformed(_ found: String, _ expected: String) -> TokenError {
    TokenError(
      .malformedTokenizer,
      "\(source): \(found) at byte \(position) (expected \(expected)). "
        + "The file is damaged; fetch it again.")
  }

  // MARK: Structure

  /// The first byte of what comes next, which is left to be read.
  mutating func peek() throws(TokenError) -> UInt8 {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return bytes[position]
      }
    }
    throw malformed("the end", "more")
  }

  /// Goes into an object or list.
  mutating func enter(_ opening: Unicode.Scalar) throws(TokenError) {
    try expect(opening)
    depth += 1
    guard depth <= JSONReader.deepest else {
      throw malformed("depth \(depth)", "at most \(JSONReader.deepest)")
    }
  }

  /// Whether there is another name or element; if not, the object or list is over.
  ///
  /// - Parameters:
  ///   - closing: What ends it.
  ///   - isFirst: Whether nothing of it has been read yet; set to false.
  /// - Returns: False once.
  /// - Throws: ``TokenError`` with code `malformedTokenizer`.
  mutating func more(
    until closing: Unicode.Scalar, _ isFirst: inout Bool
  ) throws(TokenError) -> Bool {
    if try peek() == UInt8(ascii: closing) {
      position += 1
      depth -= 1
      return false
    }
    if !isFirst { try expect(",") }
    isFirst = false
    return true
  }

  /// The name of an object's member, and the colon; the name is in ``text``.
  mutating func name() throws(TokenError) {
    try string()
    try expect(":")
  }

  /// Checks that only white space is left.
  mutating func end() throws(TokenError) {
    while position < bytes.count {
      guard [0x20, 0x0A, 0x0D, 0x09].contains(bytes[position]) else {
        throw malformed("more text", "the end")
      }
      position += 1
    }
  }

  private mutating func expect(_ scalar: Unicode.Scalar) throws(TokenError) {
    guard try peek() == UInt8(ascii: scalar) else {
      throw malformed("'\(shown)'", "'\(scalar)'")
    }
    position += 1
  }

  private var shown: String {
    guard position < bytes.count else { return "" }
    let byte = bytes[position]
    return (0x20..<0x7F).contains(byte) ? String(Unicode.Scalar(byte)) : "byte \(byte)"
  }

  // MARK: Values

  /// Reads a string into ``text``.
  mutating func string() throws(TokenError) {
    try expect("\"")
    text.removeAll(keepingCapacity: true)
    while true {
      let start = position
      while position < bytes.count, bytes[position] != 0x22, bytes[position] != 0x5C,
        bytes[position] >= 0x20
      {
        position += 1
      }
      text.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<position]))
      guard position < bytes.count, bytes[position] >= 0x20 else {
        throw malformed("a string without end", "a quotation mark")
      }
      position += 1
      if bytes[position - 1] == 0x22 { break }
      try unescape()
    }
    guard text.allSatisfy({ $0 < 0x80 }) || String(validating: text, as: UTF8.self) != nil else {
      throw malformed("bytes that are not UTF-8", "text")
    }
  }

  /// Appends what a backslash and the characters behind it stand for.
  private mutating func unescape() throws(TokenError) {
    guard position < bytes.count else { throw malformed("the end", "an escape") }
    position += 1
    switch bytes[position - 1] {
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case let byte where [0x22, 0x5C, 0x2F].contains(byte): text.append(byte)
    case UInt8(ascii: "u"):
      var value = try hexadecimal()
      if (0xD800..<0xDC00).contains(value) {
        guard position + 1 < bytes.count, bytes[position] == 0x5C,
          bytes[position + 1] == UInt8(ascii: "u")
        else { throw malformed("half a surrogate pair", "the other half") }
        position += 2
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else {
          throw malformed("half a surrogate pair", "the other half")
        }
        value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(value) else {
        throw malformed("half a surrogate pair", "a character")
      }
      text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    default: throw malformed("an unknown escape", "one of \" \\ / b f n r t u")
    }
  }

  private mutating func hexadecimal() throws(TokenError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count,
        let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue
      else { throw malformed("'\(shown)'", "four hexadecimal digits") }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  /// A whole number from 0 to `limit`.
  mutating func index(atMost limit: Int) throws(TokenError) -> Int {
    _ = try peek()
    let start = position
    var value = 0
    while position < bytes.count, (0x30...0x39).contains(bytes[position]), value <= limit {
      value = value * 10 + Int(bytes[position] - 0x30)
      position += 1
    }
    guard position > start, value <= limit else {
      throw malformed("a number", "a whole number from 0 to \(limit)")
    }
    guard position == bytes.count || !".eE".utf8.contains(bytes[position]) else {
      throw malformed("a fraction", "a whole number")
    }
    return value
  }

  /// Any value as a tree.
  mutating func value() throws(TokenError) -> JSONValue {
    switch try peek() {
    case UInt8(ascii: "{"):
      var members: [String: JSONValue] = [:]
      var isFirst = true
      try enter("{")
      while try more(until: "}", &isFirst) {
        try name()
        let name = String(decoding: text, as: UTF8.self)
        guard members.updateValue(try value(), forKey: name) == nil else {
          throw malformed("'\(name)' twice", "every name once")
        }
      }
      return .object(members)
    case UInt8(ascii: "["):
      var elements: [JSONValue] = []
      var isFirst = true
      try enter("[")
      while try more(until: "]", &isFirst) { elements.append(try value()) }
      return .array(elements)
    case UInt8(ascii: "\""):
      try string()
      return .string(String(decoding: text, as: UTF8.self))
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return .number(try number())
    }
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws(TokenError) -> JSONValue {
    guard bytes[position...].starts(with: word.utf8) else {
      throw malformed("'\(shown)'", "a value")
    }
    position += word.utf8.count
    return value
  }

  private mutating func number() throws(TokenError) -> Double {
    let start = position
    while position < bytes.count, position - start < 400,
      "+-.eE0123456789".utf8.contains(bytes[position])
    {
      position += 1
    }
    let digits = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let first = digits.utf8.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "."),
      let value = Double(digits)
    else { throw malformed("'\(shown)'", "a value") }
    return value
  }
}

/// A value of JSON.
enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// A member of an object; null if there is none, or this is no object.
  subscript(name: String) -> JSONValue {
    if case .object(let members) = self { return members[name] ?? .null }
    return .null
  }

  /// The string, or nil if it is something else.
  var string: String? {
    if case .string(let string) = self { return string }
    return nil
  }

  /// The truth value, or nil if it is something else.
  var bool: Bool? {
    if case .bool(let bool) = self { return bool }
    return nil
  }

  /// The elements of a list; none if it is something else.
  var elements: [JSONValue] {
    if case .array(let elements) = self { return elements }
    return []
  }

  /// The whole number, or nil if it is something else.
  var index: Int? {
    if case .number(let number) = self { return Int(exactly: number) }
    return nil
  }
}

/// JSON ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259)) as Lua values, strict and bounded.
enum JSON {
  /// Deepest nesting that is read.
  static let deepest = 100
  /// Most values in one text.
  static let mostValues = 5_000_000
  /// Longest number that is read, in characters.
  static let longestNumber = 400

  /// Reads one JSON text.
  ///
  /// Integers that fit are integers, other numbers floats. `null` is ``JSONNull``.
  ///
  /// - Throws: ``LuaError`` with line and column for anything that is no JSON, and for duplicate
  ///   keys, lone surrogates, numbers beyond the range of a float, and nesting beyond 100.
  static func decode(_ bytes: [UInt8]) throws(LuaError) -> LuaValue {
    var reader = JSONReader(bytes)
    return try reader.text()
  }
}

/// `cast.json.null`: what stands for JSON's null, because a table of Lua cannot hold nil.
final class JSONNull: HostObject, Sendable {
  static let luaName = "json null"
  static let shared = JSONNull()

  static func declare(in type: ClassDeclaration<JSONNull>) {
    type.text { _ in "null" }
  }
}

/// Reads a text from front to back.
private struct JSONReader {
  private let bytes: [UInt8]
  private var at = 0
  private var values = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func text() throws(LuaError) -> LuaValue {
    let value = try value(depth: JSON.deepest)
    skipSpace()
    guard at == bytes.count else { throw fault("nothing more expected") }
    return value
  }

  // MARK: Parts

  private mutating func value(depth: Int) throws(LuaError) -> LuaValue {
    skipSpace()
    guard depth > 0 else { throw fault("nested more than \(JSON.deepest) deep") }
    values += 1
    guard values <= JSON.mostValues else { throw fault("more than \(JSON.mostValues) values") }
    switch peek {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .bytes(try string())
    case UInt8(ascii: "t"): return try word("true", true)
    case UInt8(ascii: "f"): return try word("false", false)
    case UInt8(ascii: "n"): return try word("null", .object(JSONNull.shared))
    default: return try number()
    }
  }

  private mutating func object(depth: Int) throws(LuaError) -> LuaValue {
    var table = LuaTable()
    at += 1
    if skip("}") { return .table(table) }
    repeat {
      skipSpace()
      guard peek == UInt8(ascii: "\"") else { throw fault("a key in quotes expected") }
      let name = String(decoding: try string(), as: UTF8.self)
      guard table.fields[name] == nil else { throw fault("the key '\(name)' is there twice") }
      guard skip(":") else { throw fault("':' expected") }
      table.fields[name] = try value(depth: depth - 1)
    } while skip(",")
    guard skip("}") else { throw fault("',' or '}' expected") }
    return .table(table)
  }

  private mutating func array(depth: Int) throws(LuaError) -> LuaValue {
    var table = LuaTable()
    at += 1
    if skip("]") { return .table(table) }
    repeat { table.list.append(try value(depth: depth - 1)) } while skip(",")
    guard skip("]") else { throw fault("',' or ']' expected") }
    return .table(table)
  }

  private mutating func word(_ text: String, _ value: LuaValue) throws(LuaError) -> LuaValue {
    guard bytes[at...].starts(with: text.utf8) else { throw fault("a value expected") }
    at += text.utf8.count
    return value
  }

  private mutating func number() throws(LuaError) -> LuaValue {
    let start = at
    var isInteger = true
    if peek == UInt8(ascii: "-") { at += 1 }
    if peek == UInt8(ascii: "0") {
      at += 1
    } else {
      try digits()
    }
    if peek == UInt8(ascii: ".") {
      isInteger = false
      at += 1
      try digits()
    }
    if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
      isInteger = false
      at += 1
      if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { at += 1 }
      try digits()
    }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    if isInteger, let integer = Int(text) { return .integer(integer) }
    guard let float = Double(text), float.isFinite else {
      throw fault("the number \(text) is too large")
    }
    return .number(float)
  }

  private mutating func digits() throws(LuaError) {
    let start = at
    while let byte = peek, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
      at += 1
      guard at - start <= JSON.longestNumber else { throw fault("the number is too long") }
    }
    guard at > start else {
      throw fault(start == bytes.count ? "more expected" : "a value expected")
    }
  }

  // MARK: Strings

  private mutating func string() throws(LuaError) -> [UInt8] {
    at += 1
    var text: [UInt8] = []
    let start = at
    var isPlain = true
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        if isPlain { text = Array(bytes[start..<at]) }
        guard String(validating: text, as: UTF8.self) != nil else {
          throw fault("the string is not valid UTF-8")
        }
        at += 1
        return text
      case UInt8(ascii: "\\"):
        if isPlain { text = Array(bytes[start..<at]) }
        isPlain = false
        at += 1
        try escape(into: &text)
      case 0..<0x20: throw fault("control characters in strings are written as escapes")
      default:
        if !isPlain { text.append(byte) }
        at += 1
      }
    }
    throw fault("the string has no end")
  }

  private mutating func escape(into text: inout [UInt8]) throws(LuaError) {
    let kinds: [UInt8: UInt8] = [
      UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
      UInt8(ascii: "/"): UInt8(ascii: "/"), UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12,
      UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
    ]
    guard let kind = peek else { throw fault("the string has no end") }
    if let byte = kinds[kind] {
      at += 1
      text.append(byte)
      return
    }
    guard kind == UInt8(ascii: "u") else { throw fault("unknown escape") }
    at += 1
    var code = UInt32(try hexadecimal())
    if (0xD800..<0xDC00).contains(code) {
      guard peek == UInt8(ascii: "\\"), at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: "u")
      else { throw fault("half of a surrogate pair") }
      at += 2
      let low = UInt32(try hexadecimal())
      guard (0xDC00..<0xE000).contains(low) else { throw fault("half of a surrogate pair") }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw fault("half of a surrogate pair") }
    text.append(contentsOf: String(Character(scalar)).utf8)
  }

  private mutating func hexadecimal() throws(LuaError) -> UInt16 {
    let digits = bytes[at..<min(at + 4, bytes.count)]
    let text = String(decoding: digits, as: UTF8.self)
    guard digits.count == 4, text.first != "+", let code = UInt16(text, radix: 16) else {
      throw fault("four hexadecimal digits expected")
    }
    at += 4
    return code
  }

  // MARK: Places

  private var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
  }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard peek == UInt8(ascii: character) else { return false }
    at += 1
    return true
  }

  private func fault(_ what: String) -> LuaError {
    let before = bytes[..<min(at, bytes.count)]
    let line = 1 + before.count { $0 == 0x0A }
    let column = 1 + before.count - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0)
    return LuaError(.script, "JSON, line \(line), column \(column): \(what)")
  }
}

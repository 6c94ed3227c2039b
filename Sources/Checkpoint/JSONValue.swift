/// A value of a JSON document, for the small files beside the weights of a model.
///
/// Names of an object are unique, numbers are float64, and depth is bounded.
public enum JSONValue: Sendable, Hashable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number; whole ones are exact up to 2^53.
  case number(Double)
  /// A text.
  case string(String)
  /// A list.
  case array([JSONValue])
  /// Members by name.
  case object([String: JSONValue])

  /// Reads a file.
  ///
  /// - Throws: ``CheckpointError`` with code `unreadable`, or `malformed` with the place.
  public static func read(_ path: String) throws(CheckpointError) -> JSONValue {
    let file = try MappedFile(path)
    guard file.count <= largestFile else {
      throw CheckpointError(
        .malformed,
        "\(path): \(file.count) bytes of JSON (expected at most \(largestFile)). "
          + "The file is damaged.")
    }
    var reader = JSONReader(UnsafeRawBufferPointer(start: file.base, count: file.count), path: path)
    return try reader.document()
  }

  /// A member of an object; nil where it is missing or null.
  public subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self, let value = members[name], value != .null else {
      return nil
    }
    return value
  }

  /// The number, if it is one.
  public var number: Double? {
    if case .number(let value) = self { value } else { nil }
  }

  /// The whole number, if it is one that float64 holds exactly.
  public var integer: Int? {
    guard let number, number.magnitude <= 0x1p53 else { return nil }
    return Int(exactly: number)
  }

  /// The truth value, if it is one.
  public var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The text, if it is one.
  public var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  /// The elements, if it is a list.
  public var array: [JSONValue]? {
    if case .array(let value) = self { value } else { nil }
  }

  /// The members, if it is an object.
  public var object: [String: JSONValue]? {
    if case .object(let value) = self { value } else { nil }
  }

  /// The largest file that is read: the list of tensors of the largest models has some megabytes.
  private static let largestFile = 64 << 20
}

/// Reads a JSON document, as RFC 8259 has it.
struct JSONReader {
  private let bytes: UnsafeRawBufferPointer
  private let path: String
  private var offset = 0
  private var depth = 0
  private static let deepest = 64

  init(_ bytes: UnsafeRawBufferPointer, path: String) {
    self.bytes = bytes
    self.path = path
  }

  /// The document's one value.
  mutating func document() throws(CheckpointError) -> JSONValue {
    let value = try value()
    skipSpaces()
    guard offset == bytes.count else { throw failure("the end of the file") }
    return value
  }

  private mutating func value() throws(CheckpointError) -> JSONValue {
    skipSpaces()
    guard offset < bytes.count else { throw failure("a value") }
    switch bytes[offset] {
    case UInt8(ascii: "{"):
      return try nested { (reader) throws(CheckpointError) in try reader.members() }
    case UInt8(ascii: "["):
      return try nested { (reader) throws(CheckpointError) in try reader.elements() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    // Python writes these in configurations, though JSON has no such numbers.
    case UInt8(ascii: "N"): return try word("NaN", .number(.nan))
    case UInt8(ascii: "I"): return try word("Infinity", .number(.infinity))
    default: return .number(try number())
    }
  }

  private mutating func nested(
    _ read: (inout JSONReader) throws(CheckpointError) -> JSONValue
  ) throws(CheckpointError) -> JSONValue {
    guard depth < JSONReader.deepest else { throw failure("at most \(JSONReader.deepest) levels") }
    depth += 1
    offset += 1
    defer { depth -= 1 }
    return try read(&self)
  }

  private mutating func members() throws(CheckpointError) -> JSONValue {
    var members: [String: JSONValue] = [:]
    if take("}") { return .object(members) }
    repeat {
      skipSpaces()
      let name = try string()
      guard take(":") else { throw failure("':'") }
      guard members.updateValue(try value(), forKey: name) == nil else {
        throw failure("'\(name)' only once")
      }
    } while take(",")
    guard take("}") else { throw failure("'}'") }
    return .object(members)
  }

  private mutating func elements() throws(CheckpointError) -> JSONValue {
    var elements: [JSONValue] = []
    if take("]") { return .array(elements) }
    repeat { elements.append(try value()) } while take(",")
    guard take("]") else { throw failure("']'") }
    return .array(elements)
  }

  private mutating func number() throws(CheckpointError) -> Double {
    let first = offset
    let letters = Array("+-0123456789.eE".utf8)
    while offset < bytes.count, letters.contains(bytes[offset]) { offset += 1 }
    let text = String(decoding: bytes[first..<offset], as: UTF8.self)
    guard offset - first <= 64, let value = Double(text), value.isFinite else {
      offset = first
      throw failure("a value")
    }
    return value
  }

  private mutating func string() throws(CheckpointError) -> String {
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else {
      throw failure("a string")
    }
    offset += 1
    var text: [UInt8] = []
    while offset < bytes.count, bytes[offset] != UInt8(ascii: "\""), bytes[offset] >= 32 {
      if bytes[offset] == UInt8(ascii: "\\") {
        offset += 1
        text += Array(String(try escaped()).utf8)
      } else {
        text.append(bytes[offset])
        offset += 1
      }
    }
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\""),
      let string = String(validating: text, as: UTF8.self)
    else { throw failure("a string of UTF-8 that ends") }
    offset += 1
    return string
  }

  private mutating func escaped() throws(CheckpointError) -> Unicode.Scalar {
    guard offset < bytes.count else { throw failure("an escape") }
    let letter = bytes[offset]
    offset += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let code = try hexadecimal()
      guard (0xd800..<0xdc00).contains(code) else { return Unicode.Scalar(code) ?? "\u{fffd}" }
      guard offset + 1 < bytes.count, bytes[offset] == UInt8(ascii: "\\"),
        bytes[offset + 1] == UInt8(ascii: "u")
      else { return "\u{fffd}" }
      offset += 2
      let low = try hexadecimal()
      guard (0xdc00..<0xe000).contains(low) else { throw failure("a surrogate pair") }
      return Unicode.Scalar(0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)) ?? "\u{fffd}"
    default: throw failure("an escape")
    }
  }

  private mutating func hexadecimal() throws(CheckpointError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard offset < bytes.count,
        let digit = Character(Unicode.Scalar(bytes[offset])).hexDigitValue
      else { throw failure("four hexadecimal digits") }
      code = code << 4 | UInt32(digit)
      offset += 1
    }
    return code
  }

  private mutating func word(
    _ word: String, _ value: JSONValue
  ) throws(CheckpointError) -> JSONValue {
    let letters = Array(word.utf8)
    guard bytes.count - offset >= letters.count,
      bytes[offset..<offset + letters.count].elementsEqual(letters)
    else { throw failure("a value") }
    offset += letters.count
    return value
  }

  private mutating func skipSpaces() {
    while offset < bytes.count {
      switch bytes[offset] {
      case 32, 9, 10, 13: offset += 1
      default: return
      }
    }
  }

  /// Moves past a character if it comes next.
  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpaces()
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private func failure(_ expected: String) -> CheckpointError {
    CheckpointError(
      .malformed,
      "\(path): wrong at byte \(offset) (expected \(expected)). The file is damaged.")
  }
}

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

/// Reads a JSON document.
struct JSONReader {
  private var scanner: JSONScanner
  private var depth = 0
  private static let deepest = 64

  init(_ bytes: UnsafeRawBufferPointer, path: String) {
    // Python writes half a surrogate pair, should it have one.
    scanner = JSONScanner(bytes, subject: "\(path):", replacingHalfPairsBy: "\u{fffd}")
  }

  /// The document's one value.
  mutating func document() throws(CheckpointError) -> JSONValue {
    let value = try value()
    scanner.skipSpaces()
    guard scanner.isAtEnd else { throw scanner.failure("the end of the file") }
    return value
  }

  private mutating func value() throws(CheckpointError) -> JSONValue {
    scanner.skipSpaces()
    guard !scanner.isAtEnd else { throw scanner.failure("a value") }
    switch scanner.bytes[scanner.offset] {
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
    guard depth < JSONReader.deepest else {
      throw scanner.failure("at most \(JSONReader.deepest) levels")
    }
    depth += 1
    scanner.offset += 1
    defer { depth -= 1 }
    return try read(&self)
  }

  private mutating func members() throws(CheckpointError) -> JSONValue {
    var members: [String: JSONValue] = [:]
    if scanner.take("}") { return .object(members) }
    repeat {
      let name = try string()
      try scanner.expect(":")
      guard members.updateValue(try value(), forKey: name) == nil else {
        throw scanner.failure("'\(name)' only once")
      }
    } while scanner.take(",")
    try scanner.expect("}")
    return .object(members)
  }

  private mutating func elements() throws(CheckpointError) -> JSONValue {
    var elements: [JSONValue] = []
    if scanner.take("]") { return .array(elements) }
    repeat { elements.append(try value()) } while scanner.take(",")
    try scanner.expect("]")
    return .array(elements)
  }

  private mutating func string() throws(CheckpointError) -> String {
    guard scanner.take("\"") else { throw scanner.failure("a string") }
    return try scanner.restOfString()
  }

  private mutating func number() throws(CheckpointError) -> Double {
    let first = scanner.offset
    let letters = Array("+-0123456789.eE".utf8)
    while !scanner.isAtEnd, letters.contains(scanner.bytes[scanner.offset]) { scanner.offset += 1 }
    let text = String(decoding: scanner.bytes[first..<scanner.offset], as: UTF8.self)
    guard scanner.offset - first <= 64, let value = Double(text), value.isFinite else {
      scanner.offset = first
      throw scanner.failure("a value")
    }
    return value
  }

  private mutating func word(
    _ word: String, _ value: JSONValue
  ) throws(CheckpointError) -> JSONValue {
    guard scanner.bytes[scanner.offset...].starts(with: word.utf8) else {
      throw scanner.failure("a value")
    }
    scanner.offset += word.utf8.count
    return value
  }
}

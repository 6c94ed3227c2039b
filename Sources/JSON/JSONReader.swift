/// Reads JSON ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259)) from bytes, one value after the
/// other, so that lists of a million entries need no tree.
///
/// The caller says what comes next, and is told where that is not so:
///
///     try reader.beginObject()
///     while try reader.nextName() {
///       if reader.string == "size" { size = try reader.wholeNumber() } else { try reader.skip() }
///     }
///     try reader.end()
///
/// Strict: no comments, no commas too many, numbers and escapes as the standard has them, text of
/// well-formed UTF-8; a byte order mark at the start is passed over, as it allows. Nothing here is
/// recursive, and depth is bounded, so that callers may be.
public struct JSONReader {
  let bytes: UnsafeRawBufferPointer
  let rules: JSONRules
  /// The place of the byte that is read next.
  public internal(set) var offset = 0
  /// The characters of the string or name that was read last: well-formed UTF-8, without escapes.
  public internal(set) var text: [UInt8] = []
  private var nameOffset = 0
  private var depth = 0
  private var values = 0
  /// Whether nothing of the innermost object or list has been read yet.
  private var isFirst = true

  /// Starts at the first byte of a text, which must live as long as the reader.
  public init(_ bytes: UnsafeRawBufferPointer, _ rules: JSONRules = JSONRules()) {
    self.bytes = bytes
    self.rules = rules
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
  }

  /// ``text`` as a string.
  public var string: String { String(decoding: text, as: UTF8.self) }

  // MARK: Faults

  /// A fault at the current place.
  public func fault(_ found: String, _ expected: String) -> JSONFault {
    JSONFault(found, expected, at: offset, in: bytes)
  }

  /// The fault of the name that was read last: the object has it twice.
  public func repeatedName() -> JSONFault {
    let name = text.count <= 80 ? string : "\(string.prefix(80))…"
    return JSONFault("'\(name)' twice", "every name once", at: nameOffset, in: bytes)
  }

  /// What comes next, for messages.
  var shown: String {
    guard offset < bytes.count else { return "the end" }
    let byte = bytes[offset]
    return (0x20..<0x7F).contains(byte) ? "'\(Unicode.Scalar(byte))'" : "byte \(byte)"
  }

  // MARK: Structure

  /// The kinds of values.
  public enum Kind: Sendable {
    /// Members with names.
    case object
    /// Elements in order.
    case list
    /// A text.
    case string
    /// A number.
    case number
    /// `true` or `false`.
    case bool
    /// `null`.
    case null
  }

  /// The kind of the value that comes next, which is left to be read.
  public mutating func kind() throws(JSONFault) -> Kind {
    switch try peek("a value") {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .list
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    case UInt8(ascii: "N") where rules.allowsPython: return .number
    case UInt8(ascii: "I") where rules.allowsPython: return .number
    default: throw fault(shown, "a value")
    }
  }

  /// Goes into an object; ``nextName()`` leaves it.
  public mutating func beginObject() throws(JSONFault) { try begin("{") }

  /// Goes into a list; ``nextElement()`` leaves it.
  public mutating func beginList() throws(JSONFault) { try begin("[") }

  /// Reads the next name of the innermost object, and the colon; its value is to be read then.
  ///
  /// Whether a name occurs twice is for the caller to see, who throws ``repeatedName()``.
  ///
  /// - Returns: Whether there was one; it is in ``text``. If not, the object is over.
  public mutating func nextName() throws(JSONFault) -> Bool {
    guard try hasNext(before: "}", "'\"' or '}'") else { return false }
    _ = try peek("'\"'")
    nameOffset = offset
    try readText()
    try expect(":")
    return true
  }

  /// Goes to the next element of the innermost list, which is to be read then.
  ///
  /// - Returns: Whether there is one. If not, the list is over.
  public mutating func nextElement() throws(JSONFault) -> Bool {
    try hasNext(before: "]", "a value or ']'")
  }

  /// Checks that only white space is left.
  public mutating func end() throws(JSONFault) {
    skipSpaces()
    guard offset == bytes.count else { throw fault("more text", "the end") }
  }

  private mutating func begin(_ opening: Unicode.Scalar) throws(JSONFault) {
    try expect(opening)
    try count()
    depth += 1
    isFirst = true
    guard depth <= rules.deepest else { throw fault("depth \(depth)", "at most \(rules.deepest)") }
  }

  private mutating func hasNext(
    before closing: Unicode.Scalar, _ expected: String
  ) throws(JSONFault) -> Bool {
    let wasFirst = isFirst
    let byte = try peek(wasFirst ? expected : "',' or '\(closing)'")
    isFirst = false
    if byte == UInt8(ascii: closing) {
      offset += 1
      depth -= 1
      return false
    }
    if !wasFirst {
      guard byte == UInt8(ascii: ",") else { throw fault(shown, "',' or '\(closing)'") }
      offset += 1
    }
    return true
  }

  // MARK: Values

  /// Reads a string into ``text``.
  public mutating func readString() throws(JSONFault) {
    try readText()
    try count()
  }

  /// Reads `true` or `false`.
  public mutating func bool() throws(JSONFault) -> Bool {
    let isTrue = try peek("true or false") == UInt8(ascii: "t")
    guard take(isTrue ? "true" : "false") else { throw fault(shown, "a value") }
    try count()
    return isTrue
  }

  /// Reads `null`.
  public mutating func null() throws(JSONFault) {
    _ = try peek("null")
    guard take("null") else { throw fault(shown, "a value") }
    try count()
  }

  /// Passes over a value of any kind.
  public mutating func skip() throws(JSONFault) {
    var objects: [Bool] = []  // of what is open, the innermost last
    repeat {
      if let isObject = objects.last {
        guard try isObject ? nextName() : nextElement() else {
          objects.removeLast()
          continue
        }
      }
      switch try kind() {
      case .object:
        try beginObject()
        objects.append(true)
      case .list:
        try beginList()
        objects.append(false)
      case .string: try readString()
      case .number: _ = try number()
      case .bool: _ = try bool()
      case .null: try null()
      }
    } while !objects.isEmpty
  }

  // MARK: Bytes

  /// The byte that comes next after white space, which is left to be read.
  mutating func peek(_ expected: @autoclosure () -> String) throws(JSONFault) -> UInt8 {
    skipSpaces()
    guard offset < bytes.count else { throw fault("the end", expected()) }
    return bytes[offset]
  }

  mutating func expect(_ scalar: Unicode.Scalar) throws(JSONFault) {
    guard try peek("'\(scalar)'") == UInt8(ascii: scalar) else {
      throw fault(shown, "'\(scalar)'")
    }
    offset += 1
  }

  /// Moves past a word if it comes next.
  mutating func take(_ word: String) -> Bool {
    guard bytes[offset...].starts(with: word.utf8) else { return false }
    offset += word.utf8.count
    return true
  }

  /// Counts a value.
  mutating func count() throws(JSONFault) {
    values += 1
    guard values <= rules.mostValues else {
      throw fault("more than \(rules.mostValues) values", "fewer")
    }
  }

  private mutating func skipSpaces() {
    while offset < bytes.count {
      switch bytes[offset] {
      case 0x20, 0x0A, 0x0D, 0x09: offset += 1
      default: return
      }
    }
  }
}

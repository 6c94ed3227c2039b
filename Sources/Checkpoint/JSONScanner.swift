/// Goes through the bytes of a JSON text ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259)): what
/// its readers share, who decide what may come next.
struct JSONScanner {
  let bytes: UnsafeRawBufferPointer
  var offset = 0
  /// What errors say is wrong, such as `a.json:`.
  private let subject: String
  /// Where in the file the text begins.
  private let start: Int
  /// What stands for half a surrogate pair; nil where that is an error.
  private let replacement: Unicode.Scalar?

  init(
    _ bytes: UnsafeRawBufferPointer, subject: String, start: Int = 0,
    replacingHalfPairsBy replacement: Unicode.Scalar? = nil
  ) {
    self.bytes = bytes
    self.subject = subject
    self.start = start
    self.replacement = replacement
  }

  var isAtEnd: Bool { offset == bytes.count }

  mutating func skipSpaces() {
    while offset < bytes.count {
      switch bytes[offset] {
      case 32, 9, 10, 13: offset += 1
      default: return
      }
    }
  }

  /// Moves past a character if it comes next.
  mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpaces()
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  mutating func expect(_ character: Unicode.Scalar) throws(CheckpointError) {
    guard take(character) else { throw failure("'\(character)'") }
  }

  /// The text of a string whose opening quotation mark has been taken.
  mutating func restOfString() throws(CheckpointError) -> String {
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
      var code = try hexadecimal()
      if (0xd800..<0xdc00).contains(code), offset + 1 < bytes.count,
        bytes[offset] == UInt8(ascii: "\\"), bytes[offset + 1] == UInt8(ascii: "u")
      {
        offset += 2
        let low = try hexadecimal()
        guard (0xdc00..<0xe000).contains(low) else { throw failure("a surrogate pair") }
        code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
      }
      guard let scalar = Unicode.Scalar(code) ?? replacement else {
        throw failure("a surrogate pair")
      }
      return scalar
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

  func failure(_ expected: String) -> CheckpointError {
    CheckpointError(
      .malformed,
      "\(subject) wrong at byte \(offset + start) (expected \(expected)). The file is damaged.")
  }
}

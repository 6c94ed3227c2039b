/// What the pre-tokenizers' patterns tell apart.
///
/// By the Unicode version of the Swift runtime; a scalar assigned later than a tokenizer was
/// made may be split otherwise than there.
enum ScalarClass: UInt8 {
  /// `\p{L}`.
  case letter
  /// `\p{N}`.
  case number
  /// `\s`.
  case space
  /// Everything else; bytes that are not UTF-8 too.
  case other
  /// Past the end.
  case end

  /// The class of a scalar.
  init(_ scalar: Unicode.Scalar) {
    let properties = scalar.properties
    self =
      switch properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
        .letter
      case .decimalNumber, .letterNumber, .otherNumber: .number
      default: properties.isWhitespace ? .space : .other
      }
  }
}

/// A text that is read scalar by scalar from any position.
struct ScalarReader {
  /// `[end]`.
  let text: UnsafePointer<UInt8>
  /// Length of the text in bytes.
  let end: Int

  private static let ascii: [UInt8] = (0..<0x80)
    .map {
      ScalarClass(Unicode.Scalar(UInt8($0))).rawValue
    }
  private let asciiClasses: UnsafePointer<UInt8>

  /// Lends a reader of a text to a function.
  static func read<Result>(
    _ text: UnsafePointer<UInt8>, _ count: Int, _ body: (ScalarReader) -> Result
  ) -> Result {
    ascii.withUnsafeBufferPointer { classes in
      guard let classes = classes.baseAddress else { preconditionFailure("128 classes") }
      return body(ScalarReader(text: text, end: count, asciiClasses: classes))
    }
  }

  /// Class and length in bytes of the scalar at a position.
  ///
  /// A byte that does not begin a well-formed sequence stands alone.
  func scalar(at position: Int) -> (kind: ScalarClass, count: Int) {
    guard position < end else { return (.end, 0) }
    let lead = text[position]
    if lead < 0x80 {
      return (ScalarClass(rawValue: asciiClasses[Int(lead)]) ?? .other, 1)
    }
    let count = ScalarReader.sequenceLength(lead)
    guard count > 1, position + count <= end else { return (.other, 1) }
    var value = UInt32(lead) & (0xFF >> UInt32(count + 1))
    for offset in 1..<count {
      let byte = text[position + offset]
      guard byte & 0xC0 == 0x80 else { return (.other, 1) }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    // Surrogates and what lies above U+10FFFF are no scalars, and overlong forms are not allowed.
    let least: UInt32 = count == 2 ? 0x80 : count == 3 ? 0x800 : 0x10000
    guard value >= least, let scalar = Unicode.Scalar(value) else { return (.other, 1) }
    return (ScalarClass(scalar), count)
  }

  /// Length in bytes of the sequence that a byte begins; 1 for bytes that begin none.
  static func sequenceLength(_ lead: UInt8) -> Int {
    switch lead {
    case 0xC0...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xF7: 4
    default: 1
    }
  }
}

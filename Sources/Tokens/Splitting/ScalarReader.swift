/// A text that is read scalar by scalar from any position.
enum ScalarReader {
  /// What stands for a byte that does not begin a well-formed sequence.
  static let replacement: UInt32 = 0xFFFD

  /// Value and length in bytes of the scalar at a position before the end.
  ///
  /// A byte that does not begin a well-formed sequence stands alone, as U+FFFD.
  static func scalar(
    _ text: UnsafePointer<UInt8>, at position: Int, end: Int
  ) -> (value: UInt32, count: Int) {
    let lead = text[position]
    if lead < 0x80 { return (UInt32(lead), 1) }
    let count = sequenceLength(lead)
    guard count > 1, position + count <= end else { return (replacement, 1) }
    var value = UInt32(lead) & (0xFF >> UInt32(count + 1))
    for offset in 1..<count {
      let byte = text[position + offset]
      guard byte & 0xC0 == 0x80 else { return (replacement, 1) }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    // Surrogates and what lies above U+10FFFF are no scalars, and overlong forms are not allowed.
    let least: UInt32 = count == 2 ? 0x80 : count == 3 ? 0x800 : 0x10000
    guard value >= least, value < 0x11_0000, value & 0xFFFF_F800 != 0xD800 else {
      return (replacement, 1)
    }
    return (value, count)
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

/// Puts the bytes of tokens together to text, whole characters only.
///
/// A token may end in the middle of a character; its bytes wait for the next token. All that is
/// returned, end to end, is the UTF-8 decoding of all bytes, with U+FFFD for ill-formed ones.
public struct TextStream: Sendable {
  /// The beginning of a character, at most three bytes.
  private var waiting: [UInt8] = []

  /// A stream that has seen nothing.
  public init() {}

  /// The text that is complete now.
  ///
  /// - Parameter bytes: A token's piece.
  /// - Returns: Whole Unicode scalars; bytes that can no longer become one as U+FFFD.
  public mutating func append(_ bytes: [UInt8]) -> String {
    let all = waiting + bytes
    let cut = all.count - TextStream.unfinishedCount(all)
    waiting = Array(all[cut...])
    return String(decoding: all[..<cut], as: UTF8.self)
  }

  /// What is left at the end: U+FFFD for a character that was never completed.
  public mutating func flush() -> String {
    defer { waiting = [] }
    return String(decoding: waiting, as: UTF8.self)
  }

  /// How many bytes at the end begin a well-formed sequence without completing it.
  private static func unfinishedCount(_ bytes: [UInt8]) -> Int {
    for count in 1...3 where count <= bytes.count {
      let tail = bytes.suffix(count)
      guard let lead = tail.first, lead & 0xC0 != 0x80 else { continue }
      return isUnfinished(lead, tail.dropFirst()) ? count : 0
    }
    return 0
  }

  /// Whether bytes are the beginning of a sequence of table 3-7 of the Unicode standard.
  private static func isUnfinished(_ lead: UInt8, _ rest: ArraySlice<UInt8>) -> Bool {
    let second: ClosedRange<UInt8>
    let length: Int
    switch lead {
    case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return false
    }
    guard rest.count < length - 1 else { return false }
    return rest.first.map(second.contains) ?? true
  }
}

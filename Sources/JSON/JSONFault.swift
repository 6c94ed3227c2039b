/// Why a text is no JSON, or not the JSON that its reader expects.
public struct JSONFault: Error, Sendable, Hashable, CustomStringConvertible {
  /// What stands there, such as `'x'` or `the end`.
  public let found: String
  /// What should stand there, such as `a value`.
  public let expected: String
  /// Where, in bytes from the start of the text.
  public let offset: Int
  /// The line, counted from 1.
  public let line: Int
  /// The byte of the line, counted from 1.
  public let column: Int

  /// The place and what is wrong there, no sentence yet.
  public var description: String {
    "line \(line), column \(column): \(found) (expected \(expected))"
  }

  init(_ found: String, _ expected: String, at offset: Int, in bytes: UnsafeRawBufferPointer) {
    self.found = found
    self.expected = expected
    self.offset = offset
    let before = bytes[..<min(offset, bytes.count)]
    line = 1 + before.count { $0 == 0x0A }
    column = 1 + before.count - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0)
  }
}

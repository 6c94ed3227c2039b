/// Puts the bytes of tokens together to text, whole characters only.
///
/// A token may end in the middle of a character; its bytes wait for the next token.
public struct TextStream: Sendable {
  /// A stream that has seen nothing.
  public init() {}

  /// The text that is complete now.
  ///
  /// - Parameter bytes: A token's piece.
  /// - Returns: Whole Unicode scalars; bytes that can no longer become one as U+FFFD.
  public mutating func append(_ bytes: [UInt8]) -> String {
    ""
  }

  /// What is left at the end: U+FFFD for a character that was never completed.
  public mutating func flush() -> String {
    ""
  }
}

/// Why results cannot be kept or read back.
public struct ResultsError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds of failure that a caller may want to tell apart.
  public enum Code: String, Sendable {
    case notAStore, inUse, failed, tooLarge
  }

  /// The kind of failure.
  public let code: Code
  /// What happened, where, and what to do.
  public let message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}

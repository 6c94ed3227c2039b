/// What is wrong with a declaration file, or with a question about it.
public struct APIError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of fault.
  public enum Code: String, Sendable {
    /// A line of the declaration file has no form that is known.
    case malformed
    /// No entry has that name.
    case unknownName
    /// A file of the user's is in the way.
    case fileInTheWay
    /// A file cannot be written.
    case unwritable
  }

  /// The kind of fault.
  public let code: Code
  /// What is wrong and what to do, one sentence.
  public let message: String

  /// Makes an error.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}

/// Why a file of weights cannot be read or written.
public struct CheckpointError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds of failure that a caller may want to tell apart.
  public enum Code: String, Sendable {
    case unreadable, notWeights, unsupportedVersion, truncated, malformed
    case missingKey, wrongType, missingTensor, unsupportedFormat, wrongShape, unwritable
  }

  /// The kind of failure.
  public let code: Code
  /// What happened, where, and what to do.
  public let message: String

  /// Describes a failure.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}

/// Why a file of weights cannot be read or written.
public struct CheckpointError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds of failure that a caller may want to tell apart.
  public enum Code: String, Sendable {
    /// Missing, not a regular file, or not allowed to be read.
    case unreadable
    /// A file of another kind.
    case notWeights
    /// A version or byte order of the format that is not read.
    case unsupportedVersion
    /// Shorter than its own header says.
    case truncated
    /// A header that contradicts itself or the format.
    case malformed
    /// Metadata without the key that was asked for.
    case missingKey
    /// A key whose value is of another type than was asked for.
    case wrongType
    /// No tensor of the name that was asked for.
    case missingTensor
    /// A tensor in an encoding that cannot be decoded.
    case unsupportedFormat
    /// A tensor of another shape than was asked for.
    case wrongShape
    /// Cannot be written: no such folder, no permission, no room.
    case unwritable
  }

  /// The kind of failure.
  public let code: Code
  /// What happened, where, and what to do.
  public let message: String
  /// What the system said, where it was asked.
  public let cause: String?

  /// Describes a failure.
  public init(_ code: Code, _ message: String, cause: String? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  /// The message.
  public var description: String { message }
}

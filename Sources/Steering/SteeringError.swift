/// Why a vector cannot be built, read, combined or applied.
public struct SteeringError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds of failure that a caller may want to tell apart.
  public enum Code: String, Sendable {
    case widthMismatch, unknownLayer, zeroDirection, emptyDataset, badOption, malformedFile
    case notFinite, noEffect, positionOutOfRange, noCommonLayer
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

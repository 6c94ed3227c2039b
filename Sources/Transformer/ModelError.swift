/// Why a model cannot be opened or a step cannot be taken.
public struct ModelError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds of failure that a caller may want to tell apart.
  public enum Code: String, Sendable {
    case unknownArchitecture, badHyperparameter, missingTensor, shapeMismatch
    case tokenOutOfRange, contextFull, unknownLayer, emptyInput, notFinite, unsupported
    case outOfMemory, sharingDiffers
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

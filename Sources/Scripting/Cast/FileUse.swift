/// A file that a run used, told at the moment of its use.
public struct FileUse {
  /// What it was used as.
  public enum Kind: String, Sendable {
    /// The recipe itself.
    case recipe
    /// Code that it required.
    case module
    /// A file that it read: a dataset, a vector, a text.
    case read
    /// A file that it wrote.
    case written
  }

  /// What was read or written.
  public enum Content {
    /// All of it.
    case bytes([UInt8])
    /// A path that leads to the open file; good during the call only.
    case opened(String)
  }

  /// What it was used as.
  public let kind: Kind
  /// Where it lies, without symbolic links.
  public let path: String
  /// What was in it.
  public let content: Content
}

/// Where a recipe's lines go: the library itself writes nothing.
///
/// Texts are escaped already: no control character but newline and tab, always UTF-8.
public struct ScriptConsole {
  /// How much a line of the log matters.
  public enum Level: Int, Sendable, Comparable, CaseIterable {
    case debug, info, warning, error

    /// Orders by importance.
    public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
  }

  /// A line of the log.
  public struct Record: Sendable, Hashable {
    /// How much it matters.
    public var level: Level
    /// What it says.
    public var text: String
    /// The chunk that wrote it.
    public var file: String?
    /// The line that wrote it.
    public var line: Int?
  }

  /// Receives what `print` writes, without the line's end.
  public var print: (String) -> Void
  /// Receives pieces of text that are generated as they come, without line ends of their own.
  public var stream: (String) -> Void
  /// Receives what `cast.log` writes.
  public var log: (Record) -> Void

  /// Makes a console of functions.
  public init(
    print: @escaping (String) -> Void, stream: @escaping (String) -> Void = { _ in },
    log: @escaping (Record) -> Void
  ) {
    self.print = print
    self.stream = stream
    self.log = log
  }

  /// A console that drops everything.
  public static var silent: ScriptConsole { ScriptConsole(print: { _ in }, log: { _ in }) }
}

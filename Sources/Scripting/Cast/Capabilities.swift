/// What a recipe may touch outside of itself; everything else is refused.
///
/// There is no flag for the network, for other programs, for native modules or for compiled
/// chunks.
public struct Capabilities: Sendable, Hashable {
  /// Folders that may be read, besides the recipe's own (`--allow-read`).
  public var readFolders: [String] = []
  /// Folders that may be written, besides `outFolder` (`--allow-write`).
  public var writeFolders: [String] = []
  /// Folders that may not be read whatever else is allowed (`--deny-read`).
  public var deniedReadFolders: [String] = []
  /// Folders that may not be written whatever else is allowed (`--deny-write`).
  public var deniedWriteFolders: [String] = []
  /// Where `cast.out` puts results; made when first needed (`--out`).
  public var outFolder: String?
  /// Whether files may be written over (`--force`).
  public var replacesFiles = false
  /// Variables of the environment that may be read (`--allow-env`).
  public var variables: Set<String> = []
  /// Whether everything may be read and written, as far as anything may (`--allow-all`).
  public var allowsAll = false

  /// The capabilities of a default run: none.
  public init() {}

  /// Folders that no flag opens.
  static let closed = ["/proc", "/sys", "/dev", "/etc"]
}

/// Paths as texts: nothing here looks at the disk.
enum PathText {
  /// An absolute path without `.`, `..` and doubled slashes.
  static func absolute(_ path: String, from folder: String) -> String {
    var parts: [Substring] = []
    let whole = path.hasPrefix("/") ? path : folder + "/" + path
    for part in whole.split(separator: "/") where part != "." {
      if part == ".." {
        _ = parts.popLast()
      } else {
        parts.append(part)
      }
    }
    return "/" + parts.joined(separator: "/")
  }

  /// The rest of a path below a folder, or nil if it does not lie there; both absolute.
  static func rest(of path: String, below folder: String) -> String? {
    if path == folder { return "" }
    let prefix = folder == "/" ? "/" : folder + "/"
    return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : nil
  }

  /// The folder and the last part of a path.
  static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return ("", path) }
    return (String(path[..<slash]), String(path[path.index(after: slash)...]))
  }
}

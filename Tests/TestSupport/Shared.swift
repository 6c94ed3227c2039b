public import Foundation

/// Where the reference material lies beside the checkout, if it does.
public enum Shared {
  /// The folder `../shared`, or nil where it is absent.
  public static let folder: URL? = {
    let here = URL(fileURLWithPath: #filePath)
    let root = here.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let shared = root.deletingLastPathComponent().appendingPathComponent("shared")
    return FileManager.default.fileExists(atPath: shared.path) ? shared : nil
  }()

  /// The text of a file.
  ///
  /// - Throws: Foundation's error where it cannot be read as UTF-8.
  public static func text(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }
}

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
}

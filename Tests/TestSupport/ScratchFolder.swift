public import Foundation

/// A folder of a test's own, removed with the value.
public final class ScratchFolder: Sendable {
  /// Where it is.
  public let url: URL

  /// Makes an empty folder below the system's temporary folder.
  public init() throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("casthost-test-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  /// Makes a folder with files in it, each named by its path below the folder.
  public convenience init(_ files: [String: String]) throws {
    try self.init()
    for (name, text) in files {
      let file = url.appendingPathComponent(name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: file, atomically: false, encoding: .utf8)
    }
  }

  deinit {
    try? FileManager.default.removeItem(at: url)
  }

  /// Every file and folder below, relative to it, in sorted order.
  public func contents() -> [String] {
    (FileManager.default.subpaths(atPath: url.path) ?? []).sorted()
  }
}

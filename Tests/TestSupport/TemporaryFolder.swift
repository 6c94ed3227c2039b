import Foundation
import Synchronization

/// A fresh folder that is deleted when the test process ends.
///
/// It outlives the object on purpose: `TinyModel.write(architecture:in: TemporaryFolder())` returns
/// a path that stays good.
public struct TemporaryFolder: Sendable {
  /// The folder's path, without a slash at the end.
  public let path: String

  private static let folders = Mutex<[String]?>(nil)

  /// Makes the folder.
  ///
  /// - Throws: Foundation's error where the system's temporary folder cannot be written.
  public init() throws {
    let place = FileManager.default.temporaryDirectory
      .appendingPathComponent("casthost-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    path = place.path
    let isFirst = Self.folders.withLock { folders in
      defer { folders = (folders ?? []) + [place.path] }
      return folders == nil
    }
    if isFirst { atexit { TemporaryFolder.removeAll() } }
  }

  /// The path of a file in the folder.
  public func file(_ name: String) -> String { path + "/" + name }

  /// Writes a file into the folder and returns its path.
  ///
  /// - Throws: Foundation's error where the file cannot be written.
  public func write(_ bytes: [UInt8], as name: String) throws -> String {
    // Some file systems sync a file that is cut short and written again; a new one costs nothing.
    unlink(file(name))
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
    return file(name)
  }

  /// The names of the files in the folder, sorted.
  ///
  /// - Throws: Foundation's error where the folder cannot be read.
  public func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }

  private static func removeAll() {
    for folder in folders.withLock({ $0 ?? [] }) {
      try? FileManager.default.removeItem(atPath: folder)
    }
  }
}

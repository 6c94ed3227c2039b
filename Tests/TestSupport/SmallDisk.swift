public import Foundation

/// A file system with little room, so that a full disk can be had for real; unmounted with the
/// value.
public final class SmallDisk: Sendable {
  private let folder: ScratchFolder

  /// Where it is mounted.
  public var url: URL { folder.url }

  /// Whether this process may mount one: root in a machine that allows it.
  public static let isAvailable: Bool = (try? SmallDisk(bytes: 65_536)) != nil

  /// Mounts a file system in memory.
  ///
  /// - Parameter bytes: How much it holds.
  /// - Throws: Where this process may not mount one.
  public init(bytes: Int) throws {
    folder = try ScratchFolder()
    try Self.run("mount", "-t", "tmpfs", "-o", "size=\(bytes)", "tmpfs", folder.url.path)
  }

  deinit {
    try? Self.run("umount", "-l", folder.url.path)
  }

  private struct Refused: Error {}

  private static func run(_ command: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Refused() }
  }
}

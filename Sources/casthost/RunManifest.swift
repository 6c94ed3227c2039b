import Checkpoint
import Foundation
import Kernels

/// Everything that a run depended on and left behind; the same run gives the same bytes.
struct RunManifest: Codable, Equatable {
  /// A file and its SHA-256.
  struct File: Codable, Equatable, Hashable {
    /// Relative to the recipe's folder where it lies below it, as `out:NAME` in the folder of
    /// `--out`, else absolute.
    var path: String
    var sha256: String
  }

  /// The layout of this file.
  var format = 1
  /// The version of casthost.
  var casthost: String
  /// The operating system and the processor's architecture.
  var platform: String
  /// The instruction set of the kernels: `avx512`, `avx2`, `neon` or `portable`.
  var kernels: String
  var threads: Int
  var arithmetic: String
  /// What `--context` asked for, if anything.
  var context: Int?
  var seed: UInt64
  /// The recipe's own options, as they were on the command line.
  var options: [String]
  /// The flags that opened something to the recipe.
  var permissions: [String]
  /// The recipe; nil where it could not be read.
  var recipe: File?
  var modules: [File]
  /// The models that were opened, in that order.
  var models: [ModelDigest]
  var read: [File]
  var written: [File]
  /// What ended the run, if it failed.
  var error: String?

  /// The operating system and the architecture of this machine.
  static let platform: String = {
    #if os(Linux)
    let system = "Linux"
    #elseif os(macOS)
    let system = "macOS"
    #else
    let system = "other"
    #endif
    #if arch(x86_64)
    return system + " x86_64"
    #elseif arch(arm64)
    return system + " arm64"
    #else
    return system
    #endif
  }()

  /// Whether a path, as the manifest names it, is a file of the recipe's own.
  func isAmongWritten(_ path: String) -> Bool {
    let name = URL(fileURLWithPath: path).lastPathComponent
    return written.contains { $0.path == "out:" + name || $0.path == path }
  }

  /// Writes it as JSON with sorted keys, whole or not at all.
  ///
  /// - Throws: `CheckpointError` where the file cannot be written.
  func write(to path: String) throws {
    try AtomicFile.replace(path, with: try Self.json(self))
  }

  /// A value as the files of this room are written: indented, with sorted keys.
  static func json(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try Array(encoder.encode(value)) + [UInt8(ascii: "\n")]
  }
}

extension RunSettings.Permissions {
  /// The flags of a command line that opens the same.
  var flags: [String] {
    var flags = read.map { "--allow-read=\($0)" } + write.map { "--allow-write=\($0)" }
    flags += denyRead.map { "--deny-read=\($0)" } + denyWrite.map { "--deny-write=\($0)" }
    flags += models.map { "--allow-model=\($0)" }
    flags += variables.map { "--allow-env=\($0)" }
    if let out { flags.append("--out=\(out)") }
    if replacesOutput { flags.append("--force") }
    if clock { flags.append("--allow-clock") }
    if everything { flags.append("--allow-all") }
    return flags
  }
}

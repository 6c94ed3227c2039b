import Foundation
import Subprocess
import SystemPackage
import TestSupport

/// The built `casthost`, run as a user runs it.
struct Command {
  /// What a run came to.
  struct Outcome {
    /// The exit status, or 128 and the signal's number as a shell has it.
    let status: Int
    let output: String
    let errors: String
  }

  /// The binary beside the test bundle.
  static let binary: URL? = built("casthost")

  /// An executable of the package, beside the test bundle.
  static func built(_ name: String) -> URL? {
    var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    while folder.path != "/" {
      folder.deleteLastPathComponent()
      let candidate = folder.appendingPathComponent(name, isDirectory: false)
      var isFolder: ObjCBool = false
      let exists = FileManager.default.fileExists(atPath: candidate.path, isDirectory: &isFolder)
      if exists, !isFolder.boolValue { return candidate }
    }
    return nil
  }

  struct NotBuilt: Error {}

  /// The cache folder that the command sees; a test's own, unless given.
  let cache: URL
  private let scratch: ScratchFolder
  private let searchPath: String

  /// - Parameters:
  ///   - stub: A `python3` to find before the real one.
  ///   - cache: `XDG_CACHE_HOME`.
  /// - Throws: Where no folder can be made.
  init(python stub: PythonStub? = nil, cache: URL? = nil) throws {
    scratch = try ScratchFolder()
    self.cache = cache ?? scratch.url
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    searchPath = stub.map { "\($0.path):\(path)" } ?? path
  }

  /// Runs it to its end.
  ///
  /// - Parameters:
  ///   - arguments: The words after `casthost`.
  ///   - input: What standard input has; nil for the end at once.
  ///   - environment: Variables to add, or to remove where nil.
  ///   - folder: The working directory; nil for that of the tests.
  ///   - meanwhile: Called with the process's number while it runs.
  /// - Returns: How it ended and what it printed.
  /// - Throws: ``NotBuilt``, or what starting it throws.
  func run(
    _ arguments: [String], input: String? = nil, environment: [String: String?] = [:],
    in folder: String? = nil, meanwhile: @escaping @Sendable (pid_t) async throws -> Void = { _ in }
  ) async throws -> Outcome {
    if let input {
      return try await run(arguments, .string(input), environment, folder, meanwhile)
    }
    return try await run(arguments, .none, environment, folder, meanwhile)
  }

  private func run(
    _ arguments: [String], _ input: some InputProtocol, _ environment: [String: String?],
    _ folder: String?, _ meanwhile: @escaping @Sendable (pid_t) async throws -> Void
  ) async throws -> Outcome {
    guard let binary = Self.binary else { throw NotBuilt() }
    var changes: [Subprocess.Environment.Key: String?] = [
      "XDG_CACHE_HOME": cache.path, "PATH": searchPath, "NO_COLOR": nil,
      "HF_HOME": nil, "HF_HUB_CACHE": nil, "HF_ENDPOINT": nil, "HF_TOKEN": nil,
      "HF_HUB_OFFLINE": nil,
    ]
    for (name, value) in environment {
      if let key = Subprocess.Environment.Key(rawValue: name) { changes[key] = .some(value) }
    }
    let result = try await Subprocess.run(
      .path(FilePath(binary.path)), arguments: Arguments(arguments),
      environment: .inherit.updating(changes), workingDirectory: folder.map { FilePath($0) },
      input: input, output: .sequence,
      error: .string(limit: 1 << 20)
    ) { child in
      async let text = child.standardOutput.strings().reduce(into: "") { $0 += $1 + "\n" }
      try await meanwhile(child.processIdentifier.value)
      return try await text
    }
    let status =
      switch result.terminationStatus {
      case .exited(let code): Int(code)
      case .signaled(let signal): 128 + Int(signal)
      }
    return Outcome(status: status, output: result.closureResult, errors: result.standardError)
  }

  /// Whether a running command has taken over SIGINT, as its first deed; read from `/proc`.
  ///
  /// The thread that waits for the signal does not count as blocking it; those beside it do.
  static func awaitsInterrupts(_ process: pid_t) -> Bool {
    let threads = "/proc/\(process)/task"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: threads)) ?? []
    return names.contains { name in
      let status = try? String(contentsOfFile: "\(threads)/\(name)/status", encoding: .utf8)
      let blocked = status?.split(separator: "\n").first { $0.hasPrefix("SigBlk:") }
      let mask = blocked?.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } ?? 0
      return mask & (1 << UInt64(SIGINT - 1)) != 0
    }
  }

  /// The entries of the cache's folder of models, hidden ones too, in sorted order.
  func cachedModels() -> [String] {
    let folder = cache.appendingPathComponent("casthost/models").path
    return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }
}

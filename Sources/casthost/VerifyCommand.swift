import ArgumentParser
import Foundation
import Kernels
import ModelStore

/// `casthost verify`.
struct VerifyCommand: AsyncParsableCommand, TellsCauses, ConfinesItself {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Runs a locked recipe again and compares.",
    discussion: """
      casthost verify recipe.lua.lock

      The options, the seed and the arithmetic are those of the lock. Its permissions are not: a \
      lock may be a stranger's, so give the flags yourself; they are told where they differ.

      Exit code 0 if everything pinned is the same and the output is equal, 1 if not.
      """)

  @Argument(help: "The lock, as casthost lock has written it.")
  var lock: String

  @Option(
    help: """
      How far a printed number may be off, relative to the larger one. The arithmetic gives the \
      same bits on any machine, so 0 is the default.
      """)
  var tolerance = 0.0

  @Option(help: "The model, where it is not the reference that the lock names.")
  var model: String?

  @Option(help: "Threads to compute on. (default: one per core)")
  var threads: Int?

  @OptionGroup(title: "Permissions") var permissions: PermissionOptions
  @OptionGroup(title: "Limits") var limits: LimitOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    try check(threads: threads)
    guard tolerance >= 0, tolerance.isFinite else {
      throw ValidationError("--tolerance must be a number, at least 0 (found \(tolerance)).")
    }
  }

  private func runSettings(_ pinned: RunLock) throws -> RunSettings {
    guard let arithmetic = Arithmetic(rawValue: pinned.manifest.arithmetic) else {
      throw CommandFailure(
        .failure,
        "\(lock): unknown arithmetic '\(pinned.manifest.arithmetic)'. A newer casthost knows it.")
    }
    let folder = URL(fileURLWithPath: lock).deletingLastPathComponent()
    return RunSettings(
      recipe: URL(fileURLWithPath: pinned.recipe, relativeTo: folder).path,
      model: model ?? pinned.model, seed: pinned.manifest.seed, threads: threads,
      arithmetic: arithmetic, context: pinned.manifest.context,
      permissions: permissions.permissions,
      limits: limits.limits(trusted: permissions.allowAll), onHookError: .stop, checksCache: false,
      options: pinned.manifest.options, outerRing: permissions.usesOuterRing)
  }

  func confine() throws {
    // What the recipe may do, and the lock itself, which is read once more.
    let settings = try runSettings(RunLock(path: lock))
    try RecipeRunner(settings).confine(tells: common.verbose, readable: [lock])
  }

  func run() async throws {
    let pinned = try RunLock(path: lock)
    let settings = try runSettings(pinned)
    tellPermissions(pinned.manifest.permissions)
    let recorder = RunRecorder(settings)
    recorder.isQuiet = true
    var failure: (any Error)?
    do {
      try await RecipeRunner(settings).run(recorder)
    } catch {
      failure = error
    }
    let difference = ManifestDifference(pinned: pinned.manifest, found: recorder.manifest(failure))
    difference.remarks.forEach(Console.note)
    if let failure {
      difference.breaches.forEach(Console.note)
      throw failure
    }
    difference.breaches.forEach(Console.result)
    let isSame = try tellOutput(pinned, recorder.output)
    guard isSame, difference.breaches.isEmpty else {
      throw CommandFailure(.failure, "\(lock): the run is not the one that was locked.")
    }
  }

  /// Compares what was printed; whether it is equal.
  private func tellOutput(_ pinned: RunLock, _ output: [UInt8]) throws -> Bool {
    if sha256(of: output) == pinned.outputHash {
      Console.result("equal: the output is the same, byte for byte.")
      return true
    }
    let comparison = OutputComparison(tolerance: tolerance)
    if let difference = comparison.firstDifference(pinned.output, RunLock.lines(output)) {
      Console.result("differs: \(difference)")
      return false
    }
    guard tolerance > 0 else {
      Console.result("differs: line ends.")
      return false
    }
    Console.result("equal: every number is within \(tolerance).")
    return true
  }

  private func tellPermissions(_ locked: [String]) {
    let given = permissions.permissions.flags
    let missing = locked.filter { !given.contains($0) }
    guard !missing.isEmpty else { return }
    Console.note("note: the run was locked with \(missing.joined(separator: " ")).")
  }
}

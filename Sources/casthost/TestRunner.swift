import Engine
import Foundation
import Kernels
import ModelStore
import Scripting

/// Runs tests as `casthost test` was told.
struct TestRunner {
  /// Files and folders.
  let paths: [String]
  /// The model's reference; nil for the tiny one.
  let reference: String?
  let seed: UInt64
  let threads: Int?
  /// Seconds for each file; nil for no limit.
  let seconds: Double?
  let format: TestFormat
  /// Whether the output of samples is written, not compared.
  let rewrites: Bool

  /// Has the kernel close what the tests do not need; `tells` says on standard error what is closed.
  func confine(tells: Bool) {
    let state = outerRing.close()
    if tells { Console.note(state.description) }
  }

  /// What stays open: the tests, the model, and the folder where a tiny one is made.
  private var outerRing: OuterRing {
    let store = ModelStore(environment: Console.environment)
    let places = paths.map { path in
      isFolder(path) ? path : URL(fileURLWithPath: path).deletingLastPathComponent().path
    }
    let models = reference.map { store.places(of: [$0]) }
    return OuterRing(
      readable: places + (models ?? []),
      writable: [FileManager.default.temporaryDirectory.path] + (rewrites ? places : []))
  }

  /// Runs all tests and prints what they came to.
  func run() async throws {
    let files = try TestFile.all(in: paths)
    guard !files.isEmpty else {
      throw CommandFailure(
        .failure,
        "test: \(paths.joined(separator: ", ")): no tests (files named *_test.lua or test_*.lua, "
          + "or a .lua file with a .expected file beside it).")
    }
    let relay = StopRelay()
    try await withTaskCancellationHandler {
      try ScriptThread.run { try run(files, relay) }
    } onCancel: {
      relay.interrupt()
    }
  }

  private func run(_ files: [TestFile], _ relay: StopRelay) throws {
    let opened = try openModel()
    let report = format.makeReport()
    var failures = 0
    for file in files {
      report.begin(file.path)
      let transcript = Transcript()
      let stop = relay.next()
      if seconds != nil { _ = stop.startWatchdog() }
      defer { stop.stopWatchdog() }
      let host = try makeHost(file, transcript, opened, stop)
      try outcomes(of: file, host, transcript) { outcome in
        if outcome.error != nil { failures += 1 }
        report.add(TestResult(outcome, of: file, output: transcript.take()))
      }
    }
    report.end()
    if failures > 0 {
      throw CommandFailure(.failure, "test: \(failures) failed.")
    }
  }

  private func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  // MARK: One file

  /// What a script printed.
  private final class Transcript {
    private(set) var text = ""
    func write(_ piece: String) { text += piece }
    func take() -> String {
      defer { text = "" }
      return text
    }
  }

  private func makeHost(
    _ file: TestFile, _ transcript: Transcript, _ opened: (model: Model, hash: () throws -> String),
    _ stop: StopSwitch
  ) throws -> ScriptHost {
    var settings = ScriptHost.Settings(recipe: file.path)
    settings.seed = seed
    settings.version = casthostVersion
    settings.limits.runSeconds = seconds
    // A folder that was named may hold the modules and the data of the tests in its subfolders.
    let folders = paths.filter(isFolder)
    settings.libraryFolders = folders
    settings.capabilities.readFolders = folders
    let console = ScriptConsole(
      print: { transcript.write($0 + "\n") }, stream: { transcript.write($0) }, log: { _ in })
    let host = try ScriptHost(settings, console: console, stopSwitch: stop)
    host.attach(
      ModelAccess(
        open: { asked in
          guard asked == nil || asked == reference ?? TinyModelFile.name else {
            throw LuaError(
              .permission,
              "cast.model('\(asked ?? "")') is not allowed in tests (their model is "
                + "'\(reference ?? TinyModelFile.name)'). Run with --model=\(asked ?? "")")
          }
          return opened.model
        }, hash: { _ in try opened.hash() }))
    return host
  }

  /// Runs the file; one that ends before its tests is itself a test that failed.
  private func outcomes(
    of file: TestFile, _ host: ScriptHost, _ transcript: Transcript,
    _ each: (TestLibrary.Outcome) -> Void
  ) throws {
    let begun = ContinuousClock.now
    func tell(_ name: String, _ error: LuaError?) {
      let seconds = (ContinuousClock.now - begun) / .seconds(1)
      each(TestLibrary.Outcome(name: [name], error: error, seconds: seconds))
    }
    do {
      switch file {
      case .tests:
        let library = host.attachTests()
        try host.run()
        if library.count == 0 {
          tell("the file", LuaError(.script, "declares no test (with 'it')"))
        }
        try library.run(each)
      case .sample(_, let expected):
        try host.run()
        let name = "prints \(URL(fileURLWithPath: expected).lastPathComponent)"
        tell(name, try fault(transcript.text, expected).map { LuaError(.script, $0) })
      }
    } catch let error as LuaError where error.code != .interrupted {
      tell("the file", error)
    }
  }

  /// What is wrong with the output of a sample; writes it where that was asked for.
  private func fault(_ output: String, _ path: String) throws -> String? {
    let url = URL(fileURLWithPath: path)
    if rewrites {
      if (try? Data(contentsOf: url)) == Data(output.utf8) { return nil }
      do {
        try Data(output.utf8).write(to: url, options: .atomic)
      } catch {
        throw CommandFailure(
          .failure, "\(path): cannot be written. Check the folder's permissions.")
      }
      Console.note("wrote \(path)")
      return nil
    }
    guard let data = try? Data(contentsOf: url) else {
      return "\(path): cannot be read. Run with --update to write it."
    }
    let wanted = String(decoding: data, as: UTF8.self)
    guard wanted != output else { return nil }
    let (left, right) = (lines(wanted), lines(output))
    let line = zip(left, right).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    let index = line ?? min(left.count, right.count)
    func shown(_ lines: [Substring]) -> String {
      index < lines.count ? "'\(lines[index])'" : "the end of the output"
    }
    return "\(path):\(index + 1): output differs\n  expected: \(shown(left))\n  found:    "
      + "\(shown(right))\nRun with --update to take what was found."
  }

  private func lines(_ text: String) -> [Substring] {
    text.split(separator: "\n", omittingEmptySubsequences: false)
  }

  // MARK: The model

  private func openModel() throws -> (model: Model, hash: () throws -> String) {
    let lanes = Lanes(count: threadCount(threads))
    guard let reference else {
      let tiny = try TinyModelFile.open(lanes: lanes)
      return (tiny.model, { tiny.hash })
    }
    let file = try ModelStore(environment: Console.environment).locate(reference)
    let model = try Model(
      path: file.path, name: ModelStore.name(of: reference), lanes: lanes)
    return (model, { try ModelDigest.hash(ofModelAt: file.path) })
  }
}

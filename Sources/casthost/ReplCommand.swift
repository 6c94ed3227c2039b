import ArgumentParser
import Foundation
import Kernels
import ModelStore
import Scripting

/// `casthost repl`.
struct ReplCommand: AsyncParsableCommand, TellsCauses, ConfinesItself {
  static let configuration = CommandConfiguration(
    commandName: "repl",
    abstract: "Runs Lua line by line, with models at hand.",
    discussion: """
        casthost repl
        > model = cast.model()
        > model:generate("The capital of France is").text
        > describe(model)

      An expression shows its value; what is not complete goes on in the next line. Variables that \
      are to last are global: 'local' ends with its entry. describe(x) tells more about a value, \
      describe("steer") about a name of the API. The current folder may be read; more takes the \
      flags below. Entries are kept in $XDG_CACHE_HOME/casthost/repl-history (else \
      ~/.cache/casthost).

      Lines may come from a pipe, too; then nothing but results is printed, and the exit code is 1 \
      if an entry failed. Ctrl-D ends, and so does Ctrl-C.
      """)

  @Option(help: "What cast.model() opens: a registered name, hf:owner/repo, or a path.")
  var model: String?

  @Option(help: "The seed of every random draw.")
  var seed: UInt64 = 0

  @Option(help: "Threads to compute on. (default: one per core)")
  var threads: Int?

  @OptionGroup(title: "Permissions") var permissions: PermissionOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    try check(threads: threads)
  }

  private var settings: RunSettings {
    let limits = RunSettings.Limits(
      wallTime: nil, luaTime: 0.25, luaMemory: 1 << 30, tensorMemory: 2 << 30)
    // The recipe is what is typed; its name says which folder is its own.
    return RunSettings(
      recipe: "./repl.lua", model: model, seed: seed, threads: threads, arithmetic: .precise,
      permissions: permissions.permissions, limits: limits, onHookError: .stop, checksCache: false,
      options: [], outerRing: permissions.usesOuterRing)
  }

  private var isTerminal: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 }

  /// Keeps the entries of earlier sessions.
  private var history: URL {
    ModelStore(environment: Console.environment).folder.deletingLastPathComponent()
      .appendingPathComponent("repl-history")
  }

  func confine() throws {
    // The history is a file that must be there to be named to the kernel; the editor of lines reads
    // what terminals can do.
    if isTerminal { EditedLines.makeHistory(history) }
    try RecipeRunner(settings)
      .confine(
        tells: common.verbose,
        readable: isTerminal ? ["/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo"] : [],
        writable: isTerminal ? [history.path] : [])
  }

  func run() async throws {
    let isTerminal = isTerminal
    let runner = RecipeRunner(settings)
    try runner.checkCommandLine()
    let relay = StopRelay()
    let lines: any LineSource =
      isTerminal ? EditedLines(history: history, relay) : PipedLines(relay)
    if isTerminal {
      Console.note(
        "casthost \(casthostVersion), \(Surroundings.luaRelease). describe(x) tells about a value, "
          + "Ctrl-D ends.")
    }
    try await withTaskCancellationHandler {
      try ScriptThread.run {
        let bar = ProgressBar()
        let session = ScriptSession(try runner.makeHost(relay.next(), bar))
        try Repl(session, lines, bar, isTerminal: isTerminal).run()
      }
    } onCancel: {
      relay.interrupt()
    }
  }
}

/// Reads entries, runs them and prints what they give.
private struct Repl {
  private let session: ScriptSession
  private let lines: any LineSource
  private let bar: ProgressBar
  private let isTerminal: Bool

  init(
    _ session: ScriptSession, _ lines: any LineSource, _ bar: ProgressBar, isTerminal: Bool
  ) {
    self.session = session
    self.lines = lines
    self.bar = bar
    self.isTerminal = isTerminal
  }

  /// Goes on to the end of the input.
  func run() throws {
    var entry = ""
    var failures = 0
    while let line = try lines.next(prompt: entry.isEmpty ? "> " : ">> ") {
      entry += entry.isEmpty ? line : "\n" + line
      let (isComplete, hasFailed) = try run(entry)
      if hasFailed { failures += 1 }
      guard isComplete else { continue }
      if entry.contains(where: { !$0.isWhitespace }) { lines.remember(entry) }
      entry = ""
    }
    if isTerminal { Console.note("") }
    if !entry.isEmpty {
      Console.failure("repl: the input ends within an entry ('\(entry.prefix(60))').")
      failures += 1
    }
    guard failures > 0, !isTerminal else { return }
    throw CommandFailure(.failure, "repl: \(failures) of the entries failed.")
  }

  private func run(_ entry: String) throws -> (isComplete: Bool, hasFailed: Bool) {
    defer { bar.clear() }
    do {
      guard case .done(let values) = try session.enter(entry) else { return (false, false) }
      bar.clear()
      for value in values { Console.result(value) }
      return (true, false)
    } catch {
      bar.clear()
      switch error.code {
      case .timeLimit, .memoryLimit, .interrupted: throw error
      default: Console.failure(error.report)
      }
      return (true, true)
    }
  }
}

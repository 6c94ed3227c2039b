import Engine
import Foundation
import Kernels
import Logging
import ModelStore
import Scripting

/// Runs a recipe as `casthost run` was told.
struct RecipeRunner {
  private let settings: RunSettings
  private let store = ModelStore(environment: Console.environment)
  private let logger = Logger(label: "recipe") { _ in ConsoleLogHandler() }

  init(_ settings: RunSettings) { self.settings = settings }

  /// Runs the recipe on a thread of its own, which a signal or the time limit ends.
  func run() async throws {
    if !asksForHelp { try checkCommandLine() }
    let stop = StopSwitch()
    try await withTaskCancellationHandler {
      try run(stop)
    } onCancel: {
      stop.interrupt()
    }
  }

  private func run(_ stop: StopSwitch) throws {
    let bar = ProgressBar()
    try ScriptThread.run {
      let opening = OwnModelOpening()
      let host = try ScriptHost(hostSettings, console: console(bar), stopSwitch: stop)
      host.attach(
        ModelAccess(
          open: { try open($0, opening) }, hash: { try sha256(of: URL(fileURLWithPath: $0.path)) },
          progress: { bar.show($0, $1, $2) }),
        disablesFailingHooks: settings.onHookError == .disable,
        checksSharing: settings.checksCache)
      if settings.limits.wallTime != nil { _ = stop.startWatchdog() }
      defer { stop.stopWatchdog() }
      do {
        try host.run()
        if asksForHelp { Console.note("\(settings.recipe): declares no options (cast.options).") }
      } catch let error as LuaError where error.code == .help {
        bar.clear()
        Console.result(error.message)
      } catch {
        bar.clear()
        throw opening.isCause(of: error)
          ? CommandFailure(.failure, opening.failure ?? "") : error
      }
    }
  }

  /// Whether the recipe is only to show its options.
  private var asksForHelp: Bool { settings.options.contains { $0 == "--help" || $0 == "-h" } }

  /// Finds what is wrong with the run's own words before the recipe starts.
  private func checkCommandLine() throws {
    if let model = settings.model { _ = try store.locate(model) }
    guard let out = settings.permissions.out else { return }
    do {
      try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    } catch {
      throw CommandFailure(
        .usage, "--out \(out): the folder cannot be made. Name one that you can write.")
    }
    guard FileManager.default.isWritableFile(atPath: out) else {
      throw CommandFailure(
        .usage, "--out \(out): the folder cannot be written. Name one that you can write.")
    }
  }

  private var hostSettings: ScriptHost.Settings {
    var host = ScriptHost.Settings(recipe: settings.recipe)
    let permissions = settings.permissions
    host.arguments = settings.options
    host.seed = settings.seed
    host.startTime = Int(Date().timeIntervalSince1970)
    host.allowsClock = permissions.clock || permissions.everything
    host.version = casthostVersion
    host.capabilities.readFolders = permissions.read
    host.capabilities.writeFolders = permissions.write
    host.capabilities.deniedReadFolders = permissions.denyRead
    host.capabilities.deniedWriteFolders = permissions.denyWrite
    host.capabilities.outFolder = permissions.out
    host.capabilities.replacesFiles = permissions.replacesOutput
    host.capabilities.allowsAll = permissions.everything
    host.limits.runSeconds = settings.limits.wallTime
    host.limits.layerSeconds = settings.limits.luaTime
    host.limits.tokenSeconds = settings.limits.luaTime
    host.limits.luaMemory = settings.limits.luaMemory
    host.limits.tensorMemory = settings.limits.tensorMemory
    return host
  }

  private func console(_ bar: ProgressBar) -> ScriptConsole {
    ScriptConsole(
      print: { line in
        bar.clear()
        Console.result(line)
      },
      stream: { text in
        bar.clear()
        Console.stream(text)
      },
      log: { record in
        bar.clear()
        let place = record.file.map { file in "\(file):\(record.line ?? 0): " } ?? ""
        logger.log(level: .init(record.level), "\(place)\(record.text)")
      })
  }

  // MARK: Models

  /// The model of the command line; that it cannot be opened is no fault of the recipe.
  private final class OwnModelOpening {
    var failure: String?

    func isCause(of error: any Error) -> Bool {
      failure != nil && (error as? LuaError)?.message == failure
    }
  }

  private var ownModel: String { settings.model ?? RegisteredModel.standard.name }

  private func open(_ reference: String?, _ opening: OwnModelOpening) throws -> Model {
    let wanted = reference ?? ownModel
    if let reference { try check(reference) }
    if asksForHelp {
      throw LuaError(
        .help, "\(settings.recipe): declares no options (cast.options) before it opens a model.")
    }
    do {
      let file = try store.locate(wanted)
      let lanes = Lanes(count: threadCount(settings.threads))
      return try Model(
        path: file.path, name: RegisteredModel.named(wanted)?.name,
        arithmetic: settings.arithmetic, lanes: lanes)
    } catch {
      if wanted == ownModel { opening.failure = "\(error)" }
      throw LuaError(.script, "\(error)")
    }
  }

  /// A recipe may open the run's own model; others by `--allow-model`.
  private func check(_ reference: String) throws {
    let permissions = settings.permissions
    if reference == ownModel || permissions.everything { return }
    guard !permissions.models.contains(where: { fnmatch($0, reference, 0) == 0 }) else { return }
    throw LuaError(
      .permission,
      "cast.model('\(reference)') is not allowed in this run (its model is '\(ownModel)'). "
        + "Run with --model=\(reference) or --allow-model=\(reference)")
  }
}

extension Logger.Level {
  init(_ level: ScriptConsole.Level) {
    self =
      switch level {
      case .debug: .debug
      case .info: .info
      case .warning: .warning
      case .error: .error
      }
  }
}

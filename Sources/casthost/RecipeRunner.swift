import Engine
import Foundation
import Kernels
import Logging
import ModelStore
import Scripting

/// Runs a recipe as `casthost run` was told.
struct RecipeRunner {
  private let settings: RunSettings
  /// Models that stay opened from one run to the next; nil where there is one run.
  private let shelf: ModelShelf?
  private let startTime = Int(Date().timeIntervalSince1970)
  private let store = ModelStore(environment: Console.environment)
  private let logger = Logger(label: "recipe") { _ in ConsoleLogHandler() }

  init(_ settings: RunSettings, keeping shelf: ModelShelf? = nil) {
    self.settings = settings
    self.shelf = shelf
  }

  /// Runs the recipe and writes its manifest, if one is wanted, however the run ends.
  func run() async throws {
    let stop = StopSwitch()
    try await withTaskCancellationHandler {
      try run(stop)
    } onCancel: {
      stop.interrupt()
    }
  }

  /// Runs the recipe on a thread of its own, which a signal or the time limit ends, and tells the
  /// recorder what it did.
  func run(_ recorder: RunRecorder) async throws {
    let stop = StopSwitch()
    try await withTaskCancellationHandler {
      try run(stop, recorder)
    } onCancel: {
      stop.interrupt()
    }
  }

  /// Runs the recipe once and writes its manifest, if one is wanted, however the run ends.
  ///
  /// - Parameters:
  ///   - stop: What ends it.
  ///   - willReadSource: Receives the paths of the recipe and its modules before they are read.
  /// - Throws: What ended the recipe.
  func run(_ stop: StopSwitch, willReadSource: @escaping (String) -> Void = { _ in }) throws {
    let recorder = manifestPaths.isEmpty ? nil : RunRecorder(settings)
    do {
      try run(stop, recorder, willReadSource)
    } catch {
      do {
        try writeManifest(recorder?.manifest(error))
      } catch { Console.note("\(error)") }
      throw error
    }
    try writeManifest(recorder?.manifest(nil))
  }

  /// The manifest's places: what `--manifest` says, and the folder of `--out`.
  private var manifestPaths: [String] {
    if asksForHelp { return [] }
    let out = settings.permissions.out.map { [$0 + "/" + Self.manifestName] } ?? []
    return out + (settings.manifest.map { [$0] } ?? [])
  }

  private static let manifestName = "manifest.json"

  private func writeManifest(_ manifest: RunManifest?) throws {
    guard let manifest else { return }
    for path in manifestPaths where !manifest.isAmongWritten(path) { try manifest.write(to: path) }
  }

  private func run(
    _ stop: StopSwitch, _ recorder: RunRecorder?,
    _ willReadSource: @escaping (String) -> Void = { _ in }
  ) throws {
    try checkCommandLine()
    let bar = ProgressBar()
    try ScriptThread.run {
      let opening = OwnModelOpening()
      let host = try makeHost(stop, bar, opening, recorder)
      host.willReadSource = willReadSource
      if settings.limits.wallTime != nil { _ = stop.startWatchdog() }
      defer { stop.stopWatchdog() }
      let begun = ContinuousClock.now
      defer { if settings.profiles { bar.clear(); tellProfile(of: host, since: begun) } }
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

  /// A state as the settings describe it, with models; nothing has run in it.
  func makeHost(
    _ stop: StopSwitch, _ bar: ProgressBar, _ opening: OwnModelOpening = OwnModelOpening(),
    _ recorder: RunRecorder? = nil
  ) throws -> ScriptHost {
    let host = try ScriptHost(hostSettings, console: console(bar, recorder), stopSwitch: stop)
    if let recorder { host.onFileUse = { recorder.note($0) } }
    let hash = { (path: String) in
      try recorder?.hash(ofModelAt: path) ?? ModelDigest.hash(ofModelAt: path)
    }
    host.attach(
      ModelAccess(
        open: { try open($0, opening, recorder) }, hash: { try hash($0.path) },
        progress: { bar.show($0, $1, $2) }),
      disablesFailingHooks: settings.onHookError == .disable,
      checksSharing: settings.checksCache, profiles: settings.profiles)
    return host
  }

  /// Whether the recipe is only to show its options.
  private var asksForHelp: Bool { settings.options.contains { $0 == "--help" || $0 == "-h" } }

  private func tellProfile(of host: ScriptHost, since begun: ContinuousClock.Instant) {
    let seconds = (ContinuousClock.now - begun) / .seconds(1)
    RunProfile(times: host.callbackTimes, seconds: seconds).tell()
  }

  /// Makes the folder of `--out`, then has the kernel close what the run does not need.
  ///
  /// To be called while the process has one thread; `tells` says on standard error what is closed.
  func confine(tells: Bool, readable: [String] = [], writable: [String] = []) throws {
    let ring = try openRing(readable: readable, writable: writable)
    RecipeRunner.close(ring, settings, tells: tells)
  }

  /// Makes the folder of `--out`, and says what the run needs of the kernel.
  func openRing(readable: [String] = [], writable: [String] = []) throws -> OuterRing {
    if !asksForHelp { try makeOutFolder() }
    let folders =
      writable
      + (settings.manifest.map { [URL(fileURLWithPath: $0).deletingLastPathComponent().path] } ?? [])
    return hostSettings.outerRing(readable: readableModels + readable, writable: folders)
  }

  /// Has the kernel close everything else, unless the settings leave it open.
  static func close(_ ring: OuterRing, _ settings: RunSettings, tells: Bool) {
    guard settings.outerRing else {
      Console.note("outer ring: off (--no-outer-ring)")
      return
    }
    let state = ring.close()
    if tells { Console.note(state.description) }
  }

  /// The cache of registered models, the run's own model, and whatever `--allow-model` may mean.
  private var readableModels: [String] {
    store.places(
      of: (settings.model.map { [$0] } ?? [])
        + settings.permissions.models
        .map { $0.hasPrefix(HubReference.prefix) ? $0 : OuterRing.root(ofPattern: $0) })
  }

  /// Finds what is wrong with the run's own words before the recipe starts.
  func checkCommandLine() throws {
    if asksForHelp { return }
    if let model = settings.model { _ = try store.locate(model) }
  }

  private func makeOutFolder() throws {
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
    host.startTime = startTime
    host.allowsClock = permissions.clock || permissions.everything
    host.environment =
      permissions.everything || !permissions.variables.isEmpty
      ? Console.environment : [:]
    host.version = casthostVersion
    host.capabilities.variables = Set(permissions.variables)
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

  private func console(_ bar: ProgressBar, _ recorder: RunRecorder?) -> ScriptConsole {
    ScriptConsole(
      print: { line in
        bar.clear()
        if recorder?.isQuiet != true { Console.result(line) }
        recorder?.note(output: line + "\n")
      },
      stream: { text in
        bar.clear()
        if recorder?.isQuiet != true { Console.stream(text) }
        recorder?.note(output: text)
      },
      log: { record in
        bar.clear()
        let place = record.file.map { file in "\(file):\(record.line ?? 0): " } ?? ""
        logger.log(level: .init(record.level), "\(place)\(record.text)")
      })
  }

  // MARK: Models

  /// The model of the command line; that it cannot be opened is no fault of the recipe.
  final class OwnModelOpening {
    var failure: String?

    func isCause(of error: any Error) -> Bool {
      failure != nil && (error as? LuaError)?.message == failure
    }
  }

  private var ownModel: String { settings.model ?? RegisteredModel.standard.name }

  private func open(
    _ reference: String?, _ opening: OwnModelOpening, _ recorder: RunRecorder?
  ) throws -> Model {
    let wanted = reference ?? ownModel
    if let reference { try check(reference) }
    if asksForHelp {
      throw LuaError(
        .help, "\(settings.recipe): declares no options (cast.options) before it opens a model.")
    }
    do {
      let file = try store.locate(wanted)
      try recorder?.note(model: wanted, path: file.path)
      func open() throws -> Model {
        let lanes = Lanes(count: threadCount(settings.threads))
        return try Model(
          path: file.path, name: ModelStore.name(of: wanted),
          arithmetic: settings.arithmetic, context: wanted == ownModel ? settings.context : nil,
          lanes: lanes, startTime: startTime)
      }
      return try shelf?.model(file, open) ?? open()
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

public import Engine
import Jinja
import Kernels
import Steering
import Transformer

/// What a run knows of models: how to find them, and what their passports need.
public struct ModelAccess {
  /// Opens a model by its reference, or the run's own for nil; throws `LuaError` with code
  /// `permission` for one that the run may not open.
  public var open: (String?) throws -> Model
  /// SHA-256 of a checkpoint, hexadecimal.
  public var hash: (Model) throws -> String
  /// Shows how far long work has come: what it is, done, total; called with done = total at its
  /// end.
  public var progress: (String, Int, Int) -> Void

  /// Collects the three.
  public init(
    open: @escaping (String?) throws -> Model, hash: @escaping (Model) throws -> String,
    progress: @escaping (String, Int, Int) -> Void = { _, _, _ in }
  ) {
    self.open = open
    self.hash = hash
    self.progress = progress
  }
}

/// The part of `cast` that works with models: opened models, active steering, hooks.
final class ModelLibrary {
  let machine: LuaMachine
  let access: ModelAccess
  let files: FileAccess
  let version: String
  /// The time of the run, for chat templates that write a date.
  let clock: Clock
  let profile = ScriptProfile()
  let hooks: HookRegistry
  /// Metrics that the recipe registered, by name.
  var metrics: [String: MetricObject] = [:]
  /// Ends long work; the same object in every call, as requests share what they have in common.
  let stopCheck: StopCheck
  /// Whether sessions check what they share.
  private let checksSharing: Bool
  private var models: [String: ModelObject] = [:]
  private var hashes: [String: String] = [:]

  init(
    _ machine: LuaMachine, _ access: ModelAccess, _ files: FileAccess, version: String,
    startTime: Int, checksSharing: Bool
  ) {
    clock = Clock(seconds: startTime)
    stopCheck = StopCheck(machine)
    self.checksSharing = checksSharing
    self.machine = machine
    self.access = access
    self.files = files
    self.version = version
    hooks = HookRegistry(machine, profile)
  }

  /// Declares everything in `cast` that needs a model.
  func declare(in cast: HostModule) {
    cast.function("model", in: .outsideHooks, isModelTime: true) { [self] call in
      let argument = try call.argument(1, "reference")
      return .object(try model(argument.isMissing ? nil : argument.text()))
    }
    declareTokenizers(in: cast)
    declareChatTemplates(in: cast)
    declareDatasets(in: cast)
    declareVectors(in: cast)
    declareMaps(in: cast)
    declareOperations(in: cast)
    declareHooks(in: cast)
    declareMetrics(in: cast)
    declareSweep(in: cast)
    declareGeometry(in: cast)
    declareQuestions(in: cast)
    declareEvaluation(in: cast)
  }

  /// The model behind a reference; opened once.
  func model(_ reference: String?) throws -> ModelObject {
    let key = reference ?? ""
    if let known = models[key] { return known }
    let model = try access.open(reference)
    let object = models.values.first { $0.model.path == model.path } ?? ModelObject(model, self)
    object.session.checksSharing = checksSharing
    models[key] = object
    return object
  }

  /// The models opened so far, by name.
  var opened: [ModelObject] {
    var seen: Set<ObjectIdentifier> = []
    return models.values.filter { seen.insert(ObjectIdentifier($0)).inserted }
      .sorted { ($0.model.name, $0.model.path) < ($1.model.name, $1.model.path) }
  }

  /// The SHA-256 of a model's checkpoint, computed once.
  func hash(of model: Model) throws -> String {
    if let known = hashes[model.path] { return known }
    let hash = try access.hash(model)
    hashes[model.path] = hash
    return hash
  }

  /// The SHA-256 of an opened model, found by the name in a passport.
  func hash(ofModelNamed name: String?) throws -> String? {
    guard let model = models.values.first(where: { $0.model.name == name })?.model else {
      return nil
    }
    return try hash(of: model)
  }

  /// Lets go of models, which refer to the library.
  func close() {
    models = [:]
    metrics = [:]
  }

  /// Writes a warning to the log.
  func warn(_ text: String) {
    machine.console.log(ScriptConsole.Record(level: .warning, text: text))
  }

  /// Writes a remark to the log.
  func note(_ text: String) {
    machine.console.log(ScriptConsole.Record(level: .info, text: text))
  }

  /// Throws if the run has been told to stop, or its time is over.
  func checkStop() throws { try machine.checkStop() }
}

extension ScriptHost {
  /// Gives the recipe models; call it before the recipe runs.
  ///
  /// - Parameters:
  ///   - access: How models are found.
  ///   - disablesFailingHooks: Whether a failing hook is switched off instead of ending the run.
  ///   - checksSharing: Whether what is computed once for several sequences is computed again for
  ///     each, and compared.
  ///   - profiles: Whether the time of every callback is taken, for ``callbackTimes``.
  public func attach(
    _ access: ModelAccess, disablesFailingHooks: Bool = false, checksSharing: Bool = false,
    profiles: Bool = false
  ) {
    let library = ModelLibrary(
      machine, access, files, version: settings.version, startTime: settings.startTime,
      checksSharing: checksSharing)
    library.hooks.onFailure = disablesFailingHooks ? .disable : .stop
    library.profile.isOn = profiles
    library.declare(in: cast)
    models = library
  }

  /// What the recipe's hooks and metrics took, longest first; empty unless the run profiles.
  public var callbackTimes: [CallbackTime] { models?.profile.times ?? [] }

  /// The hooks that were switched off because they failed, each with its error: what such a run
  /// says is degraded.
  public var disabledHooks: [String] { models?.hooks.disabled ?? [] }
}

import Engine
import Steering
import Tokens
import Transformer

/// The hooks of a run, in the order in which they are called: priority, then registration.
final class HookRegistry {
  /// What happens when a hook fails.
  enum FailurePolicy { case stop, disable }

  /// The most hooks of a run.
  static let limit = 10_000

  var onFailure = FailurePolicy.stop
  private var hooks: [Hook] = []
  private var registrations = 0

  /// One registered hook; what the recipe holds is its ``HookHandle``.
  final class Hook {
    let event: String
    let function: LuaReference
    let layers: Set<LayerIndex>
    /// Whether the recipe named the layers, so that a model must have them.
    let namesLayers: Bool
    let priority: Int
    let order: Int
    /// `recipe.lua:12`.
    let place: String
    var isEnabled = true

    init(
      event: String, function: LuaReference, layers: Set<LayerIndex>, namesLayers: Bool,
      priority: Int, order: Int, place: String
    ) {
      self.event = event
      self.function = function
      self.layers = layers
      self.namesLayers = namesLayers
      self.priority = priority
      self.order = order
      self.place = place
    }
  }

  func add(
    _ event: String, _ function: LuaReference, layers: [LayerIndex] = [],
    namesLayers: Bool = false, _ options: OptionTable?, _ call: Call
  ) throws -> HookHandle {
    guard hooks.count < HookRegistry.limit else {
      throw LuaError(.script, "\(event): \(HookRegistry.limit) hooks are registered already")
    }
    let priority = try options?["priority"].integer(default: 50) ?? 50
    try options?.finish()
    let place = call.position.map { "\($0.file):\($0.line)" } ?? "the command line"
    let hook = Hook(
      event: event, function: function, layers: Set(layers), namesLayers: namesLayers,
      priority: priority, order: registrations, place: place)
    registrations += 1
    hooks.append(hook)
    hooks.sort { ($0.priority, $0.order) < ($1.priority, $1.order) }
    return HookHandle(hook, self)
  }

  func remove(_ hook: Hook) { hooks.removeAll { $0 === hook } }

  func contains(_ hook: Hook) -> Bool { hooks.contains { $0 === hook } }

  func hooks(_ event: String) -> [Hook] { hooks.filter { $0.event == event && $0.isEnabled } }

  /// Whether an enabled hook acts at a layer; asked at every site of every step.
  func acts(at layer: LayerIndex) -> Bool {
    hooks.contains { $0.isEnabled && $0.layers.contains(layer) }
  }

  // MARK: For one call

  /// What `on_layer` hooks do to the sequences of a call to a model with that many blocks.
  func interventions(_ machine: LuaMachine, blocks: Int) throws -> [any Intervention] {
    try checkLayers(blocks)
    return hooks("on_layer").isEmpty ? [] : [SequenceHooks(self, machine, tokenizer: nil)]
  }

  /// What `on_layer` and `on_token` hooks do to the sequences of a generation; nil if there are
  /// none.
  func sequenceHooks(
    _ machine: LuaMachine, tokenizer: Tokenizer, blocks: Int
  ) throws -> SequenceHooks? {
    try checkLayers(blocks)
    return hooks("on_layer").isEmpty && hooks("on_token").isEmpty
      ? nil : SequenceHooks(self, machine, tokenizer: tokenizer)
  }

  /// A hook on a layer that the model does not have would never be called.
  private func checkLayers(_ blocks: Int) throws {
    for hook in hooks("on_layer") where hook.namesLayers {
      guard let last = hook.layers.max(), last.number >= blocks else { continue }
      throw LuaError(
        .script,
        "on_layer: layer \(last) does not exist in this model (expected 0 to \(blocks - 1), or "
          + "'embedding'). Choose another layer for the hook registered at \(hook.place)")
    }
  }

  /// What `on_vector_build` hooks do to a layer's direction; nil if there are none.
  func buildHook(_ machine: LuaMachine) -> ((BuildMethod.Input, [Float]) throws -> [Float]?)? {
    guard !hooks("on_vector_build").isEmpty else { return nil }
    let context = BuildContext()
    return { [self] input, direction in
      try context.run(self, machine, input, direction)
    }
  }

  // MARK: Calling

  /// What a hook answered.
  enum Answer {
    case carryOn
    /// It failed and was switched off: what it wrote does not count.
    case failed
    case replace(LuaValue)
    case skipOthers
  }

  /// Calls a hook; an error says which hook it was and where the run stood.
  func call(
    _ hook: Hook, with object: any HostObject, in context: ScriptContext, _ machine: LuaMachine,
    at place: () -> String
  ) throws -> Answer {
    do {
      let result = try machine.call(hook.function, [.object(object)], in: context, results: 1)[0]
      switch result {
      case .nil: return .carryOn
      case .tensor, .view: return .replace(result)
      case .boolean(false): return .skipOthers
      default:
        throw LuaError(
          .script,
          "\(hook.event) hook returned \(result.typeName) (nil, a tensor or false expected)")
      }
    } catch {
      return try failed(hook, error, machine, place())
    }
  }

  /// Decides what a failure of a hook does.
  func failed(
    _ hook: Hook, _ error: any Error, _ machine: LuaMachine, _ place: String
  ) throws -> Answer {
    let script = error as? LuaError ?? LuaError(.script, "\(error)")
    let noted = script.adding(
      note: "in the \(hook.event) hook registered at \(hook.place), \(place)")
    guard onFailure == .disable, script.code == .script else { throw noted }
    hook.isEnabled = false
    machine.console.log(
      ScriptConsole.Record(level: .error, text: "hook disabled: \(noted.description)"))
    return .failed
  }
}

/// A registered hook in a recipe.
final class HookHandle: HostObject {
  static let luaName = "hook"
  private let hook: HookRegistry.Hook
  private let registry: HookRegistry

  init(_ hook: HookRegistry.Hook, _ registry: HookRegistry) {
    self.hook = hook
    self.registry = registry
  }

  static func declare(in type: ClassDeclaration<HookHandle>) {
    type.method("remove", in: .anywhere) { handle, _ in
      handle.registry.remove(handle.hook)
      return .nothing
    }
    type.property(
      "enabled", get: { .boolean($0.hook.isEnabled && $0.registry.contains($0.hook)) },
      set: { handle, value in
        let isEnabled = try value.boolean()
        guard handle.registry.contains(handle.hook) else {
          throw LuaError(.script, "hook: it was removed and cannot be enabled or disabled")
        }
        handle.hook.isEnabled = isEnabled
      })
    type.onClose { $0.registry.remove($0.hook) }
    type.text { "\($0.hook.event) hook registered at \($0.hook.place)" }
  }
}

extension ModelLibrary {
  /// Declares `cast.on_layer`, `cast.on_token` and `cast.on_vector_build`.
  func declareHooks(in cast: HostModule) {
    cast.function("on_layer", in: .outsideHooks) { [hooks] call in
      let layers = try call.argument(1, "layers")
      guard let chosen = try layers.layers(of: 4096) else { throw layers.mismatch("layers") }
      return .object(
        try hooks.add(
          "on_layer", call.argument(2, "function").function(), layers: chosen,
          namesLayers: layers.value?.text != "all", call.options(3), call))
    }
    cast.function("on_token", in: .outsideHooks) { [hooks] call in
      .object(
        try hooks.add(
          "on_token", call.argument(1, "function").function(), call.options(2), call))
    }
    cast.function("on_vector_build", in: .outsideHooks) { [hooks] call in
      .object(
        try hooks.add(
          "on_vector_build", call.argument(1, "function").function(), call.options(2), call))
    }
  }
}

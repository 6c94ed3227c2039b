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
  /// What was disabled because it failed: hook, place and error in one text each.
  private(set) var disabled: [String] = []
  let profile: ScriptProfile
  private let machine: LuaMachine
  private var hooks: [Hook] = []
  private var registrations = 0
  private var byEvent: [String: [Hook]] = [:]
  /// Grows whenever a hook comes, goes or is switched: what was asked before no longer holds.
  private(set) var changes = 0

  init(_ machine: LuaMachine, _ profile: ScriptProfile) {
    self.machine = machine
    self.profile = profile
  }

  func add(
    _ event: String, _ action: Hook.Action, layers: HookLayers = .all, _ options: OptionTable?,
    _ call: Call
  ) throws -> HookHandle {
    guard hooks.count < HookRegistry.limit else {
      throw LuaError(.script, "\(event): \(HookRegistry.limit) hooks are registered already")
    }
    let priority = try options?["priority"].integer(default: 50) ?? 50
    try options?.finish()
    let place = call.position.map { "\($0.file):\($0.line)" } ?? "the command line"
    let hook = Hook(
      event: event, action: action, layers: layers, priority: priority, order: registrations,
      place: place)
    registrations += 1
    // Behind all that come before it or with it: the last in the order of registration.
    let before = hooks.lastIndex { $0.priority <= priority }
    hooks.insert(hook, at: before.map { $0 + 1 } ?? 0)
    forgetOrder()
    return HookHandle(hook, self)
  }

  func remove(_ hook: Hook) {
    hooks.removeAll { $0 === hook }
    hook.isRemoved = true
    // A function that refers to its own handle would hold both for ever.
    if case .lua = hook.action { hook.action = .gone }
    forgetOrder()
  }

  func setEnabled(_ hook: Hook, _ isEnabled: Bool) {
    hook.isEnabled = isEnabled
    forgetOrder()
  }

  private func forgetOrder() {
    byEvent = [:]
    changes += 1
  }

  /// The active hooks of an event.
  func hooks(_ event: String) -> [Hook] {
    if let known = byEvent[event] { return known }
    let found = hooks.filter { $0.event == event && $0.isActive }
    byEvent[event] = found
    return found
  }

  // MARK: For one call

  /// What `on_layer` hooks do to the sequences of a call.
  func interventions(for model: ModelObject) throws -> [any Intervention] {
    try check(model)
    return hooks("on_layer").isEmpty ? [] : [SequenceHooks(self, machine, model, tokenizer: nil)]
  }

  /// What `on_layer` and `on_token` hooks do to the sequences of a generation; nil if there are
  /// none.
  func sequenceHooks(for model: ModelObject) throws -> SequenceHooks? {
    try check(model)
    return hooks("on_layer").isEmpty && hooks("on_token").isEmpty
      ? nil : SequenceHooks(self, machine, model, tokenizer: model.model.tokenizer)
  }

  /// A hook on a layer that the model does not have would never be called, and a declared one
  /// must fit the model.
  private func check(_ model: ModelObject) throws {
    let blocks = model.model.sizes.layers
    for hook in hooks("on_layer") {
      if let last = hook.layers.named?.max(), last.number >= blocks {
        throw LuaError(
          .script,
          "on_layer: layer \(last) does not exist in this model (expected 0 to \(blocks - 1), or "
            + "'embedding'). Choose another layer for the hook registered at \(hook.place)")
      }
      guard case .declared(let operation) = hook.action else { continue }
      do {
        _ = try operation.steering(for: model, layers: hook.layers)
      } catch {
        throw located(error, hook, nil)
      }
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
    guard case .lua(let function) = hook.action else { return .carryOn }
    do {
      let result = try profile.measure(hook.event, hook.place) {
        try machine.call(function, [.object(object)], in: context, results: 1)[0]
      }
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
    let noted = located(error, hook, place)
    guard onFailure == .disable, noted.code == .script else { throw noted }
    setEnabled(hook, false)
    disabled.append("hook disabled: \(noted.description)")
    machine.console.log(
      ScriptConsole.Record(level: .error, text: "hook disabled: \(noted.description)"))
    return .failed
  }

  private func located(_ error: any Error, _ hook: Hook, _ place: String?) -> LuaError {
    let script = error as? LuaError ?? LuaError(.script, "\(error)")
    let rest = place.map { ", \($0)" } ?? ""
    return script.adding(note: "in the \(hook.event) hook registered at \(hook.place)\(rest)")
  }
}

/// The layers that a hook acts at.
struct HookLayers {
  /// The layers that the recipe named; nil for all blocks.
  let named: Set<LayerIndex>?

  static let all = HookLayers(named: nil)

  func contains(_ layer: LayerIndex) -> Bool {
    named?.contains(layer) ?? (layer != .embedding)
  }
}

/// One registered hook; what the recipe holds is its ``HookHandle``.
final class Hook {
  /// What a hook does.
  enum Action {
    /// Calls a function of the recipe.
    case lua(LuaReference)
    /// Runs in the engine.
    case declared(DeclaredOperation)
    /// Nothing: the hook was removed.
    case gone
  }

  let event: String
  fileprivate(set) var action: Action
  let layers: HookLayers
  let priority: Int
  let order: Int
  /// `recipe.lua:12`.
  let place: String
  fileprivate(set) var isEnabled = true
  fileprivate(set) var isRemoved = false

  init(
    event: String, action: Action, layers: HookLayers, priority: Int, order: Int, place: String
  ) {
    self.event = event
    self.action = action
    self.layers = layers
    self.priority = priority
    self.order = order
    self.place = place
  }

  var isActive: Bool { isEnabled && !isRemoved }
}

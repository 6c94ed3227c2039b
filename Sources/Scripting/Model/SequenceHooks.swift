import CLuaShim
import Engine
import Kernels
import Steering
import Tokens
import Transformer

/// The `on_layer` and `on_token` hooks of one call's sequences; each sequence keeps a table.
final class SequenceHooks: Intervention {
  let registry: HookRegistry
  let machine: LuaMachine
  let model: ModelObject
  let tokenizer: Tokenizer?
  /// Whether declared hooks note what they do.
  let keepsAccount: Bool
  private var states: [Int: LuaReference] = [:]

  init(
    _ registry: HookRegistry, _ machine: LuaMachine, _ model: ModelObject, tokenizer: Tokenizer?,
    keepsAccount: Bool = true
  ) {
    self.keepsAccount = keepsAccount
    self.registry = registry
    self.machine = machine
    self.model = model
    self.tokenizer = tokenizer
  }

  /// The declared hooks, if no function of the recipe acts at a layer.
  private var declared: [Steering]? {
    var steerings: [Steering] = []
    for hook in registry.hooks("on_layer") {
      guard case .declared(let operation) = hook.action,
        let steering = try? operation.steering(for: model, layers: hook.layers)
      else { return nil }
      steerings.append(steering)
    }
    return steerings
  }

  /// A recipe's own hook may do what it likes.
  var treatsPrefixesAlike: Bool { declared?.allSatisfy(\.treatsPrefixesAlike) ?? false }

  /// A recipe's own hook may keep state, so every sequence is computed from its first token.
  var keepsState: Bool { declared?.contains(where: \.keepsState) ?? true }

  /// Without a hook at a layer, only logits are seen.
  var isNeutral: Bool { declared?.allSatisfy(\.isNeutral) ?? false }

  var firstSite: Site {
    Site(declared?.map(\.firstSite.layer).min() ?? .embedding)
  }

  func firstPosition(in place: SequencePlace) -> Int {
    declared?.map { $0.firstPosition(in: place) }.min() ?? 0
  }

  var twin: any Intervention {
    SequenceHooks(registry, machine, model, tokenizer: tokenizer, keepsAccount: false)
  }

  func hooks(for place: SequencePlace) throws -> [any ResidualHook] {
    states[place.row] = nil  // a new sequence begins
    return [try ScriptedLayerHook(self, place)]
  }

  func logitHook(row: Int) -> (any LogitHook)? {
    registry.hooks("on_token").isEmpty ? nil : ScriptedTokenHook(self, row)
  }

  /// The table that belongs to a sequence.
  func state(of row: Int) -> LuaReference {
    if let state = states[row] { return state }
    let state = machine.makeTable()
    states[row] = state
    return state
  }
}

/// `on_layer`: shows a recipe's hooks the rows of one sequence, and runs the declared ones.
private final class ScriptedLayerHook: ResidualHook {
  private let sequence: SequenceHooks
  private let place: SequencePlace
  private let context: LayerContext
  private var declared: [ObjectIdentifier: [any ResidualHook]] = [:]
  // The hooks that act at each layer, as the registry had them after so many changes.
  private var acting: [[Acting]?] = []
  private var changes: Int

  /// A hook, and for a declared one what it does at the layer.
  private struct Acting {
    let hook: Hook
    let inner: [any ResidualHook]
  }

  init(_ sequence: SequenceHooks, _ place: SequencePlace) throws {
    self.sequence = sequence
    self.place = place
    changes = sequence.registry.changes
    context = LayerContext(row: place.row) { sequence.state(of: place.row) }
    // Conditions are decided here: no other time would do, for they run the model themselves.
    for hook in sequence.registry.hooks("on_layer") {
      guard case .declared(let operation) = hook.action else { continue }
      let steering = try operation.steering(for: sequence.model, layers: hook.layers)
      declared[ObjectIdentifier(hook)] =
        try (sequence.keepsAccount ? steering : steering.twin).hooks(for: place)
    }
  }

  func wants(_ site: Site) -> Bool { site.part == .residual && !hooks(at: site).isEmpty }

  /// The active hooks of a layer, in order; asked at every site of every step.
  ///
  /// A declared hook that was registered while the sequence was under way begins with the next.
  private func hooks(at site: Site) -> [Acting] {
    let index = site.layer.number + 1
    if changes == sequence.registry.changes, index < acting.count, let known = acting[index] {
      return known
    }
    if changes != sequence.registry.changes { acting = [] }
    changes = sequence.registry.changes
    while acting.count <= index { acting.append(nil) }
    let found = sequence.registry.hooks("on_layer").filter { $0.layers.contains(site.layer) }
      .map { hook in
        Acting(
          hook: hook,
          inner: (declared[ObjectIdentifier(hook)] ?? []).filter { $0.wants(site) })
      }
    acting[index] = found
    return found
  }

  func visit(_ rows: ResidualRows, at site: Site) throws {
    let registry = sequence.registry
    context.layer = site.layer
    context.isPrefill = rows.firstPosition < place.prompt.count
    context.step = max(0, rows.firstPosition - (place.prompt.count - 1))
    context.positions = rows.firstPosition..<rows.firstPosition + rows.count
    for acting in hooks(at: site) where acting.hook.isActive {
      // A hook that fails and is switched off must leave no half-written row behind.
      let saved = registry.onFailure == .disable ? rows.values : []
      let answer =
        switch acting.hook.action {
        case .lua: try call(acting.hook, rows)
        case .declared: try run(acting, rows, site)
        case .gone: HookRegistry.Answer.carryOn
        }
      if case .failed = answer { rows.base.update(from: saved, count: saved.count) }
      if case .skipOthers = answer { break }
    }
  }

  /// Runs a declared hook.
  private func run(
    _ acting: Acting, _ rows: ResidualRows, _ site: Site
  ) throws -> HookRegistry.Answer {
    let registry = sequence.registry
    context.view = nil
    do {
      try registry.profile.measure("on_layer, declared", acting.hook.place) {
        for inner in acting.inner { try inner.visit(rows, at: site) }
      }
      return .carryOn
    } catch {
      return try registry.failed(acting.hook, error, sequence.machine, context.place)
    }
  }

  private func call(_ hook: Hook, _ rows: ResidualRows) throws -> HookRegistry.Answer {
    let (machine, registry) = (sequence.machine, sequence.registry)
    let scope = machine.openScope()
    context.view = TensorView(
      base: rows.base, rows: rows.count, columns: rows.width, isVector: false, scope: scope)
    var wasWritten = false
    var answer: HookRegistry.Answer
    do {
      defer { wasWritten = machine.closeScope(scope) }
      answer = try registry.call(
        hook, with: context, in: .layer, machine, at: { context.place })
      if case .replace(let value) = answer, let fault = replace(rows, by: value) {
        answer = try registry.failed(hook, fault, machine, context.place)
      }
    }
    if wasWritten || isReplaced(answer),
      !cl_all_finite(rows.base, Int64(rows.count * rows.width))
    {
      answer = try registry.failed(
        hook, LuaError(.script, "on_layer hook wrote a value that is not finite"), machine,
        context.place)
    }
    return answer
  }

  private func isReplaced(_ answer: HookRegistry.Answer) -> Bool {
    if case .replace = answer { return true }
    return false
  }

  /// Copies what a hook returned; an error for another shape.
  private func replace(_ rows: ResidualRows, by value: LuaValue) -> LuaError? {
    guard let (base, shape) = value.elements, shape == (rows.count, rows.width) else {
      let given = value.elements.map { "[\($0.1.0), \($0.1.1)]" } ?? value.typeName
      return LuaError(
        .script,
        "on_layer hook returned shape \(given) (expected [\(rows.count), \(rows.width)])")
    }
    if base != UnsafePointer(rows.base) {
      rows.base.update(from: base, count: rows.count * rows.width)
    }
    return nil
  }
}

extension ResidualRows {
  /// A copy of the elements.
  fileprivate var values: [Float] {
    Array(UnsafeBufferPointer(start: base, count: count * width))
  }
}

extension LuaValue {
  /// First element and shape of a tensor or view.
  var elements: (UnsafePointer<Float>, (Int, Int))? {
    switch self {
    case .tensor(let tensor): (UnsafePointer(tensor.base), (tensor.rows, tensor.columns))
    case .view(let view): (UnsafePointer(view.base), (view.rows, view.columns))
    default: nil
    }
  }
}

/// What `on_layer` gets: one object, reused.
final class LayerContext: HostObject {
  static let luaName = "layer context"
  let row: Int
  var layer = LayerIndex.embedding
  var isPrefill = true
  var step = 0
  var positions = 0..<0
  var view: TensorView?
  private let state: () -> LuaReference

  init(row: Int, state: @escaping () -> LuaReference) {
    self.row = row
    self.state = state
  }

  static func declare(in type: ClassDeclaration<LayerContext>) {
    type.property("layer") { LuaValue($0.layer) }
    type.property("phase") { $0.isPrefill ? "prefill" : "decode" }
    type.property("step") { .integer($0.step) }
    type.property("row") { .integer($0.row) }
    type.property("positions") { .list($0.positions.map { .integer($0) }) }
    type.property("hidden") { context in context.view.map { .view($0) } ?? .nil }
    type.property("state") { .reference($0.state()) }
    type.text { "on_layer context: \($0.place)" }
  }

  /// Where the run stands, for messages.
  var place: String {
    let shape = view.map { ", hidden [\($0.rows), \($0.columns)]" } ?? ""
    return "layer \(layer), \(isPrefill ? "prefill" : "decode"), step \(step), row \(row)" + shape
  }
}

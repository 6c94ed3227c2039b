import CLuaShim
import Engine
import Kernels
import Tokens
import Transformer

/// The `on_layer` and `on_token` hooks of one call's sequences; each sequence keeps a table.
final class SequenceHooks: Intervention {
  let registry: HookRegistry
  let machine: LuaMachine
  let tokenizer: Tokenizer?
  private var states: [Int: LuaReference] = [:]

  init(_ registry: HookRegistry, _ machine: LuaMachine, tokenizer: Tokenizer?) {
    self.registry = registry
    self.machine = machine
    self.tokenizer = tokenizer
  }

  /// A recipe's hook may keep state, so every sequence is computed from its first token.
  var treatsPrefixesAlike: Bool { registry.hooks("on_layer").isEmpty }

  func hooks(for place: SequencePlace) -> [any ResidualHook] {
    states[place.row] = nil  // a new sequence begins
    return [ScriptedLayerHook(self, place)]
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

/// `on_layer`: shows a recipe's hooks the rows of one sequence.
private final class ScriptedLayerHook: ResidualHook {
  private let sequence: SequenceHooks
  private let place: SequencePlace
  private let context: LayerContext

  init(_ sequence: SequenceHooks, _ place: SequencePlace) {
    self.sequence = sequence
    self.place = place
    context = LayerContext(row: place.row) { sequence.state(of: place.row) }
  }

  func wants(_ site: Site) -> Bool {
    site.part == .residual && sequence.registry.acts(at: site.layer)
  }

  func visit(_ rows: ResidualRows, at site: Site) throws {
    let machine = sequence.machine
    context.layer = site.layer
    context.isPrefill = rows.firstPosition < place.prompt.count
    context.step = max(0, rows.firstPosition - (place.prompt.count - 1))
    context.positions = rows.firstPosition..<rows.firstPosition + rows.count
    let registry = sequence.registry
    for hook in registry.hooks("on_layer") where hook.layers.contains(site.layer) {
      // A hook that fails and is switched off must leave no half-written row behind.
      let saved = registry.onFailure == .disable ? rows.values : []
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
      if case .failed = answer { rows.base.update(from: saved, count: saved.count) }
      if case .skipOthers = answer { break }
    }
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

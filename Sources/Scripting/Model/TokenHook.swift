import CLuaShim
import Engine
import Kernels
import Tokens
import Transformer

/// `on_token`: shows a recipe's hooks the logits of one sequence before a token is drawn.
final class ScriptedTokenHook: LogitHook {
  private let sequence: SequenceHooks
  private let context: TokenContext

  init(_ sequence: SequenceHooks, _ row: Int) {
    self.sequence = sequence
    context = TokenContext(row: row, tokenizer: sequence.tokenizer) { sequence.state(of: row) }
  }

  func visit(
    _ logits: UnsafeMutableBufferPointer<Float>, _ state: GenerationState
  ) throws -> String? {
    guard let base = logits.baseAddress else { return nil }
    let machine = sequence.machine
    context.generation = state
    context.logits = logits
    context.stopReason = nil
    defer { context.logits = UnsafeMutableBufferPointer(start: nil, count: 0) }
    let registry = sequence.registry
    for hook in registry.hooks("on_token") where hook.isActive {
      let saved = registry.onFailure == .disable ? Array(logits) : []
      let scope = machine.openScope()
      context.view = TensorView(
        base: base, rows: 1, columns: logits.count, isVector: true, scope: scope)
      defer { machine.closeScope(scope) }
      var answer = try registry.call(
        hook, with: context, in: .token, machine, at: { context.place })
      if case .replace(let value) = answer, let fault = replace(logits, by: value) {
        answer = try registry.failed(hook, fault, machine, context.place)
      } else if let fault = fault(logits) {
        answer = try registry.failed(hook, fault, machine, context.place)
      }
      if case .failed = answer { base.update(from: saved, count: saved.count) }
      if case .skipOthers = answer { break }
    }
    return context.stopReason
  }

  /// Copies what a hook returned; an error for another shape.
  private func replace(
    _ logits: UnsafeMutableBufferPointer<Float>, by value: LuaValue
  ) -> LuaError? {
    guard let (source, shape) = value.elements, shape == (1, logits.count) else {
      return LuaError(
        .script, "on_token hook returned another shape (expected [\(logits.count)])")
    }
    if let base = logits.baseAddress, source != UnsafePointer(base) {
      base.update(from: source, count: logits.count)
    }
    return nil
  }

  /// Minus infinity forbids a token, but something must be left to draw.
  private func fault(_ logits: UnsafeMutableBufferPointer<Float>) -> LuaError? {
    var isDrawable = false
    for logit in logits {
      if logit.isNaN || logit == .infinity {
        return LuaError(.script, "on_token hook wrote a logit that is not finite")
      }
      isDrawable = isDrawable || logit > -.infinity
    }
    return isDrawable ? nil : LuaError(.script, "on_token hook forbade every token")
  }
}

/// What `on_token` gets: one object, reused.
final class TokenContext: HostObject {
  static let luaName = "token context"
  let row: Int
  var generation: GenerationState?
  var logits = UnsafeMutableBufferPointer<Float>(start: nil, count: 0)
  var view: TensorView?
  var stopReason: String?
  private let tokenizer: Tokenizer?
  private let state: () -> LuaReference

  init(row: Int, tokenizer: Tokenizer?, state: @escaping () -> LuaReference) {
    self.row = row
    self.tokenizer = tokenizer
    self.state = state
  }

  static func declare(in type: ClassDeclaration<TokenContext>) {
    type.property("step") { .integer($0.generation?.step ?? 0) }
    type.property("row") { .integer($0.row) }
    type.property("token") { context in
      context.generation?.tokens.last.map { .integer(Int($0)) } ?? .nil
    }
    type.property("text") { .string($0.generation?.text ?? "") }
    type.property("logits") { context in context.view.map { .view($0) } ?? .nil }
    type.property("state") { .reference($0.state()) }
    type.method("bias", in: .token) { context, call in
      let token = try context.token(call.argument(1, "token_or_text"))
      let delta = try call.argument(2, "delta").number()
      guard !delta.isNaN else { throw try call.argument(2, "delta").bad("a number expected") }
      context.logits[token] += Float(delta)
      return .nothing
    }
    type.method("top", in: .token) { context, call in
      try context.top(call.argument(1, "k").integer(in: 1...1000))
    }
    type.method("stop", in: .token) { context, call in
      context.stopReason = try call.argument(1, "reason").text(default: "hook")
      return .nothing
    }
    type.text { "on_token context: \($0.place)" }
  }

  var place: String { "step \(generation?.step ?? 0), row \(row)" }

  /// Throws where the context was kept from another call.
  private func checkLive() throws {
    guard logits.isEmpty else { return }
    throw LuaError(.script, "expired on_token context: it is valid only during its own hook")
  }

  /// A token id, given as such or as text that is one token.
  private func token(_ argument: Argument) throws -> Int {
    try checkLive()
    guard case .bytes = argument.value else {
      return try argument.integer(in: 0...max(0, logits.count - 1))
    }
    let ids = try tokenizer?.encode(argument.text(), special: true) ?? []
    guard ids.count == 1, logits.indices.contains(Int(ids[0])) else {
      throw argument.bad("text of one token expected, got \(ids.count) tokens; give an id")
    }
    return Int(ids[0])
  }

  private func top(_ count: Int) throws -> LuaValue {
    try checkLive()
    guard let base = logits.baseAddress else { return .nothing }
    let order = logits.indices
      .sorted { left, right in
        logits[left] != logits[right] ? logits[left] > logits[right] : left < right
      }
      .prefix(count)
    let total = Elementwise.logSumExp(base, count: logits.count)
    return .many([
      .list(order.map { .integer($0) }),
      .list(order.map { .number(ScalarMath.exponential(Double(logits[$0]) - total)) }),
    ])
  }
}

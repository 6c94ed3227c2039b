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
    for hook in sequence.registry.hooks("on_token") {
      let scope = machine.openScope()
      context.view = TensorView(
        base: base, rows: 1, columns: logits.count, isVector: true, scope: scope)
      defer { machine.closeScope(scope) }
      let answer = try sequence.registry.call(
        hook, with: context, in: .token, machine, at: { context.place })
      if case .replace(let value) = answer {
        guard let (source, shape) = value.elements, shape == (1, logits.count) else {
          throw LuaError(
            .script, "on_token hook returned another shape (expected [\(logits.count)])"
          )
          .adding(note: "in the on_token hook registered at \(hook.place), \(context.place)")
        }
        if source != UnsafePointer(base) { base.update(from: source, count: logits.count) }
      }
      try check(logits, hook)
      if case .skipOthers = answer { break }
    }
    return context.stopReason
  }

  /// Minus infinity forbids a token, but something must be left to draw.
  private func check(
    _ logits: UnsafeMutableBufferPointer<Float>, _ hook: HookRegistry.Hook
  ) throws {
    var isDrawable = false
    for logit in logits {
      if logit.isNaN || logit == .infinity {
        throw LuaError(.script, "on_token hook wrote a logit that is not finite")
          .adding(note: "in the on_token hook registered at \(hook.place), \(context.place)")
      }
      isDrawable = isDrawable || logit > -.infinity
    }
    guard isDrawable else {
      throw LuaError(.script, "on_token hook forbade every token")
        .adding(note: "in the on_token hook registered at \(hook.place), \(context.place)")
    }
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

  /// A token id, given as such or as text that is one token.
  private func token(_ argument: Argument) throws -> Int {
    guard case .bytes = argument.value else {
      return try argument.integer(in: 0...max(0, logits.count - 1))
    }
    let ids = try tokenizer?.encode(argument.text(), special: true) ?? []
    guard ids.count == 1, logits.indices.contains(Int(ids[0])) else {
      throw argument.bad("text of one token expected, got \(ids.count) tokens; give an id")
    }
    return Int(ids[0])
  }

  private func top(_ count: Int) -> LuaValue {
    guard let base = logits.baseAddress else { return .nothing }
    let order = logits.indices
      .sorted { left, right in
        logits[left] != logits[right] ? logits[left] > logits[right] : left < right
      }
      .prefix(count)
    let total = Elementwise.logSumExp(base, count: logits.count)
    return .many([
      .list(order.map { .integer($0) }),
      .list(order.map { .number(exponential(Double(logits[$0]) - total)) }),
    ])
  }
}

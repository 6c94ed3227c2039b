/// Renders a template once: statements are carried out, text is gathered.
final class Renderer {
  let template: Template
  let budget: Budget
  private let clock: Clock
  private var output = Text()
  private var depth = 0
  /// The line that is at work.
  var line = 1
  /// What macros and loops hold on to, emptied at the end so that no cycle stays in memory.
  private var held: [Scope] = []
  private var namespaces: [Namespace] = []
  private var loops: [LoopState] = []

  private enum Flow {
    case on
    /// `break`
    case leave
    /// `continue`
    case next
  }

  init(_ template: Template, _ limits: Limits, _ clock: Clock) {
    self.template = template
    self.clock = clock
    budget = Budget(limits)
  }

  /// - Throws: ``JinjaError`` with the line.
  func render(_ context: Scope) throws -> String {
    defer { close() }
    do {
      _ = try run(template.body, Scope(in: context))
    } catch var error as JinjaError {
      error.line = error.line ?? line
      throw error
    }
    return output.string
  }

  private func close() {
    for scope in held { scope.clear() }
    for namespace in namespaces { namespace.attributes = Dict() }
    for loop in loops { loop.close() }
  }

  // MARK: Statements

  private func run(_ body: [Statement], _ scope: Scope) throws -> Flow {
    try enter()
    defer { depth -= 1 }
    for statement in body {
      line = statement.line
      try budget.spend()
      let flow = try run(statement, scope)
      guard case .on = flow else { return flow }
    }
    return .on
  }

  private func run(_ statement: Statement, _ scope: Scope) throws -> Flow {
    switch statement.kind {
    case .text(let text): try write(text)
    case .output(let values):
      for value in values { try write(string(self.value(of: value, scope))) }
    case .assign(let target, let value):
      try assign(self.value(of: value, scope), to: target, scope)
    case .assignBlock(let target, let filters, let body):
      let text = try captured { _ = try run(body, Scope(in: scope)) }
      try assign(apply(filters, to: .string(text), scope), to: target, scope)
    case .branch(let branches, let otherwise):
      for (test, body) in branches where try value(of: test, scope).isTrue {
        return try run(body, scope)
      }
      return try run(otherwise, scope)
    case .loop(let loop):
      try run(loop, over: value(of: loop.values, scope), scope, level: 0)
    case .macro(let definition):
      try scope.set(definition.id, .macro(macro(definition, scope)))
    case .call(let definition, let base, let steps, let arguments):
      let function = try apply(steps, to: value(of: base, scope), scope)
      var call = try self.arguments(arguments, scope)
      call.keyword.append(("caller", .macro(try macro(definition, scope))))
      try write(string(self.call(function, call)))
    case .filter(let filters, let body):
      let text = try captured { _ = try run(body, Scope(in: scope)) }
      try write(string(apply(filters, to: .string(text), scope)))
    case .with(let values, let body):
      let inner = Scope(in: scope)
      for (target, value) in values {
        try assign(self.value(of: value, scope), to: target, inner)
      }
      return try run(body, inner)
    case .generation(let body): try write(string(call(Macro(body, scope), CallArguments())))
    case .leave: return .leave
    case .next: return .next
    }
    return .on
  }

  private func run(
    _ node: Statement.Loop, over values: Value, _ scope: Scope, level: Int
  ) throws {
    let loop = try state(of: node, over: values, scope, level: level)
    var isEmpty = true
    while let item = try loop.next() {
      isEmpty = false
      try budget.spend()
      let inner = Scope(in: scope)
      inner.set(template.loopName, .loop(loop))
      try assign(item, to: node.target, inner)
      let flow = try run(node.body, inner)
      if case .leave = flow { break }
    }
    loop.close()
    loops.removeLast()
    if isEmpty { _ = try run(node.otherwise, Scope(in: scope)) }
  }

  private func state(
    of node: Statement.Loop, over values: Value, _ scope: Scope, level: Int
  ) throws -> LoopState {
    let items = try Iterating.values(of: values, budget)
    var index = 0
    var count: Int? = items.count
    let condition = node.condition
    if condition != nil { count = nil }
    if case .iterator = values { count = nil }
    let loop = LoopState(
      level: level, depth: 1 + items.reduce(0) { max($0, $1.depth) }, count: count,
      again: node.isRecursive ? (node, scope) : nil
    ) { [unowned self] in
      while index < items.count {
        let item = items[index]
        index += 1
        guard let condition else { return item }
        try self.budget.spend()
        let inner = Scope(in: scope)
        try self.assign(item, to: node.target, inner)
        if try self.value(of: condition, inner).isTrue { return item }
      }
      return nil
    }
    try budget.check(depth: loop.depth)
    loops.append(loop)
    return loop
  }

  /// `loop(items)` in a recursive loop.
  func again(_ loop: LoopState, _ call: CallArguments) throws -> Value {
    guard let (node, scope) = loop.again else {
      throw JinjaError(
        .type, "The loop must have the 'recursive' marker to be called recursively.")
    }
    let items = try call.bound("loop", ["iterable"], required: 1)[0] ?? .none
    let line = line
    let text = try captured { try run(node, over: items, scope, level: loop.level + 1) }
    self.line = line
    return .string(text)
  }

  // MARK: Assignments

  private func assign(_ value: Value, to target: Target, _ scope: Scope) throws {
    switch target {
    case .name(let name): scope.set(name, value)
    case .attribute(let name, let attribute):
      guard case .namespace(let namespace)? = scope[name] else {
        throw JinjaError(.type, "cannot assign attribute on non-namespace object")
      }
      try namespace.attributes.set(.string(attribute), value, budget)
    case .tuple(let targets):
      let values = try Iterating.values(of: value, budget)
      guard values.count == targets.count else {
        throw JinjaError(
          .type,
          values.count > targets.count
            ? "too many values to unpack (expected \(targets.count))"
            : "not enough values to unpack (expected \(targets.count), got \(values.count))")
      }
      for (target, value) in zip(targets, values) { try assign(value, to: target, scope) }
    }
  }

  private func macro(_ definition: Statement.Definition, _ scope: Scope) throws -> Macro {
    var outer: Scope? = scope
    while let here = outer {
      try budget.spend()
      held.append(here)
      outer = here.parent
    }
    return Macro(definition, scope)
  }

  func makeNamespace() -> Namespace {
    let namespace = Namespace()
    namespaces.append(namespace)
    return namespace
  }

  // MARK: Output

  func write(_ text: Text) throws {
    try budget.allocate(text.bytes.count)
    output.append(text)
    guard output.bytes.count <= budget.limits.string else {
      throw JinjaError(
        .limit,
        "an output of more than \(budget.limits.string) bytes. Shorten the conversation.")
    }
  }

  /// What is written by some work, instead of writing it.
  func captured(_ work: () throws -> Void) throws -> Text {
    let outer = output
    output = Text()
    defer { output = outer }
    try work()
    return output
  }

  func now(_ format: Text) -> Text { clock.text(format) }

  // MARK: Depth

  func enter() throws {
    depth += 1
    guard depth <= budget.limits.depth else {
      throw JinjaError(
        .limit, "at work more than \(budget.limits.depth) deep. Is a macro calling itself?")
    }
  }

  func exit() { depth -= 1 }

  // MARK: Macros

  /// Calls a macro.
  func call(_ macro: Macro, _ call: CallArguments) throws -> Value {
    let definition = macro.definition
    let name = definition.name.map { "'\($0)'" } ?? "None"
    let scope = Scope(in: macro.scope)
    var keyword = call.keyword
    func take(_ name: String) -> Value? {
      guard let index = keyword.firstIndex(where: { $0.name == name }) else { return nil }
      return keyword.remove(at: index).value
    }
    let line = line
    for (index, parameter) in definition.parameters.enumerated() {
      if index < call.positional.count {
        scope.set(parameter.id, call.positional[index])
      } else if let value = take(parameter.name) {
        scope.set(parameter.id, value)
      } else if let fallback = parameter.fallback {
        scope.set(parameter.id, try value(of: fallback, scope))
      } else {
        scope.set(parameter.id, .missing("parameter '\(parameter.name)' was not provided"))
      }
    }
    if definition.mentions.contains("caller") {
      scope.set(template.callerName, take("caller") ?? .missing("No caller defined"))
    }
    if definition.mentions.contains("kwargs") {
      var rest = CallArguments()
      rest.keyword = keyword
      scope.set(template.kwargsName, .dict(try rest.keywords(budget)))
    } else if let extra = keyword.first {
      throw JinjaError(.type, "macro \(name) takes no keyword argument '\(extra.name)'")
    }
    let surplus = call.positional.dropFirst(definition.parameters.count)
    if definition.mentions.contains("varargs") {
      scope.set(template.varargsName, .list(try List(Array(surplus), .tuple, budget)))
    } else if !surplus.isEmpty {
      throw JinjaError(
        .type, "macro \(name) takes not more than \(definition.parameters.count) argument(s)")
    }
    let text = try captured { _ = try run(definition.body, scope) }
    self.line = line
    return .string(text)
  }
}

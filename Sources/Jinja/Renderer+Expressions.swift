extension Renderer {
  // MARK: Expressions

  func value(of expression: Expression, _ scope: Scope) throws -> Value {
    try budget.spend()
    switch expression {
    case .none: return .none
    case .bool(let value): return .bool(value)
    case .int(let value): return .int(value)
    case .float(let value): return .float(value)
    case .string(let text): return .string(text)
    case .name(let name): return variable(name, scope)
    default:
      try enter()
      defer { exit() }
      return try compound(expression, scope)
    }
  }

  private func variable(_ name: Int, _ scope: Scope) -> Value {
    if let value = scope[name] { return value }
    if let function = template.functions[name] { return .function(function) }
    return .missing("'\(template.names[name])' is undefined")
  }

  private func compound(_ expression: Expression, _ scope: Scope) throws -> Value {
    switch expression {
    case .postfix(let base, let steps):
      return try apply(steps, to: value(of: base, scope), scope)
    case .chain(let first, let links):
      let arithmetic = Arithmetic(budget: budget)
      var result = try value(of: first, scope)
      for (operation, operand) in links {
        result = try arithmetic.apply(operation, result, value(of: operand, scope))
      }
      return result
    case .concatenation(let items):
      return .string(
        try joined(items.map { try string(value(of: $0, scope)) }, by: Text()))
    case .comparison(let first, let links):
      return try compare(value(of: first, scope), links, scope)
    case .and(let items):
      return try logical(items, scope, stopsAt: false)
    case .or(let items):
      return try logical(items, scope, stopsAt: true)
    case .not(let operand): return .bool(try !value(of: operand, scope).isTrue)
    case .negative(let operand):
      return try Arithmetic(budget: budget).negated(value(of: operand, scope))
    case .positive(let operand):
      return try Arithmetic(budget: budget).positive(value(of: operand, scope))
    case .conditional(let test, let result, let other, let line):
      if try value(of: test, scope).isTrue { return try value(of: result, scope) }
      if let other { return try value(of: other, scope) }
      return .missing(
        "the inline if-expression on line \(line) evaluated to false and no else section was "
          + "defined.")
    case .list(let items):
      return .list(try List(items.map { try value(of: $0, scope) }, budget))
    case .tuple(let items):
      return .list(try List(items.map { try value(of: $0, scope) }, .tuple, budget))
    case .dict(let items):
      let dict = Dict()
      for (key, item) in items {
        let key = try value(of: key, scope)
        try dict.set(key, value(of: item, scope), budget)
      }
      return .dict(dict)
    default: return try value(of: expression, scope)
    }
  }

  private func logical(
    _ items: [Expression], _ scope: Scope, stopsAt truth: Bool
  ) throws -> Value {
    var result = Value.none
    for item in items {
      result = try value(of: item, scope)
      if result.isTrue == truth { break }
    }
    return result
  }

  private func compare(
    _ first: Value, _ links: [(Comparison, Expression)], _ scope: Scope
  ) throws -> Value {
    var left = first
    for (comparison, operand) in links {
      let right = try value(of: operand, scope)
      guard try Comparing.holds(comparison, left, right, budget) else { return .bool(false) }
      left = right
    }
    return .bool(true)
  }

  // MARK: What follows a value

  func apply(_ steps: [Postfix], to base: Value, _ scope: Scope) throws -> Value {
    var result = base
    for step in steps {
      try budget.spend()
      switch step {
      case .attribute(let name): result = try attribute(of: result, name)
      case .item(let index): result = try item(of: result, value(of: index, scope))
      case .slice(let start, let end, let step):
        result = try slice(
          result, start.map { try value(of: $0, scope) }, end.map { try value(of: $0, scope) },
          step.map { try value(of: $0, scope) })
      case .call(let call): result = try self.call(result, arguments(call, scope))
      case .filter(let name, let call):
        try budget.read(result)
        result = try filter(named: name)(self, result, arguments(call, scope))
      case .test(let name, let call, let isNegated):
        try budget.read(result)
        let holds = try check(named: name)(self, result, arguments(call, scope))
        result = .bool(holds != isNegated)
      }
    }
    return result
  }

  func filter(named name: String) throws -> Filter {
    if let filter = Filters.all[name] { return filter }
    let known = [
      "filesizeformat", "pprint", "random", "striptags", "urlize", "wordwrap", "xmlattr",
    ]
    throw known.contains(name)
      ? JinjaError(.unsupported, "the filter '\(name)' is not supported.")
      : JinjaError(.syntax, "No filter named '\(name)'.")
  }

  func check(named name: String) throws -> Check {
    guard let check = Checks.all[name] else {
      throw JinjaError(.syntax, "No test named '\(name)'.")
    }
    return check
  }

  func arguments(_ written: Arguments, _ scope: Scope) throws -> CallArguments {
    var call = CallArguments()
    call.positional = try written.positional.map { try value(of: $0, scope) }
    call.keyword = try written.keyword.map { ($0.name, try value(of: $0.value, scope)) }
    if let list = written.list {
      call.positional += try Iterating.values(of: value(of: list, scope), budget)
    }
    if let dictionary = written.dictionary {
      guard case .dict(let dict) = try value(of: dictionary, scope) else {
        throw JinjaError(.type, "argument after ** must be a mapping")
      }
      for (key, value) in zip(dict.keys, dict.values) {
        guard case .string(let name) = key else {
          throw JinjaError(.type, "keywords must be strings")
        }
        call.keyword.append((name.string, value))
      }
    }
    try budget.spend(call.positional.count + call.keyword.count)
    for value in call.positional { try budget.read(value) }
    for (_, value) in call.keyword { try budget.read(value) }
    return call
  }

  // MARK: Text

  /// What is written of a value.
  func string(_ value: Value) throws -> Text { try Writer.text(of: value, budget) }

  func joined(_ parts: [Text], by separator: Text) throws -> Text {
    try budget.allocate(separator.bytes.count, times: max(parts.count - 1, 0))
    var total = separator.bytes.count * max(parts.count - 1, 0)
    for part in parts {
      total += part.bytes.count
      guard total <= budget.limits.string else { break }
    }
    try budget.allocate(total)
    var text = Text()
    text.bytes.reserveCapacity(total)
    for (index, part) in parts.enumerated() {
      if index > 0 { text.append(separator) }
      text.append(part)
    }
    return text
  }
}

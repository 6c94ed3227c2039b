import APIReference

/// Statements.
extension SourceReader {
  func block() throws {
    try scope {
      while !isBlockEnd {
        let isLast = isSign("return")
        try nested { try statement() }
        if isLast { return }
      }
    }
  }

  private var isBlockEnd: Bool {
    switch token.kind {
    case .end: true
    case .sign(let sign): ["end", "else", "elseif", "until"].contains(sign)
    default: false
    }
  }

  private func statement() throws {
    guard case .sign(let sign) = token.kind else { return try expressionStatement() }
    switch sign {
    case ";", "break": advance()
    case "::":
      advance()
      _ = try name()
      try expect("::")
    case "goto":
      advance()
      _ = try name()
    case "if": try ifStatement()
    case "while":
      advance()
      _ = try expression()
      try expect("do")
      try block()
      try expect("end")
    case "do":
      advance()
      try block()
      try expect("end")
    case "for": try forStatement()
    case "repeat": try repeatStatement()
    case "function": try functionStatement()
    case "local":
      advance()
      try skip("function") ? localFunction() : localStatement()
    case "return":
      advance()
      if !isBlockEnd, !isSign(";") { _ = try expressions() }
      _ = skip(";")
    default: try expressionStatement()
    }
  }

  private func ifStatement() throws {
    repeat {
      advance()  // if, elseif
      _ = try expression()
      try expect("then")
      try block()
    } while isSign("elseif")
    if skip("else") { try block() }
    try expect("end")
  }

  private func forStatement() throws {
    advance()
    var variables = [try name()]
    if skip("=") {
      _ = try expressions()
      try expect("do")
      try scope {
        declare(variables[0], Shape(types: [.named("number")]))
        try block()
      }
    } else {
      while skip(",") { variables.append(try name()) }
      try expect("in")
      let iterator = try expressions().first ?? .unknown
      try expect("do")
      try scope {
        for (index, variable) in variables.enumerated() {
          declare(variable, loopVariable(index, iterator))
        }
        try block()
      }
    }
    try expect("end")
  }

  /// What a loop gives its variables, as far as an iterator of the host says so.
  private func loopVariable(_ index: Int, _ iterator: Shape) -> Shape {
    for type in iterator.types ?? [] {
      if case .function(_, let returns) = type, index < returns.count {
        return .of(returns[index], api)
      }
      for name in iterator.classes(api) where index == 0 {
        if let call = api.type(name)?.operators.first(where: { $0.name == "call" }) {
          return .of(call.result, api)
        }
      }
    }
    return .unknown
  }

  private func repeatStatement() throws {
    advance()
    try scope {
      while !isBlockEnd { try nested { try statement() } }
      try expect("until")
      _ = try expression()  // sees the block's variables
    }
  }

  private func functionStatement() throws {
    let line = token.line
    advance()
    let first = try name()
    var path = variablePath(first)
    var isField = false
    var isMethod = false
    while isSign(".") || isSign(":") {
      isMethod = isSign(":")
      advance()
      let field = try name()
      path = path.map { $0 + "." + field }
      isField = true
    }
    if isField {
      _ = variable(first, line: line)
      if let path { addField(path, line: line) }
    } else {
      assign(to: first, line: line)
    }
    try functionBody(isMethod: isMethod)
  }

  /// The name of one of the host's or Lua's tables; nil for the recipe's own.
  private func variablePath(_ name: String) -> String? {
    if let local = local(name) { return local.shape.path }
    return name == "cast" || names.globals.contains(name) ? name : nil
  }

  private func localFunction() throws {
    let variable = try name()
    let id = declare(variable)
    try functionBody(expecting: expected[id])
  }

  private func localStatement() throws {
    var variables: [String] = []
    repeat {
      variables.append(try name())
      if skip("<") {
        _ = try name()
        try expect(">")
      }
    } while skip(",")
    var shapes: [Shape] = []
    if skip("=") { shapes = try expressions() }
    let values = spread(shapes, over: variables.count)
    for (variable, value) in zip(variables, values) { declare(variable, value) }
  }

  /// The values of variables: the last expression may give several.
  private func spread(_ shapes: [Shape], over count: Int) -> [Shape] {
    var values = shapes.prefix(count).map { $0 }
    let last = shapes.last ?? .unknown
    while values.count < count {
      let index = values.count - shapes.count + 1
      let isGiven = index < last.results.count && !shapes.isEmpty
      values.append(isGiven ? .of(last.results[index], api) : .unknown)
    }
    return values
  }

  // MARK: Calls and assignments

  private func expressionStatement() throws {
    var targets: [Target] = []
    repeat {
      let target = try suffixed()
      targets.append(target)
    } while skip(",")
    guard skip("=") else { return }
    for target in targets { assign(to: target) }
    _ = try expressions()
  }

  private func assign(to target: Target) {
    switch target {
    case .variable(let name, let line): assign(to: name, line: line)
    case .field(let object, let name, let line):
      if object.path == "_G" { return assignGlobalField(name) }
      if let path = object.path { return addField(path + "." + name, line: line) }
      if object.declaredOptions != nil, isSurvey { findings.fieldsAdded.insert(name) }
      checkSettable(object, name, line: line)
    case .value: break
    }
  }

  private func assign(to name: String, line: Int) {
    if let local = local(name) {
      changed.insert(local.id)
    } else {
      assignGlobal(name, line: line)
    }
  }

  private func assignGlobalField(_ name: String) {
    if isSurvey { findings.globalsDeclared.insert(name) }
  }

  /// A field of a table that is not the recipe's own.
  private func addField(_ path: String, line: Int) {
    if path == "cast" || path.hasPrefix("cast.") {
      let module = path.split(separator: ".").dropLast().joined(separator: ".")
      report(
        .error, .unknownName,
        "\(module) is read-only: '\(path.split(separator: ".").last ?? "")' cannot be set",
        line: line)
    } else if isSurvey {
      findings.fieldsAdded.insert(path)
    }
  }

  private func checkSettable(_ object: Shape, _ name: String, line: Int) {
    for type in object.classes(api)
    where !api.methods(of: type).isEmpty || type.hasSuffix("Context") {
      let field = api.fields(of: type).first { $0.name == name }
      if let field, field.isSettable { return }
      let what = field == nil ? "has no field '\(name)'" : "does not let '\(name)' be set"
      report(.error, .unknownName, "\(type) \(what)", line: line)
    }
  }
}

extension Parser {
  // MARK: Expressions

  /// One expression, or several with commas between them up to a name that ends them.
  ///
  /// In parentheses there may be none.
  mutating func tuple(
    conditional: Bool = true, until ending: String? = nil, isInParentheses: Bool = false
  ) throws -> Expression {
    var items: [Expression] = []
    var isTuple = false
    while true {
      if !items.isEmpty { try expect(",") }
      if isTupleEnd(ending) { break }
      items.append(try expression(conditional: conditional))
      guard isSymbol(",") else { break }
      isTuple = true
    }
    if !isTuple, let item = items.first { return item }
    guard isTuple || isInParentheses else { throw fault("an expression") }
    return .tuple(items)
  }

  /// One expression.
  mutating func expression(conditional: Bool = true) throws -> Expression {
    try enter()
    defer { leave() }
    var value = try binary(.or)
    guard conditional else { return value }
    var links = 0
    while isName("if") {
      let line = token.line
      advance()
      let test = try binary(.or)
      let other = skipName("else") ? try expression() : nil
      value = .conditional(test: test, value: value, other: other, line: line)
      // `a if b if c` nests to the left.
      links += 1
      if links > 20 { throw JinjaError(.limit, "more than 20 'if' in a row.", line: line) }
    }
    return value
  }

  /// Operators from the loosest to the tightest.
  enum Level: Int {
    case or
    case and
    case not
    case comparison
    case sum
    case concatenation
    case product
    case power
    case unary

    var tighter: Level { Level(rawValue: rawValue + 1) ?? .unary }
  }

  /// Operators that bind at least as tightly as a level.
  private mutating func binary(_ level: Level) throws -> Expression {
    // After `not a` only `and` and `or` can follow.
    let isNegation = level.rawValue <= Level.not.rawValue && isName("not")
    var left = isNegation ? try negation() : try unary(readsFilters: true)
    var tightest = isNegation ? Level.and : Level.power
    while let found = operatorLevel, found.rawValue >= level.rawValue,
      found.rawValue <= tightest.rawValue
    {
      tightest = found
      left = try chain(from: left, found)
    }
    return left
  }

  private mutating func negation() throws -> Expression {
    try enter()
    defer { leave() }
    try expectName("not")
    return .not(isName("not") ? try negation() : try binary(.comparison))
  }

  /// All operators of one level that follow.
  private mutating func chain(from first: Expression, _ level: Level) throws -> Expression {
    func isThis(_ parser: Parser) -> Bool { parser.operatorLevel == level }
    switch level {
    case .or, .and:
      var items = [first]
      while isThis(self) {
        advance()
        items.append(try binary(level.tighter))
      }
      return level == .or ? .or(items) : .and(items)
    case .comparison:
      var links: [(Comparison, Expression)] = []
      while isThis(self) {
        let comparison = comparison
        advance()
        if comparison == .notContained { advance() }
        links.append((comparison, try binary(.sum)))
      }
      return .comparison(first, links)
    case .concatenation:
      var items = [first]
      while isThis(self) {
        advance()
        items.append(try binary(level.tighter))
      }
      return .concatenation(items)
    default:
      var links: [(Operator, Expression)] = []
      while isThis(self), case .symbol(let symbol) = token.kind,
        let operation = Operator(rawValue: symbol)
      {
        advance()
        links.append((operation, try binary(level.tighter)))
      }
      return .chain(first, links)
    }
  }

  /// The level of the operator that comes next, if one does.
  private var operatorLevel: Level? {
    switch token.kind {
    case .name("or"): .or
    case .name("and"): .and
    case .name("in"): .comparison
    case .name("not"): isFollowed(by: .name("in")) ? .comparison : nil
    case .symbol(let symbol):
      switch symbol {
      case "==", "!=", "<", "<=", ">", ">=": .comparison
      case "+", "-": .sum
      case "~": .concatenation
      case "*", "/", "//", "%": .product
      case "**": .power
      default: nil
      }
    default: nil
    }
  }

  private var comparison: Comparison {
    switch token.kind {
    case .symbol(let symbol): Comparison(rawValue: symbol) ?? .equal
    case .name("not"): .notContained
    default: .contained
    }
  }

  private mutating func unary(readsFilters: Bool) throws -> Expression {
    var value: Expression
    if isSymbol("-") || isSymbol("+") {
      try enter()
      defer { leave() }
      let isNegative = isSymbol("-")
      advance()
      let operand = try unary(readsFilters: false)
      value = isNegative ? .negative(operand) : .positive(operand)
    } else {
      value = try primary()
    }
    var steps: [Postfix] = []
    try subscripts(&steps)
    if readsFilters { try filtersAndTests(&steps) }
    if !steps.isEmpty { value = .postfix(value, steps) }
    return value
  }

  private mutating func primary() throws -> Expression {
    switch token.kind {
    case .name(let name):
      advance()
      return switch name {
      case "true", "True": .bool(true)
      case "false", "False": .bool(false)
      case "none", "None": .none
      default: .name(mention(name))
      }
    case .string(var text):
      advance()
      while case .string(let next) = token.kind {
        text.append(next)
        advance()
      }
      return .string(text)
    case .integer(let value):
      advance()
      return .int(value)
    case .float(let value):
      advance()
      return .float(value)
    case .symbol("("):
      advance()
      try enter()
      defer { leave() }
      let value = try tuple(isInParentheses: true)
      try expect(")")
      return value
    case .symbol("["):
      advance()
      var items: [Expression] = []
      while !isSymbol("]") {
        if !items.isEmpty { try expect(",") }
        if isSymbol("]") { break }
        items.append(try expression())
      }
      try expect("]")
      return .list(items)
    case .symbol("{"): return try dictionary()
    default: throw fault("an expression")
    }
  }

  private mutating func dictionary() throws -> Expression {
    try expect("{")
    var items: [(key: Expression, value: Expression)] = []
    while !isSymbol("}") {
      if !items.isEmpty { try expect(",") }
      if isSymbol("}") { break }
      let key = try expression()
      try expect(":")
      items.append((key, try expression()))
    }
    try expect("}")
    return .dict(items)
  }

  // MARK: What follows a value

  private mutating func subscripts(_ steps: inout [Postfix]) throws {
    while true {
      if skip(".") {
        switch token.kind {
        case .name(let name): steps.append(.attribute(Text(name)))
        case .integer(let index): steps.append(.item(.int(index)))
        default: throw fault("a name or number")
        }
        advance()
      } else if skip("[") {
        steps.append(try item())
      } else if isSymbol("(") {
        steps.append(.call(try arguments()))
      } else {
        return
      }
    }
  }

  private mutating func item() throws -> Postfix {
    var items: [Expression] = []
    while true {
      if isSymbol(":") {
        guard items.isEmpty else { throw fault("an index") }
        return try slice(from: nil)
      }
      if isSymbol("]"), items.isEmpty { throw fault("an index") }
      if isSymbol("]") { break }
      let value = try expression()
      if items.isEmpty, isSymbol(":") { return try slice(from: value) }
      items.append(value)
      guard isSymbol(",") else { break }
      advance()
    }
    try expect("]")
    return .item(items.count == 1 ? items[0] : .tuple(items))
  }

  private mutating func slice(from start: Expression?) throws -> Postfix {
    try expect(":")
    let end = isSymbol(":") || isSymbol("]") ? nil : try expression()
    let step = skip(":") && !isSymbol("]") ? try expression() : nil
    try expect("]")
    return .slice(start, end, step)
  }

  private mutating func filtersAndTests(_ steps: inout [Postfix]) throws {
    while true {
      if isSymbol("|") {
        steps += try filters(isInline: false, most: 1)
      } else if isName("is") {
        steps.append(try test())
      } else if isSymbol("(") {
        steps.append(.call(try arguments()))
      } else {
        return
      }
    }
  }

  /// `| name(arguments)`, any number of them; the first one has no `|` where it is inline.
  mutating func filters(isInline: Bool = false, most: Int = .max) throws -> [Postfix] {
    var filters: [Postfix] = []
    var isInline = isInline
    if isInline { advance() }
    while filters.count < most, isInline || skip("|") {
      isInline = false
      let name = try dottedName()
      filters.append(.filter(name, isSymbol("(") ? try arguments() : Arguments()))
    }
    return filters
  }

  private mutating func test() throws -> Postfix {
    try expectName("is")
    let isNegated = skipName("not")
    let name = try dottedName()
    var arguments = Arguments()
    switch token.kind {
    case .symbol("("): arguments = try self.arguments()
    case .name("else"), .name("or"), .name("and"): break
    case .name("is"):
      throw JinjaError(.syntax, "tests cannot be chained with 'is'.", line: token.line)
    case .name, .string, .integer, .float, .symbol("["), .symbol("{"):
      try enter()
      defer { leave() }
      let value = try primary()
      var steps: [Postfix] = []
      try subscripts(&steps)
      arguments.positional = [steps.isEmpty ? value : .postfix(value, steps)]
    default: break
    }
    return .test(name, arguments, isNegated: isNegated)
  }

  private mutating func dottedName() throws -> String {
    var name = try expectName()
    while skip(".") { name += "." + (try expectName()) }
    return name
  }

  private mutating func arguments() throws -> Arguments {
    try expect("(")
    var arguments = Arguments()
    func invalid() -> JinjaError {
      JinjaError(.syntax, "the arguments of a call are in the wrong order.", line: token.line)
    }
    var isFirst = true
    while !isSymbol(")") {
      if !isFirst {
        try expect(",")
        if isSymbol(")") { break }
      }
      isFirst = false
      if skip("*") {
        guard arguments.list == nil, arguments.dictionary == nil else { throw invalid() }
        arguments.list = try expression()
      } else if skip("**") {
        guard arguments.dictionary == nil else { throw invalid() }
        arguments.dictionary = try expression()
      } else if case .name(let name) = token.kind, isFollowed(by: .symbol("=")) {
        guard arguments.dictionary == nil else { throw invalid() }
        advance()
        advance()
        arguments.keyword.append((name, try expression()))
      } else {
        guard arguments.list == nil, arguments.dictionary == nil, arguments.keyword.isEmpty else {
          throw invalid()
        }
        arguments.positional.append(try expression())
      }
    }
    try expect(")")
    return arguments
  }
}

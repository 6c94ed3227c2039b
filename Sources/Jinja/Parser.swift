/// Makes a tree of a template's source; here the statements.
struct Parser {
  private let tokens: [Token]
  private var at = 0
  private(set) var names: [String] = []
  private var ids: [String: Int] = [:]
  private let deepest: Int
  private var depth = 0
  /// How many loops are open in the innermost macro.
  private var loops = 0
  /// Names that the macros that are open mention, innermost last.
  private var mentions: [Set<String>] = []

  /// - Throws: ``JinjaError`` with code `syntax` or `limit`.
  init(_ source: String, _ limits: Limits) throws {
    guard source.utf8.count <= limits.source else {
      throw JinjaError(.limit, "the template has more than \(limits.source) bytes.")
    }
    deepest = limits.nesting
    tokens = try Lexer.tokens(of: source)
  }

  /// The whole template.
  mutating func template() throws -> [Statement] {
    try statements(until: []).body
  }

  // MARK: Statements

  /// Statements up to one of some tags, the tag's name consumed.
  private mutating func statements(
    until endings: [String]
  ) throws -> (body: [Statement], ending: String) {
    try enter()
    defer { depth -= 1 }
    let opening = token.line
    var body: [Statement] = []
    while true {
      let line = token.line
      switch token.kind {
      case .data(let text):
        at += 1
        body.append(Statement(kind: .text(text), line: line))
      case .outputBegin:
        at += 1
        body.append(Statement(kind: .output([try tuple()]), line: line))
        try expect(.outputEnd)
      case .blockBegin:
        at += 1
        if let ending = endings.first(where: { isName($0) }) {
          at += 1
          return (body, ending)
        }
        body.append(Statement(kind: try statement(), line: line))
        try expect(.blockEnd)
      default:
        guard endings.isEmpty else {
          throw JinjaError(
            .syntax, "the template ends too early (expected {% \(endings[endings.count - 1]) %}).",
            line: opening)
        }
        return (body, "")
      }
    }
  }

  private mutating func body(until endings: String...) throws -> (body: [Statement], ending: String)
  {
    _ = skip(":")
    try expect(.blockEnd)
    return try statements(until: endings)
  }

  private mutating func statement() throws -> Statement.Kind {
    guard case .name(let name) = token.kind else { throw fault("a statement's name") }
    at += 1
    switch name {
    case "for": return try loop()
    case "if": return try branch()
    case "set": return try assignment()
    case "macro": return try macro()
    case "call": return try callBlock()
    case "filter":
      at -= 1
      let filters = try filters(isInline: true)
      return .filter(filters, try body(until: "endfilter").body)
    case "with": return try with()
    case "generation": return .generation(try definition(nil, [], until: "endgeneration"))
    case "print":
      var values: [Expression] = []
      while token.kind != .blockEnd {
        if !values.isEmpty { try expect(",") }
        values.append(try expression())
      }
      return .output(values)
    case "break", "continue":
      guard loops > 0 else {
        throw JinjaError(.syntax, "'\(name)' stands outside of a loop.", line: token.line)
      }
      return name == "break" ? .leave : .next
    case "block", "extends", "include", "import", "from", "autoescape":
      throw JinjaError(
        .unsupported, "the statement '\(name)' is not supported; chat templates stand alone.",
        line: token.line)
    default: throw JinjaError(.syntax, "unknown statement '\(name)'.", line: token.line)
    }
  }

  /// Parses what a loop around it cannot be left from.
  private mutating func isolated<T>(_ parse: (inout Parser) throws -> T) rethrows -> T {
    let outer = loops
    loops = 0
    defer { loops = outer }
    return try parse(&self)
  }

  private mutating func loop() throws -> Statement.Kind {
    let target = try target(allowsAttributes: false, until: "in")
    try expectName("in")
    let values = try tuple(conditional: false, until: "recursive")
    let condition = skipName("if") ? try expression() : nil
    let isRecursive = skipName("recursive")
    loops += 1
    let inner = try body(until: "endfor", "else")
    loops -= 1
    let otherwise = inner.ending == "else" ? try body(until: "endfor").body : []
    return .loop(
      Statement.Loop(
        target, in: values, if: condition, isRecursive: isRecursive, inner.body, else: otherwise))
  }

  private mutating func branch() throws -> Statement.Kind {
    var branches: [(test: Expression, body: [Statement])] = []
    while true {
      let test = try tuple(conditional: false)
      let inner = try body(until: "elif", "else", "endif")
      branches.append((test, inner.body))
      switch inner.ending {
      case "elif": continue
      case "else": return .branch(branches, otherwise: try body(until: "endif").body)
      default: return .branch(branches, otherwise: [])
      }
    }
  }

  private mutating func assignment() throws -> Statement.Kind {
    let target = try target(allowsAttributes: true)
    if skip("=") { return .assign(target, try tuple()) }
    let filters = try filters()
    return .assignBlock(target, filters, try body(until: "endset").body)
  }

  private mutating func with() throws -> Statement.Kind {
    var values: [(Target, Expression)] = []
    while token.kind != .blockEnd {
      if !values.isEmpty { try expect(",") }
      let target = try target(allowsAttributes: false)
      try expect("=")
      values.append((target, try expression()))
    }
    return .with(values, try body(until: "endwith").body)
  }

  // MARK: Macros

  private mutating func macro() throws -> Statement.Kind {
    let name = try expectName()
    let parameters = try parameters()
    return .macro(try definition(name, parameters, until: "endmacro"))
  }

  private mutating func callBlock() throws -> Statement.Kind {
    let parameters = isSymbol("(") ? try parameters() : []
    let line = token.line
    guard case .postfix(let base, var steps) = try expression(),
      case .call(let arguments) = steps.popLast()
    else { throw JinjaError(.syntax, "a call block calls nothing (expected m(…)).", line: line) }
    return .call(try definition(nil, parameters, until: "endcall"), base, steps, arguments)
  }

  private mutating func definition(
    _ name: String?, _ parameters: [(id: Int, name: String, fallback: Expression?)],
    until ending: String
  ) throws -> Statement.Definition {
    mentions.append([])
    let body = try isolated { try $0.body(until: ending).body }
    let mentioned = mentions.removeLast()
    if !mentions.isEmpty { mentions[mentions.count - 1].formUnion(mentioned) }
    return Statement.Definition(
      name: name, id: id(of: name ?? "caller"), parameters, body,
      mentions: mentioned.subtracting(parameters.map(\.name)))
  }

  private mutating func parameters() throws -> [(id: Int, name: String, fallback: Expression?)] {
    try expect("(")
    var parameters: [(id: Int, name: String, fallback: Expression?)] = []
    while !isSymbol(")") {
      if !parameters.isEmpty { try expect(",") }
      let name = try expectName()
      let fallback = skip("=") ? try expression() : nil
      if fallback == nil, parameters.last?.fallback != nil {
        throw JinjaError(
          .syntax, "the parameter '\(name)' needs a default, as those before it have.",
          line: token.line)
      }
      parameters.append((id(of: name), name, fallback))
    }
    try expect(")")
    return parameters
  }

  // MARK: Targets

  private mutating func target(
    allowsAttributes: Bool, until ending: String? = nil
  ) throws -> Target {
    var targets: [Target] = []
    var isTuple = false
    while true {
      if !targets.isEmpty { try expect(",") }
      if isTupleEnd(ending) { break }
      targets.append(try singleTarget(allowsAttributes))
      guard isSymbol(",") else { break }
      isTuple = true
    }
    if !isTuple {
      guard let target = targets.first else { throw fault("a name to assign to") }
      return target
    }
    return .tuple(targets)
  }

  private mutating func singleTarget(_ allowsAttributes: Bool) throws -> Target {
    if skip("(") {
      try enter()
      defer { depth -= 1 }
      let target = try target(allowsAttributes: false)
      try expect(")")
      return target
    }
    let name = try expectName()
    if ["true", "false", "none", "True", "False", "None"].contains(name) {
      throw JinjaError(.syntax, "nothing can be assigned to '\(name)'.", line: token.line)
    }
    guard allowsAttributes, skip(".") else { return .name(id(of: name)) }
    return .attribute(id(of: name), Text(try expectName()))
  }

  // MARK: Tokens

  var token: Token { tokens[min(at, tokens.count - 1)] }

  mutating func advance() { at += 1 }

  func isSymbol(_ symbol: String) -> Bool { token.kind == .symbol(symbol) }

  func isName(_ name: String) -> Bool { token.kind == .name(name) }

  /// Whether the token after this one is a certain one.
  func isFollowed(by kind: Token.Kind) -> Bool {
    at + 1 < tokens.count && tokens[at + 1].kind == kind
  }

  mutating func skip(_ symbol: String) -> Bool {
    guard isSymbol(symbol) else { return false }
    at += 1
    return true
  }

  mutating func skipName(_ name: String) -> Bool {
    guard isName(name) else { return false }
    at += 1
    return true
  }

  mutating func expect(_ symbol: String) throws {
    guard skip(symbol) else { throw fault("'\(symbol)'") }
  }

  mutating func expect(_ kind: Token.Kind) throws {
    guard token.kind == kind else { throw fault("'\(Token(kind: kind, line: 0).text)'") }
    at += 1
  }

  mutating func expectName(_ name: String) throws {
    guard skipName(name) else { throw fault("'\(name)'") }
  }

  mutating func expectName() throws -> String {
    guard case .name(let name) = token.kind else { throw fault("a name") }
    at += 1
    return name
  }

  func isTupleEnd(_ ending: String?) -> Bool {
    switch token.kind {
    case .outputEnd, .blockEnd: true
    case .symbol(")"): true
    case .name(let name): name == ending
    default: false
    }
  }

  func fault(_ expected: String) -> JinjaError {
    JinjaError(.syntax, "unexpected '\(token.text)' (expected \(expected)).", line: token.line)
  }

  mutating func enter() throws {
    depth += 1
    guard depth <= deepest else {
      throw JinjaError(.limit, "nested more than \(deepest) deep.", line: token.line)
    }
  }

  mutating func leave() { depth -= 1 }

  /// The number of a name.
  mutating func id(of name: String) -> Int {
    if let id = ids[name] { return id }
    names.append(name)
    ids[name] = names.count - 1
    return names.count - 1
  }

  /// The number of a name that a value is asked of.
  mutating func mention(_ name: String) -> Int {
    if !mentions.isEmpty, ["caller", "varargs", "kwargs"].contains(name) {
      mentions[mentions.count - 1].insert(name)
    }
    return id(of: name)
  }
}

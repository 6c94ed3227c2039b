import APIReference

/// Reads one Lua file as the compiler does, front to back, and follows what is known of its values.
///
/// Works on a file that Lua has compiled. It is gone through twice: first for what a single look
/// cannot know (which local variables change, what is required), then for what is wrong.
final class SourceReader {
  /// Why the reading ends early.
  enum Surrender: Error {
    /// A construct that this reader does not know.
    case unknown(line: Int)
    /// Nested more deeply than any person writes.
    case depth(line: Int)
  }

  /// A local variable.
  struct Local {
    var name: String
    var id: Int
    var shape: Shape
  }

  /// A function that is being read.
  struct FunctionBody {
    /// The hook that it is; nil for any other function.
    var hook: API.Place?
  }

  let api: API
  let names: SandboxNames
  let findings: Findings
  /// The file, as messages show it.
  let file: String
  /// The folder of the recipe, absolute.
  let folder: String

  private var lexer: LuaLexer
  private(set) var token: LuaToken
  private(set) var ahead: LuaToken
  private var locals: [Local] = []
  /// Places in `locals` of the variables of a name, the innermost last.
  private var localsByName: [String: [Int]] = [:]
  var functions: [FunctionBody] = []
  private var nextLocal = 0
  private var nesting = 0

  /// Whether this is the first time through.
  let isSurvey: Bool
  /// Local variables that are assigned to after their declaration.
  var changed: Set<Int> = []
  /// What functions are taken for that are given to the host by name.
  var expected: [Int: LuaType] = [:]
  /// Modules that are required, with the line.
  var required: [(name: String, line: Int)] = []

  static let deepest = 400

  init(
    _ bytes: [UInt8], file: String, folder: String, api: API, names: SandboxNames,
    findings: Findings, after survey: SourceReader? = nil
  ) {
    self.api = api
    self.names = names
    self.findings = findings
    self.file = file
    self.folder = folder
    lexer = LuaLexer(bytes)
    token = lexer.next()
    ahead = lexer.next()
    isSurvey = survey == nil
    changed = survey?.changed ?? []
    expected = survey?.expected ?? [:]
  }

  /// Reads the file.
  func read() {
    do {
      try block()
      guard token.kind == .end else { throw Surrender.unknown(line: token.line) }
    } catch {
      let (line, why) =
        switch error as? Surrender {
        case .depth(let line)?: (line, "it is nested too deeply")
        case .unknown(let line)?: (line, "the text has a form that it does not know")
        case nil: (token.line, "\(error)")
        }
      report(.warning, .unchecked, "the check ends here: \(why)", line: line)
    }
  }

  // MARK: Tokens

  func advance() {
    token = ahead
    ahead = lexer.next()
  }

  func isSign(_ sign: String) -> Bool { token.kind == .sign(sign) }

  /// Whether a sign comes next; it is read if so.
  func skip(_ sign: String) -> Bool {
    guard isSign(sign) else { return false }
    advance()
    return true
  }

  func expect(_ sign: String) throws {
    guard skip(sign) else { throw Surrender.unknown(line: token.line) }
  }

  func name() throws -> String {
    guard case .name(let name) = token.kind else { throw Surrender.unknown(line: token.line) }
    advance()
    return name
  }

  /// Runs `body` one level deeper.
  func nested<Result>(_ body: () throws -> Result) throws -> Result {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting < SourceReader.deepest else { throw Surrender.depth(line: token.line) }
    return try body()
  }

  // MARK: Problems

  func report(
    _ severity: RecipeReport.Severity, _ kind: RecipeReport.Kind,
    _ message: @autoclosure () -> String, line: Int
  ) {
    // A hint takes a while: a hostile file may have a million reasons for one.
    guard !isSurvey, !findings.isFull(severity) else { return }
    findings.add(severity, kind, message(), file: file, line: line)
  }

  // MARK: Variables

  @discardableResult
  func declare(_ name: String, _ shape: Shape = .unknown) -> Int {
    let id = nextLocal
    nextLocal += 1
    var shape = changed.contains(id) ? .unknown : shape.single
    shape.local = id
    localsByName[name, default: []].append(locals.count)
    locals.append(Local(name: name, id: id, shape: shape))
    return id
  }

  func local(_ name: String) -> Local? { localsByName[name]?.last.map { locals[$0] } }

  /// Runs `body` and forgets the local variables that it declared.
  func scope(_ body: () throws -> Void) rethrows {
    let count = locals.count
    defer {
      while locals.count > count {
        let name = locals.removeLast().name
        localsByName[name]?.removeLast()
      }
    }
    try body()
  }

  /// The hook whose own lines these are; nil in functions inside it and everywhere else.
  var place: API.Place? { functions.isEmpty ? .load : functions.last?.hook }

  /// What a variable is; a global one is remembered as read.
  func variable(_ name: String, line: Int) -> Shape {
    if var shape = local(name)?.shape {
      shape.line = line
      return shape
    }
    if local("_ENV") != nil { return .unknown }
    var shape = Shape(line: line)
    if name == "cast" || names.globals.contains(name) {
      if !findings.globalsDeclared.contains(name) || name == "cast" { shape.path = name }
      return shape
    }
    if !isSurvey, findings.globalsRead[name] == nil {
      findings.globalsRead[name] = (file, line, localHint(name, findings.globalsRead.count))
    }
    return shape
  }

  /// Remembers that a global variable is assigned.
  func assignGlobal(_ name: String, line: Int) {
    guard local("_ENV") == nil, isSurvey else { return }
    if functions.isEmpty {
      if !names.globals.contains(name), findings.globalsAtTop[name] == nil {
        findings.globalsAtTop[name] = (file, line)
      }
      findings.globalsDeclared.insert(name)
    } else if names.globals.contains(name) {
      findings.globalsDeclared.insert(name)
    } else if findings.globalsAssigned[name] == nil {
      findings.globalsAssigned[name] = (file, line, localHint(name, findings.globalsAssigned.count))
    }
  }

  /// A local variable in sight that is spelt almost alike; not looked for when many were.
  private func localHint(_ name: String, _ others: Int) -> String {
    others < Findings.most ? NearestName.hint(for: name, among: locals.suffix(200).map(\.name)) : ""
  }
}

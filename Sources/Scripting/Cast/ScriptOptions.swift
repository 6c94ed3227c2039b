import APIReference

/// The options that a recipe declares with `cast.options`, and the arguments that fill them.
struct ScriptOptions {
  /// One declared option.
  struct Declaration {
    var name: String
    var fallback: LuaValue
    var about = ""
    var minimum: Double?
    var maximum: Double?
    var choices: [String] = []

    /// What the option takes, for the help.
    var kind: String {
      switch fallback {
      case .boolean: "yes or no"
      case .integer: "integer"
      case .number: "number"
      case .table: "list, separated by commas"
      default: choices.isEmpty ? "text" : choices.joined(separator: " | ")
      }
    }
  }

  /// Longest value, in bytes.
  static let longest = 1 << 20

  let declarations: [Declaration]

  // MARK: Declaring

  /// Reads `{ scale = {4.0, "what it is", min = 0}, quiet = false, … }`.
  ///
  /// - Throws: ``LuaError`` for a default of a kind that has no form on a command line, or one
  ///   that its own bounds refuse.
  init(_ table: Argument) throws {
    let entries = try table.options()
    declarations = try entries.names.map { try ScriptOptions.declaration($0, entries[$0]) }
    try entries.finish()
  }

  private static func declaration(_ name: String, _ entry: Argument) throws -> Declaration {
    let letters = name.utf8
    let isWord = letters.allSatisfy {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "_")
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
    }
    guard isWord, let first = letters.first, first >= UInt8(ascii: "a"), name != "help" else {
      throw entry.bad("a name of lower-case letters, digits and _ expected")
    }
    guard case .table(let table) = entry.value, table.list.first != nil else {
      let declaration = Declaration(name: name, fallback: entry.value ?? .nil)
      try check(declaration, entry)
      return declaration
    }
    let fields = try entry.options()
    var declaration = Declaration(name: name, fallback: table.list[0])
    declaration.about = try fields[2].text(default: "")
    declaration.minimum = fields["min"].isMissing ? nil : try fields["min"].number()
    declaration.maximum = fields["max"].isMissing ? nil : try fields["max"].number()
    if !fields["choices"].isMissing { declaration.choices = try fields["choices"].texts() }
    try fields.finish(allowsList: true)
    try check(declaration, entry)
    return declaration
  }

  private static func check(_ declaration: Declaration, _ entry: Argument) throws {
    switch declaration.fallback {
    case .boolean: return
    case .bytes(let text):
      guard let text = String(validating: text, as: UTF8.self) else { throw entry.bad("not UTF-8") }
      if let fault = declaration.fault(text: text) { throw entry.bad("default: \(fault)") }
    case .integer(let number):
      if let fault = declaration.fault(number: Double(number)) {
        throw entry.bad("default: \(fault)")
      }
    case .number(let number):
      if let fault = declaration.fault(number: number) { throw entry.bad("default: \(fault)") }
    case .table(let table) where table.fields.isEmpty && table.indexed.isEmpty:
      for value in table.list where value.text == nil {
        switch value {
        case .integer, .number: continue
        default: throw entry.bad("a list of numbers or texts expected as default")
        }
      }
    default: throw entry.bad("a default expected: boolean, number, string or list")
    }
  }

  // MARK: Filling

  /// The values of all options, from the arguments after `--`.
  ///
  /// `--name=value`, `--name value`, `--flag`, `--no-flag`; `-` and `_` in names are the same.
  ///
  /// - Throws: ``LuaError`` with code `usage` for an unknown or repeated name, a missing value, or
  ///   one of the wrong kind or outside of its bounds.
  func values(from arguments: [String]) throws(LuaError) -> LuaTable {
    var table = LuaTable()
    for declaration in declarations { table.fields[declaration.name] = declaration.fallback }
    var given: Set<String> = []
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("--"), argument.utf8.count > 2 else {
        throw LuaError(.usage, "unexpected argument '\(shown(argument))' (--name=value expected)")
      }
      let parts = argument.dropFirst(2)
        .split(
          separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let word = String(parts[0]).replacing("-", with: "_")
      var (declaration, isNegated) = (find(word), false)
      if declaration == nil, word.hasPrefix("no_"), let flag = find(String(word.dropFirst(3))),
        case .boolean = flag.fallback, parts.count == 1
      {
        (declaration, isNegated) = (flag, true)
      }
      guard let declaration else {
        let suggestion = NearestName.hint(for: word, among: declarations.map(\.name))
        throw LuaError(.usage, "unknown option '--\(shown(String(parts[0])))'\(suggestion)")
      }
      guard given.insert(declaration.name).inserted else {
        throw LuaError(.usage, "option '--\(declaration.name)' is given twice")
      }
      if isNegated {
        table.fields[declaration.name] = false
      } else if parts.count == 2 {
        table.fields[declaration.name] = try declaration.value(String(parts[1]))
      } else if case .boolean = declaration.fallback {
        table.fields[declaration.name] = true
      } else if let value = rest.popFirst() {
        table.fields[declaration.name] = try declaration.value(value)
      } else {
        throw LuaError(.usage, "option '--\(declaration.name)' needs a value")
      }
    }
    return table
  }

  private func find(_ name: String) -> Declaration? { declarations.first { $0.name == name } }

  /// The options as lines of help, sorted by name.
  var help: [String] {
    let heads = declarations.map { declaration in
      if case .boolean = declaration.fallback { return "--" + declaration.name }
      return "--\(declaration.name)=…"
    }
    let width = heads.map(\.count).max() ?? 0
    return zip(heads, declarations)
      .map { head, declaration in
        let padding = String(repeating: " ", count: width - head.count)
        var notes = [declaration.kind, "default \(declaration.fallbackText)"]
        if let minimum = declaration.minimum { notes.insert("from \(short(minimum))", at: 1) }
        if let maximum = declaration.maximum { notes.insert("to \(short(maximum))", at: 1) }
        let about = declaration.about.isEmpty ? "" : declaration.about + " "
        return "\(head)\(padding)  \(about)(\(notes.joined(separator: ", ")))"
      }
  }
}

/// A number without a needless fraction.
private func short(_ number: Double) -> String {
  Int(exactly: number).map(String.init) ?? number.description
}

/// A text of a command line, short enough for a message.
private func shown(_ text: String) -> String {
  let safe = text.unicodeScalars.prefix(60).map { $0.value < 0x20 || $0.value == 0x7F ? "?" : $0 }
  return String(String.UnicodeScalarView(safe)) + (text.unicodeScalars.count > 60 ? "…" : "")
}

extension ScriptOptions.Declaration {
  func fault(number: Double) -> String? {
    guard number.isFinite else { return "a finite number expected, got \(number)" }
    if let minimum, number < minimum { return "at least \(short(minimum)) expected" }
    if let maximum, number > maximum { return "at most \(short(maximum)) expected" }
    return nil
  }

  func fault(text: String) -> String? {
    if choices.isEmpty || choices.contains(text) { return nil }
    let suggestion = NearestName.hint(for: text, among: choices)
    return "one of \(choices.joined(separator: ", ")) expected\(suggestion)"
  }

  var fallbackText: String {
    func text(_ value: LuaValue) -> String {
      switch value {
      case .boolean(let flag): flag ? "yes" : "no"
      case .integer(let number): String(number)
      case .number(let number): number.description
      case .table(let table): table.list.map(text).joined(separator: ",")
      default: "'\(value.text ?? "")'"
      }
    }
    return text(fallback)
  }

  /// A value as it is written on the command line.
  func value(_ text: String) throws(LuaError) -> LuaValue {
    guard text.utf8.count <= ScriptOptions.longest else {
      throw LuaError(.usage, "option '--\(name)': the value is too long")
    }
    switch fallback {
    case .boolean:
      switch text {
      case "true", "yes", "on", "1": return true
      case "false", "no", "off", "0": return false
      default: throw wrong(text, "yes or no expected")
      }
    case .integer:
      guard let number = Int(text) else { throw wrong(text, "integer expected") }
      if let fault = fault(number: Double(number)) { throw wrong(text, fault) }
      return .integer(number)
    case .number:
      guard let number = Double(text) else { throw wrong(text, "number expected") }
      if let fault = fault(number: number) { throw wrong(text, fault) }
      return .number(number)
    case .table(let table): return try list(text, like: table.list.first)
    default:
      if let fault = fault(text: text) { throw wrong(text, fault) }
      return .string(text)
    }
  }

  private func list(_ text: String, like first: LuaValue?) throws(LuaError) -> LuaValue {
    var entry = self
    entry.fallback = first ?? ""
    var values: [LuaValue] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: text.isEmpty) {
      values.append(try entry.value(String(part)))
    }
    return .list(values)
  }

  private func wrong(_ text: String, _ expected: String) -> LuaError {
    LuaError(.usage, "option '--\(name)': \(expected), got '\(shown(text))'")
  }
}

/// A type as annotations write it: `string?`, `integer[]`, `fun(ctx: cast.LayerContext): boolean`.
public indirect enum LuaType: Sendable, Hashable {
  /// A type of Lua, a class or an alias: `integer`, `cast.Model`.
  case named(String)
  /// One value: `"last"`.
  case text(String)
  /// One value: `2`.
  case number(Int)
  /// One value: `true`.
  case boolean(Bool)
  /// A sequence, `T[]`.
  case list(LuaType)
  /// A table with entries of one kind, `{ [K]: V }`.
  case map(key: LuaType, value: LuaType)
  /// A function, `fun(a: A, b?: B): C, D`.
  case function([Parameter], returns: [LuaType])
  /// Any of several, `A|B`; `T?` is `T|nil`.
  case union([LuaType])

  /// A parameter of a function type.
  public struct Parameter: Sendable, Hashable {
    /// What it is called.
    public let name: String
    /// Its type; `any` where none is written.
    public let type: LuaType
    /// Whether it may be left out.
    public let isOptional: Bool
  }

  /// The alternatives of a union, or the type alone.
  public var alternatives: [LuaType] {
    if case .union(let types) = self { return types.flatMap(\.alternatives) }
    return [self]
  }
}

extension LuaType: CustomStringConvertible {
  /// The type as annotations write it.
  public var description: String {
    switch self {
    case .named(let name): name
    case .text(let text): "\"\(text)\""
    case .number(let number): String(number)
    case .boolean(let flag): String(flag)
    case .list(let element): element.isCompound ? "(\(element))[]" : "\(element)[]"
    case .map(let key, let value): "{ [\(key)]: \(value) }"
    case .function(let parameters, let returns):
      "fun(\(parameters.map(\.description).joined(separator: ", ")))"
        + (returns.isEmpty ? "" : ": " + returns.map(\.description).joined(separator: ", "))
    case .union(let types): LuaType.text(of: types)
    }
  }

  private static func text(of types: [LuaType]) -> String {
    let others = types.filter { $0 != .named("nil") }
    let joined = others.map(\.description).joined(separator: "|")
    guard others.count < types.count else { return joined }
    return others.count == 1 && !(others[0].isCompound) ? joined + "?" : joined + "|nil"
  }

  private var isCompound: Bool {
    switch self {
    case .union, .function: true
    default: false
    }
  }
}

extension LuaType.Parameter: CustomStringConvertible {
  /// The parameter as annotations write it.
  public var description: String { "\(name)\(isOptional ? "?" : ""): \(type)" }
}

/// Reads one type from the front of a line.
struct LuaTypeReader {
  private let line: [Character]
  private var at = 0
  private var depth = 0

  init(_ line: some StringProtocol) { self.line = Array(line) }

  /// What follows the type, without spaces around it.
  var rest: String {
    let rest = String(line[min(at, line.count)...])
    return String(
      rest.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }

  /// The type.
  ///
  /// - Throws: ``APIError`` where the line does not start with one.
  mutating func type() throws(APIError) -> LuaType {
    depth += 1
    defer { depth -= 1 }
    guard depth < 20 else { throw fault("a simpler type") }
    var types = [try postfix()]
    while skip("|") { types.append(try postfix()) }
    return types.count == 1 ? types[0] : .union(types)
  }

  private mutating func postfix() throws(APIError) -> LuaType {
    var type = try primary()
    while at < line.count {
      if line[at] == "?" {
        at += 1
        type = .union(type.alternatives + [.named("nil")])
      } else if line[at] == "[", at + 1 < line.count, line[at + 1] == "]" {
        at += 2
        type = .list(type)
      } else {
        break
      }
    }
    return type
  }

  private mutating func primary() throws(APIError) -> LuaType {
    spaces()
    if skip("(") {
      let inner = try type()
      try expect(")")
      return inner
    }
    if skip("{") {
      try expect("[")
      let key = try type()
      try expect("]")
      try expect(":")
      let value = try type()
      try expect("}")
      return .map(key: key, value: value)
    }
    if skip("\"") {
      let text = String(line[at...].prefix { $0 != "\"" })
      at += text.count
      try expect("\"")
      return .text(text)
    }
    let word = word()
    switch word {
    case "": throw fault("a type")
    case "true": return .boolean(true)
    case "false": return .boolean(false)
    case "fun" where at < line.count && line[at] == "(": return try function()
    default: return Int(word).map(LuaType.number) ?? .named(word)
    }
  }

  private mutating func function() throws(APIError) -> LuaType {
    try expect("(")
    var parameters: [LuaType.Parameter] = []
    while !skip(")") {
      if !parameters.isEmpty { try expect(",") }
      spaces()
      let name = word()
      guard !name.isEmpty else { throw fault("a parameter") }
      let isOptional = skip("?")
      parameters.append(
        LuaType.Parameter(
          name: name, type: skip(":") ? try type() : .named("any"), isOptional: isOptional))
    }
    var returns: [LuaType] = []
    if skip(":") {
      repeat { returns.append(try type()) } while skip(",")
    }
    return .function(parameters, returns: returns)
  }

  // MARK: Characters

  /// A name with dots, a number, or the three dots.
  mutating func word() -> String {
    spaces()
    let word = line[min(at, line.count)...]
      .prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." || $0 == "-" }
    at += word.count
    return String(word)
  }

  /// Whether a character comes next; it is read if so.
  mutating func skip(_ character: Character) -> Bool {
    let start = at
    spaces()
    if at < line.count, line[at] == character {
      at += 1
      return true
    }
    at = start
    return false
  }

  mutating func expect(_ character: Character) throws(APIError) {
    guard skip(character) else { throw fault("'\(character)'") }
  }

  private mutating func spaces() {
    while at < line.count, line[at].isWhitespace { at += 1 }
  }

  private func fault(_ expected: String) -> APIError {
    APIError(
      .malformed, "annotation '\(String(line))': \(expected) expected at character \(at + 1)")
  }
}

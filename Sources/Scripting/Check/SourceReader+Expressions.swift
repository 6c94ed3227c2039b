import APIReference

/// Expressions: each is read once, and what is known of its value comes back.
extension SourceReader {
  /// What stands on the left of an assignment.
  enum Target {
    case variable(String, line: Int)
    case field(Shape, String, line: Int)
    case value(Shape)
  }

  /// Binding powers to the left and right, as in the reference manual, section 3.4.8.
  private static let powers: [String: (left: Int, right: Int)] = [
    "or": (1, 1), "and": (2, 2), "<": (3, 3), ">": (3, 3), "<=": (3, 3), ">=": (3, 3),
    "~=": (3, 3), "==": (3, 3), "|": (4, 4), "~": (5, 5), "&": (6, 6), "<<": (7, 7),
    ">>": (7, 7), "..": (9, 8), "+": (10, 10), "-": (10, 10), "*": (11, 11), "/": (11, 11),
    "//": (11, 11), "%": (11, 11), "^": (14, 13),
  ]
  private static let unaryPower = 12

  /// Expressions separated by commas; only the last one may be several values.
  func expressions(
    expecting types: (Int) -> LuaType? = { _ in nil }
  ) throws -> [Shape] {
    var shapes: [Shape] = []
    repeat {
      if let last = shapes.popLast() { shapes.append(last.single) }
      shapes.append(try expression(expecting: types(shapes.count)))
    } while skip(",")
    return shapes
  }

  func expression(expecting type: LuaType? = nil, above limit: Int = 0) throws -> Shape {
    try nested {
      let line = token.line
      var left = try operand(expecting: type)
      if left.line == 0 { left.line = line }
      while case .sign(let sign) = token.kind, let power = SourceReader.powers[sign],
        power.left > limit
      {
        advance()
        let right = try expression(above: power.right)
        left = combined(left, sign, right)
        left.line = line
      }
      return left
    }
  }

  private func operand(expecting type: LuaType?) throws -> Shape {
    switch token.kind {
    case .text(let bytes):
      advance()
      return .constant(.bytes(bytes))
    case .integer(let number):
      advance()
      return .constant(.integer(number))
    case .number(let number):
      advance()
      return .constant(.number(number))
    case .sign(let sign):
      switch sign {
      case "nil":
        advance()
        return Shape(types: [.named("nil")])
      case "true", "false":
        advance()
        return .constant(.boolean(sign == "true"))
      case "...":
        advance()
        return Shape(isOpen: true)
      case "{": return try table(expecting: type)
      case "function":
        advance()
        try functionBody(expecting: type)
        return Shape(types: [.named("function")])
      case "not", "-", "#", "~":
        advance()
        return negated(sign, try expression(above: SourceReader.unaryPower))
      default: break
      }
    case .name, .end: break
    }
    return value(try suffixed())
  }

  private func negated(_ sign: String, _ shape: Shape) -> Shape {
    switch (sign, shape.constant) {
    case ("-", .integer(let number)?): return .constant(.integer(0 &- number))
    case ("-", .number(let number)?): return .constant(.number(-number))
    case ("not", _): return Shape(types: [.named("boolean")])
    case ("#", _): return Shape(types: [.named("integer")])
    case ("-", _): return result(of: "unm", shape) ?? .unknown
    case ("~", _): return result(of: "bnot", shape) ?? .unknown
    default: return .unknown
    }
  }

  private func combined(_ left: Shape, _ sign: String, _ right: Shape) -> Shape {
    switch sign {
    case "<", ">", "<=", ">=", "~=", "==": return Shape(types: [.named("boolean")])
    case "..": return Shape(types: [.named("string")])
    case "+", "-", "*", "/", "&", "|":
      let names = ["+": "add", "-": "sub", "*": "mul", "/": "div", "&": "band", "|": "bor"]
      let name = names[sign] ?? ""
      return result(of: name, left) ?? result(of: name, right) ?? .unknown
    default: return .unknown
    }
  }

  /// What an operator of a class gives.
  private func result(of name: String, _ shape: Shape) -> Shape? {
    guard let type = shape.classes(api).first else { return nil }
    return api.type(type)?.operators.first { $0.name == name }.map { .of($0.result, api) }
  }

  // MARK: Variables, fields and calls

  /// A variable or an expression in parentheses, with fields and calls behind it.
  func suffixed() throws -> Target {
    let line = token.line
    var target: Target
    if skip("(") {
      target = .value(try expression().single)
      try expect(")")
    } else {
      target = .variable(try name(), line: line)
    }
    while isSuffix { target = try suffix(of: value(target)) }
    return target
  }

  private var isSuffix: Bool {
    switch token.kind {
    case .sign(let sign): [".", "[", ":", "(", "{"].contains(sign)
    case .text: true
    default: false
    }
  }

  /// The value of what stands there.
  func value(_ target: Target) -> Shape {
    switch target {
    case .variable(let name, let line): variable(name, line: line)
    case .field(let object, let name, let line): member(name, of: object, line: line)
    case .value(let shape): shape
    }
  }

  private func suffix(of shape: Shape) throws -> Target {
    let line = token.line
    if skip(".") { return .field(shape, try name(), line: line) }
    if skip("[") {
      let key = try expression()
      try expect("]")
      if let text = key.text, text.isIdentifier { return .field(shape, text, line: line) }
      return .value(element(of: shape, key))
    }
    if skip(":") {
      let name = try name()
      return .value(try callMethod(name, of: shape, line: line))
    }
    return .value(try call(shape, line: line))
  }

  /// What `object[key]` gives.
  private func element(of object: Shape, _ key: Shape) -> Shape {
    var found: [LuaType] = []
    for type in object.types ?? [] {
      switch type {
      case .list(let element): found.append(element)
      case .map(_, let value): found.append(value)
      case .named(let name):
        for field in api.fields(of: name) {
          if case .index = field.key, key.text == nil { found.append(field.type) }
        }
      default: return .unknown
      }
    }
    return found.count == 1 ? .of(found[0], api) : .unknown
  }

  // MARK: Tables

  func table(expecting type: LuaType?) throws -> Shape {
    let table = TableShape()
    try expect("{")
    let alternatives = type.map { api.alternatives(of: $0) } ?? []
    while !isSign("}") {
      if skip("[") {
        let key = try expression()
        try expect("]")
        try expect("=")
        let value = try expression(expecting: fieldType(nil, alternatives))
        if let text = key.text { remember(text, value, table) } else { table.isComplete = false }
      } else if case .name(let name) = token.kind, ahead.kind == .sign("=") {
        advance()
        advance()
        remember(name, try expression(expecting: fieldType(name, alternatives)), table)
      } else {
        let value = try expression(
          expecting: elementType(table.list.count + 1, alternatives))
        if table.list.count < TableShape.most {
          table.list.append(value.single)
        } else {
          table.isComplete = false
        }
        if value.isOpen, isSign("}") { table.isComplete = false }
      }
      guard skip(",") || skip(";") else { break }
    }
    try expect("}")
    return Shape(types: [.named("table")], table: table)
  }

  private func remember(_ name: String, _ value: Shape, _ table: TableShape) {
    if table.fields.count < TableShape.most {
      table.fields.append((name, value.single))
    } else {
      table.isComplete = false
    }
  }

  /// The declared type of a field in a constructor; nil for any key that is no name.
  func fieldType(_ name: String?, _ alternatives: [LuaType]) -> LuaType? {
    for type in alternatives {
      switch type {
      case .named(let type):
        if let field = api.fields(of: type).first(where: { $0.name != nil && $0.name == name }) {
          return field.type
        }
      case .map(_, let value): return value
      default: continue
      }
    }
    return nil
  }

  /// The declared type of an entry of a list in a constructor.
  func elementType(_ position: Int, _ alternatives: [LuaType]) -> LuaType? {
    var types: [LuaType] = []
    for type in alternatives {
      switch type {
      case .list(let element): types.append(element)
      case .named(let type):
        types += api.fields(of: type).filter { $0.key == .position(position) }.map(\.type)
      default: continue
      }
    }
    return types.isEmpty ? nil : types.count == 1 ? types[0] : .union(types)
  }

  // MARK: Functions

  /// The parameters and the block of a function; `function` has been read.
  func functionBody(isMethod: Bool = false, expecting type: LuaType? = nil) throws {
    var parameters: [LuaType.Parameter] = []
    for alternative in type.map({ api.alternatives(of: $0) }) ?? [] {
      if case .function(let declared, _) = alternative { parameters = declared }
    }
    let hook = parameters.lazy.compactMap { self.hook(of: $0.type) }.first
    functions.append(FunctionBody(hook: hook))
    defer { functions.removeLast() }
    try scope {
      if isMethod { declare("self") }
      try expect("(")
      var index = 0
      while !isSign(")") {
        if skip("...") { break }
        let type = index < parameters.count ? parameters[index].type : nil
        declare(try name(), type.map { .of($0, api) } ?? .unknown)
        index += 1
        guard skip(",") else { break }
      }
      try expect(")")
      try block()
    }
    try expect("end")
  }

  /// The hook that gets a context: `cast.LayerContext` is that of `on_layer`.
  private func hook(of type: LuaType) -> API.Place? {
    guard case .named(let name) = type, name.hasSuffix("Context") else { return nil }
    return API.Place.allCases.first { place in
      name.contains(place.rawValue.prefix(1).uppercased() + place.rawValue.dropFirst())
    }
  }
}

extension String {
  /// Whether Lua takes it for a name.
  fileprivate var isIdentifier: Bool {
    guard let first = utf8.first, !(0x30...0x39).contains(first) else { return false }
    return utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) && byte < 0x80
        || byte == 0x5F
    }
  }
}

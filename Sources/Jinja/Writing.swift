/// What Python's `str` and `repr` write of values.
struct Writer {
  private let budget: Budget
  private(set) var text = Text()
  private var depth = 0

  init(_ budget: Budget) { self.budget = budget }

  /// What `str` gives.
  static func text(of value: Value, _ budget: Budget) throws -> Text {
    switch value {
    case .string(let text): return text
    case .undefined: return Text()
    case .int(let value): return Text(String(value))
    default:
      var writer = Writer(budget)
      try writer.write(value)
      return writer.text
    }
  }

  /// What `repr` gives.
  static func representation(of value: Value, _ budget: Budget) throws -> Text {
    var writer = Writer(budget)
    try writer.write(value)
    return writer.text
  }

  private mutating func put(_ string: String) throws {
    try budget.allocate(string.utf8.count)
    text.append(string)
    try budget.limits.check(string: text)
  }

  private mutating func write(_ value: Value) throws {
    try budget.spend()
    switch value {
    case .undefined: try put("Undefined")
    case .none: try put("None")
    case .bool(let value): try put(value ? "True" : "False")
    case .int(let value): try put(String(value))
    case .float(let value): try put(Decimal.text(value))
    case .string(let string):
      if string.isSafe { try put("Markup(") }
      try write(string)
      if string.isSafe { try put(")") }
    case .list(let list):
      let isList = list.kind == .list
      try put(isList ? "[" : "(")
      try write(list.items)
      if !isList, list.items.count == 1 { try put(",") }
      try put(isList ? "]" : ")")
    case .dict(let dict): try write(dict)
    case .range(let range):
      try put("range(\(range.start), \(range.stop)")
      try put(range.step == 1 ? ")" : ", \(range.step))")
    case .view(let dict, let view):
      try put("\(value.typeName)([")
      switch view {
      case .items: try write(dict.items(budget))
      case .keys: try write(dict.keys)
      case .values: try write(dict.values)
      }
      try put("])")
    case .namespace(let namespace):
      try put("<Namespace ")
      try write(namespace.attributes)
      try put(">")
    case .loop(let loop): try put("<LoopContext \(loop.index + 1)/\(loop.length())>")
    case .macro(let macro):
      try put("<Macro ")
      try put(macro.definition.name.map { "'\($0)'" } ?? "anonymous")
      try put(">")
    case .method(let method):
      try put("<built-in method \(method.name.string) of \(method.receiver.typeName) object>")
    case .iterator, .cycler, .joiner, .function: try put("<\(value.objectName)>")
    }
  }

  private mutating func write(_ items: [Value]) throws {
    try enter()
    defer { depth -= 1 }
    for (index, item) in items.enumerated() {
      if index > 0 { try put(", ") }
      try write(item)
    }
  }

  private mutating func write(_ dict: Dict) throws {
    try enter()
    defer { depth -= 1 }
    try put("{")
    for index in dict.keys.indices {
      if index > 0 { try put(", ") }
      try write(dict.keys[index])
      try put(": ")
      try write(dict.values[index])
    }
    try put("}")
  }

  /// Namespaces may hold each other, so the depth of values alone bounds nothing.
  private mutating func enter() throws {
    depth += 1
    try budget.check(depth: depth)
  }

  /// A string in quotes, with escapes for what cannot be printed.
  private mutating func write(_ string: Text) throws {
    try budget.allocate(string.bytes.count)
    let single = UInt8(ascii: "'")
    let quote =
      string.bytes.contains(single) && !string.bytes.contains(UInt8(ascii: "\"")) ? "\"" : "'"
    var quoted = Text(quote)
    for scalar in string.scalars {
      switch scalar {
      case "\\": quoted.append("\\\\")
      case "\n": quoted.append("\\n")
      case "\r": quoted.append("\\r")
      case "\t": quoted.append("\\t")
      case "'" where quote == "'": quoted.append("\\'")
      default:
        if scalar.isPrintable {
          quoted.append(scalar)
        } else {
          let hex = String(scalar.value, radix: 16)
          let (mark, width) =
            scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
          quoted.append("\\\(mark)\(String(repeating: "0", count: width - hex.count))\(hex)")
        }
      }
    }
    quoted.append(quote)
    text.append(quoted)
    try budget.limits.check(string: text)
  }
}

extension Limits {
  func check(string text: Text) throws {
    guard text.bytes.count <= string else {
      throw JinjaError(.limit, "a string of more than \(string) bytes. Shorten the conversation.")
    }
  }
}

/// What Python's `json.dumps` writes, with `ensure_ascii` off as in Hugging Face's `tojson`.
struct JSONText {
  /// White space for each level; nil for all on one line.
  var indent: Text?
  /// Between items, and between key and value.
  var separators: (item: Text, key: Text)
  var sortsKeys = false
  var escapesNonASCII = false
  private let budget: Budget
  private(set) var text = Text()

  init(indent: Text?, separators: (item: Text, key: Text)? = nil, _ budget: Budget) {
    self.indent = indent
    self.separators = separators ?? (indent == nil ? ", " : ",", ": ")
    self.budget = budget
  }

  /// - Throws: ``JinjaError`` for values that JSON has no form for.
  mutating func write(_ value: Value, level: Int = 0) throws {
    try budget.spend()
    switch value {
    case .none: try put("null")
    case .bool(let value): try put(value ? "true" : "false")
    case .int(let value): try put(Text(String(value)))
    case .float(let value): try put(Text(JSONText.number(value)))
    case .string(let text): try write(text)
    case .list(let list):
      try put("[")
      for (index, item) in list.items.enumerated() {
        try separate(index, level: level + 1)
        try write(item, level: level + 1)
      }
      if !list.items.isEmpty { try breakLine(level: level) }
      try put("]")
    case .dict(let dict):
      try put("{")
      for (index, place) in try order(of: dict).enumerated() {
        try separate(index, level: level + 1)
        try write(JSONText.key(dict.keys[place]))
        try put(separators.key)
        try write(dict.values[place], level: level + 1)
      }
      if dict.count > 0 { try breakLine(level: level) }
      try put("}")
    default:
      throw JinjaError(.type, "Object of type \(value.typeName) is not JSON serializable")
    }
  }

  private func order(of dict: Dict) throws -> [Int] {
    guard sortsKeys else { return Array(dict.keys.indices) }
    return try Sorting.order(dict.keys, reverse: false, budget)
  }

  private static func key(_ key: Value) throws -> Text {
    switch key {
    case .string(let text): text
    case .none: "null"
    case .bool(let value): value ? "true" : "false"
    case .int(let value): Text(String(value))
    case .float(let value): Text(number(value))
    default:
      throw JinjaError(
        .type,
        "keys must be str, int, float, bool or None, not \(key.typeName)")
    }
  }

  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
    return Decimal.text(value)
  }

  private mutating func separate(_ index: Int, level: Int) throws {
    if index > 0 { try put(separators.item) }
    try breakLine(level: level)
  }

  private mutating func breakLine(level: Int) throws {
    guard let indent else { return }
    try put("\n")
    for _ in 0..<level { try put(indent) }
  }

  private mutating func put(_ part: Text) throws {
    try budget.allocate(part.bytes.count)
    text.append(part)
    try budget.limits.check(string: text)
  }

  private mutating func write(_ string: Text) throws {
    var quoted = Text("\"")
    for byte in string.bytes {
      switch byte {
      case UInt8(ascii: "\""): quoted.append("\\\"")
      case UInt8(ascii: "\\"): quoted.append("\\\\")
      case 0x0A: quoted.append("\\n")
      case 0x0D: quoted.append("\\r")
      case 0x09: quoted.append("\\t")
      case 0x08: quoted.append("\\b")
      case 0x0C: quoted.append("\\f")
      case 0..<0x20:
        quoted.append("\\u00")
        quoted.append((byte < 0x10 ? "0" : "") + String(byte, radix: 16))
      default: quoted.bytes.append(byte)
      }
    }
    quoted.append("\"")
    if escapesNonASCII { quoted = JSONText.escapingNonASCII(quoted) }
    try put(quoted)
  }

  private static func escapingNonASCII(_ text: Text) -> Text {
    var escaped = Text()
    for scalar in text.scalars {
      if scalar.value < 0x7F || scalar.value == 0x7F {
        escaped.append(scalar)
      } else {
        for unit in UTF16.encode(scalar).map(Array.init) ?? [] {
          let hex = String(unit, radix: 16)
          escaped.append("\\u" + String(repeating: "0", count: 4 - hex.count) + hex)
        }
      }
    }
    return escaped
  }
}

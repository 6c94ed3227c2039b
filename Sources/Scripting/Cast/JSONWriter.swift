extension JSON {
  /// Writes a value as JSON, keys sorted.
  ///
  /// An empty table is an empty array. Nothing is written of a table that is neither a list nor a
  /// record.
  ///
  /// - Parameters:
  ///   - value: What to write.
  ///   - indent: Spaces for each level; nil for all on one line.
  /// - Returns: UTF-8.
  /// - Throws: ``LuaError`` for functions, tensors and other things without a JSON form, for NaN
  ///   and infinities, and for strings that are no UTF-8.
  static func encode(_ value: LuaValue, indent: Int? = nil) throws(LuaError) -> [UInt8] {
    var writer = JSONWriter(indent: indent)
    try writer.write(value, level: 0)
    return writer.bytes
  }
}

private struct JSONWriter {
  let indent: Int?
  var bytes: [UInt8] = []

  init(indent: Int?) { self.indent = indent }

  mutating func write(_ value: LuaValue, level: Int) throws(LuaError) {
    switch value {
    case .nil: add("null")
    case .object(let object) where object is JSONNull: add("null")
    case .boolean(let flag): add(flag ? "true" : "false")
    case .integer(let number): add(String(number))
    case .number(let number):
      guard number.isFinite else { throw LuaError(.script, "JSON has no number \(number)") }
      add(number.description)
    case .bytes(let text): try string(text)
    case .table(let table): try write(table, level: level)
    default: throw LuaError(.script, "JSON has no form for a \(value.typeName)")
    }
  }

  private mutating func write(_ table: LuaTable, level: Int) throws(LuaError) {
    guard table.indexed.isEmpty, !table.hasOtherKeys,
      table.list.isEmpty || table.fields.isEmpty
    else {
      throw LuaError(
        .script, "JSON has lists and records, not a table that mixes both or has holes")
    }
    if table.fields.isEmpty {
      add("[")
      for (offset, value) in table.list.enumerated() {
        separate(offset, level)
        try write(value, level: level + 1)
      }
      if !table.list.isEmpty { newLine(level) }
      return add("]")
    }
    add("{")
    let sorted = table.fields.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    for (offset, field) in sorted.enumerated() {
      separate(offset, level)
      try string(Array(field.key.utf8))
      add(indent == nil ? ":" : ": ")
      try write(field.value, level: level + 1)
    }
    newLine(level)
    add("}")
  }

  private mutating func string(_ text: [UInt8]) throws(LuaError) {
    guard String(validating: text, as: UTF8.self) != nil else {
      throw LuaError(.script, "JSON has no form for a string that is not valid UTF-8")
    }
    add("\"")
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""): add("\\\"")
      case UInt8(ascii: "\\"): add("\\\\")
      case 0x0A: add("\\n")
      case 0x0D: add("\\r")
      case 0x09: add("\\t")
      case 0..<0x20, 0x7F:
        let digits = String(byte, radix: 16)
        add("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
      default: bytes.append(byte)
      }
    }
    add("\"")
  }

  private mutating func separate(_ offset: Int, _ level: Int) {
    if offset > 0 { add(",") }
    newLine(level + 1)
  }

  private mutating func newLine(_ level: Int) {
    guard let indent else { return }
    add("\n" + String(repeating: " ", count: indent * level))
  }

  private mutating func add(_ text: String) { bytes.append(contentsOf: text.utf8) }
}

/// Values as a person reads them: texts in quotes, tables with what they hold, tensors with shape.
public struct ValueText {
  /// Entries of one table that are shown.
  private static let mostEntries = 40
  /// Tables inside of tables that are shown.
  private static let deepest = 4
  /// Letters of one text that are shown.
  private static let mostLetters = 400

  private let machine: LuaMachine

  /// Texts for values of a machine.
  public init(_ machine: LuaMachine) { self.machine = machine }

  /// A value on one line; long ones are cut, which an ellipsis shows.
  public func text(_ value: LuaValue) -> String { text(value, depth: 0) }

  private func text(_ value: LuaValue, depth: Int) -> String {
    switch value {
    case .nil: return "nil"
    case .boolean(let flag): return flag ? "true" : "false"
    case .integer(let number): return String(number)
    case .bytes(let bytes): return quoted(bytes)
    case .table(let table): return text(table, depth: depth)
    case .many(let values): return values.map { text($0, depth: depth) }.joined(separator: ", ")
    case .number, .function, .reference, .object, .tensor, .view: return plain(value)
    }
  }

  /// What Lua's own `tostring` says.
  private func plain(_ value: LuaValue) -> String {
    do {
      let show = try machine.load("return tostring((...))", name: "text.lua")
      return try machine.call(show, [value]).first?.text ?? value.typeName
    } catch {
      return value.typeName
    }
  }

  private func quoted(_ bytes: [UInt8]) -> String {
    let whole = LuaMachine.escaped(String(decoding: bytes, as: UTF8.self))
    let shown = whole.prefix(ValueText.mostLetters)
    let escaped = shown.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      .replacing("\n", with: "\\n").replacing("\t", with: "\\t")
    return "\"\(escaped)\"" + (shown.endIndex == whole.endIndex ? "" : "…")
  }

  private func text(_ table: LuaTable, depth: Int) -> String {
    if table.isEmpty { return "{}" }
    guard depth < ValueText.deepest else { return "{…}" }
    var entries: [String] = []
    for value in table.list.prefix(ValueText.mostEntries) {
      entries.append(text(value, depth: depth + 1))
    }
    var hasMore = table.list.count > entries.count || table.hasOtherKeys
    let indexed = table.indexed.sorted { $0.key < $1.key }.map { ("[\($0.key)]", $0.value) }
    let named = table.fields.sorted { $0.key < $1.key }.map { (key($0.key), $0.value) }
    for (key, value) in indexed + named {
      guard entries.count < ValueText.mostEntries else {
        hasMore = true
        break
      }
      entries.append("\(key) = \(text(value, depth: depth + 1))")
    }
    if hasMore { entries.append("…") }
    return "{ \(entries.joined(separator: ", ")) }"
  }

  /// A name as a table constructor has it.
  private func key(_ name: String) -> String {
    let isWord =
      !name.isEmpty && name.first?.isNumber == false
      && name.utf8.allSatisfy { byte in
        byte == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
      }
    return isWord ? name : "[\(quoted(Array(name.utf8)))]"
  }
}

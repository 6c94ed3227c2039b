import JSON

/// JSON ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259)) as Lua values, strict and bounded.
enum JSON {
  /// Reads one JSON text.
  ///
  /// Integers that fit are integers, other numbers floats. `null` is ``JSONNull``.
  ///
  /// - Throws: ``LuaError`` with line and column for anything that is no JSON, and for duplicate
  ///   keys, lone surrogates, numbers beyond the range of a float, and nesting beyond 100.
  static func decode(_ bytes: [UInt8]) throws(LuaError) -> LuaValue {
    try bytes.withUnsafeBufferPointer { (bytes) throws(LuaError) in
      var reader = JSONReader(UnsafeRawBufferPointer(bytes), JSONRules(deepest: 100))
      do throws(JSONFault) {
        let value = try reader.luaValue()
        try reader.end()
        return value
      } catch {
        throw LuaError(.script, "JSON, \(error)")
      }
    }
  }
}

/// `cast.json.null`: what stands for JSON's null, because a table of Lua cannot hold nil.
final class JSONNull: HostObject, Sendable {
  static let luaName = "json null"
  static let shared = JSONNull()

  static func declare(in type: ClassDeclaration<JSONNull>) {
    type.text { _ in "null" }
  }
}

extension JSONReader {
  /// Reads a value with all that is in it; depth is bounded by the reader.
  fileprivate mutating func luaValue() throws(JSONFault) -> LuaValue {
    switch try kind() {
    case .object:
      var table = LuaTable()
      try beginObject()
      while try nextName() {
        let name = string
        guard table.fields[name] == nil else { throw repeatedName() }
        table.fields[name] = try luaValue()
      }
      return .table(table)
    case .list:
      var table = LuaTable()
      try beginList()
      while try nextElement() { table.list.append(try luaValue()) }
      return .table(table)
    case .string:
      try readString()
      return .bytes(text)
    case .number:
      switch try number() {
      case .integer(let integer): return .integer(integer)
      case .float(let float): return .number(float)
      }
    case .bool: return .boolean(try bool())
    case .null:
      try null()
      return .object(JSONNull.shared)
    }
  }
}

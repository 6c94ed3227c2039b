import JSON
import Jinja

/// Reads JSON and keeps the order of keys, as a template sees it.
enum OrderedJSON {
  /// A recording of another form.
  struct Malformed: Error {}

  /// A text that is known to be JSON.
  static func read(_ bytes: [UInt8]) throws -> Variable {
    try bytes.withUnsafeBytes { bytes in
      var reader = JSONReader(bytes, .python)
      let value = try reader.variable()
      try reader.end()
      return value
    }
  }
}

extension JSONReader {
  fileprivate mutating func variable() throws(JSONFault) -> Variable {
    switch try kind() {
    case .object:
      var entries: [Variable.Entry] = []
      try beginObject()
      while try nextName() {
        let key = string
        entries.append(Variable.Entry(key, try variable()))
      }
      return .dict(entries)
    case .list:
      var items: [Variable] = []
      try beginList()
      while try nextElement() { items.append(try variable()) }
      return .list(items)
    case .string:
      try readString()
      return .string(string)
    case .number:
      switch try number() {
      case .integer(let integer): return .int(integer)
      case .float(let float): return .float(float)
      }
    case .bool: return .bool(try bool())
    case .null:
      try null()
      return .none
    }
  }
}

extension Variable {
  /// The entry of a dictionary.
  subscript(key: String) -> Variable? {
    guard case .dict(let entries) = self else { return nil }
    return entries.first { $0.key == key }?.value
  }

  var text: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  var items: [Variable] {
    guard case .list(let items) = self else { return [] }
    return items
  }

  var variables: [(name: String, value: Variable)] {
    guard case .dict(let entries) = self else { return [] }
    return entries.map { ($0.key, $0.value) }
  }
}

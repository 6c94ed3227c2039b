/// A value of a JSON document, whole.
///
/// Names of an object are unique, numbers are float64, and depth is bounded.
public enum JSONValue: Sendable, Hashable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number; whole ones are exact up to 2^53.
  case number(Double)
  /// A text.
  case string(String)
  /// A list.
  case array([JSONValue])
  /// Members by name.
  case object([String: JSONValue])

  /// Reads a text that holds one value.
  public init(
    parsing bytes: UnsafeRawBufferPointer, _ rules: JSONRules = JSONRules()
  ) throws(JSONFault) {
    var reader = JSONReader(bytes, rules)
    self = try reader.value()
    try reader.end()
  }

  /// Reads a text that holds one value.
  public init(parsing bytes: [UInt8], _ rules: JSONRules = JSONRules()) throws(JSONFault) {
    self = try bytes.withUnsafeBufferPointer { (bytes) throws(JSONFault) in
      try JSONValue(parsing: UnsafeRawBufferPointer(bytes), rules)
    }
  }

  /// A member of an object; nil where it is missing or null.
  public subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self, let value = members[name], value != .null else {
      return nil
    }
    return value
  }

  /// The number, if it is one.
  public var number: Double? {
    if case .number(let value) = self { value } else { nil }
  }

  /// The whole number, if it is one that float64 holds exactly.
  public var integer: Int? {
    guard let number, number.magnitude <= 0x1p53 else { return nil }
    return Int(exactly: number)
  }

  /// The truth value, if it is one.
  public var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The text, if it is one.
  public var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  /// The elements, if it is a list.
  public var array: [JSONValue]? {
    if case .array(let value) = self { value } else { nil }
  }

  /// The members, if it is an object.
  public var object: [String: JSONValue]? {
    if case .object(let value) = self { value } else { nil }
  }
}

extension JSONReader {
  /// Reads a value with all that is in it.
  ///
  /// - Throws: ``JSONFault`` also for a name that an object has twice.
  public mutating func value() throws(JSONFault) -> JSONValue {
    switch try kind() {
    case .object:
      var members: [String: JSONValue] = [:]
      try beginObject()
      while try nextName() {
        let name = string
        guard members[name] == nil else { throw repeatedName() }
        members[name] = try value()
      }
      return .object(members)
    case .list:
      var elements: [JSONValue] = []
      try beginList()
      while try nextElement() { elements.append(try value()) }
      return .array(elements)
    case .string:
      try readString()
      return .string(string)
    case .number: return .number(try number().double)
    case .bool: return .bool(try bool())
    case .null:
      try null()
      return .null
    }
  }
}

import APIReference

@testable import Scripting

/// Compares values of the running host with declared types, and remembers what it saw.
struct Conformance {
  let api: API
  /// Declared classes whose values are objects of the host, not tables.
  var hostClasses: Set<String> = []
  /// Names that tables of a declared class had.
  private(set) var fieldsSeen: [String: Set<String>] = [:]

  init(_ api: API) { self.api = api }

  /// How the declarations call a class of the host: `layer context` is `cast.LayerContext`.
  static func declaredName(_ name: String) -> String {
    "cast." + name.split(separator: " ").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }

  /// What is wrong with a value where a type is declared; nil if nothing is.
  mutating func fault(_ value: LuaValue, _ type: LuaType) -> String? {
    let alternatives = api.alternatives(of: type)
    if value.isNil { return type.alternatives.contains(.named("nil")) ? nil : "nil" }
    var faults: [String] = []
    for alternative in alternatives {
      guard let fault = fault(value, one: alternative) else { return nil }
      faults.append(fault)
    }
    return faults.joined(separator: "; ") + " (declared \(type))"
  }

  /// What is wrong with the results of a function.
  mutating func fault(_ value: LuaValue, _ results: [API.Result]) -> String? {
    var values = [value]
    if case .many(let several) = value { values = several }
    if values.count > results.count, !(results.isEmpty && values.allSatisfy(\.isNil)) {
      return "\(values.count) results, \(results.count) declared"
    }
    for (index, result) in results.enumerated() {
      let value = index < values.count ? values[index] : .nil
      if let fault = fault(value, result.type) { return "result \(index + 1): \(fault)" }
    }
    return nil
  }

  private mutating func fault(_ value: LuaValue, one type: LuaType) -> String? {
    switch (type, value) {
    case (.named("any"), _), (.named("boolean"), .boolean), (.named("integer"), .integer),
      (.named("number"), .integer), (.named("number"), .number), (.named("string"), .bytes),
      (.named("table"), .table), (.named("table"), .reference), (.function, .function),
      (.named("cast.Tensor"), .tensor), (.named("cast.Tensor"), .view):
      return nil
    case (.text(let text), .bytes): return value.text == text ? nil : "'\(value.text ?? "")'"
    case (.boolean(let flag), .boolean(let given)): return flag == given ? nil : "\(given)"
    case (.number(let number), .integer(let given)): return number == given ? nil : "\(given)"
    case (.named(let name), .object(let object)):
      let given = Conformance.declaredName(Swift.type(of: object).luaName)
      return given == name ? nil : given
    case (.list(let element), .table(let table)):
      guard table.fields.isEmpty, table.indexed.isEmpty else { return "no list" }
      for value in table.list { if let fault = fault(value, element) { return fault } }
      return nil
    case (.map(let key, let element), .table(let table)):
      return fault(of: table, key, element)
    case (.named(let name), .table(let table)) where api.type(name) != nil:
      return hostClasses.contains(name) ? "a table" : fault(of: table, name)
    default: return value.typeName
    }
  }

  private mutating func fault(
    of table: LuaTable, _ key: LuaType, _ element: LuaType
  ) -> String? {
    for (index, value) in table.byIndex {
      if let fault = fault(.integer(index), key) { return "key \(fault)" }
      if let fault = fault(value, element) { return "[\(index)]: \(fault)" }
    }
    for (name, value) in table.fields {
      if let fault = fault(.string(name), key) { return "key \(fault)" }
      if let fault = fault(value, element) { return "\(name): \(fault)" }
    }
    return nil
  }

  /// Compares a table with a class of tables: no name too many, none too few.
  private mutating func fault(of table: LuaTable, _ name: String) -> String? {
    let fields = api.fields(of: name)
    var open: LuaType?
    for field in fields {
      guard case .index = field.key else { continue }
      open = field.type
    }
    for (key, value) in table.fields {
      if let field = fields.first(where: { $0.name == key }) {
        fieldsSeen[name, default: []].insert(key)
        if let fault = fault(value, field.type) { return "\(name).\(key): \(fault)" }
      } else if let open {
        if let fault = fault(value, open) { return "\(name).\(key): \(fault)" }
      } else {
        return "\(name) has '\(key)'"
      }
    }
    for field in fields where !field.isOptional {
      if let key = field.name, table.fields[key] == nil { return "\(name) lacks '\(key)'" }
    }
    return nil
  }
}

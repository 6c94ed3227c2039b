import APIReference

/// What is known of an expression without running it; nothing, most of the time.
struct Shape {
  /// The types that its value may have; nil if nothing is known.
  var types: [LuaType]?
  /// Its value, where that is a literal: a boolean, a number, a string.
  var constant: LuaValue?
  /// What it names, where that is the host's or Lua's own: `cast.vector`, `string.format`.
  var path: String?
  /// Its content, where it is a table constructor.
  var table: TableShape?
  /// The function of the host that it is a result of: `cast.out`.
  var source: String?
  /// The types of all results, where it is a call.
  var results: [LuaType] = []
  /// Whether it may be any number of values.
  var isOpen = false
  /// The local variable that it is.
  var local: Int?
  /// What `cast.options` returned: the names that it declares.
  var declaredOptions: Set<String>?
  /// The line that it starts in.
  var line = 0

  static var unknown: Shape { Shape() }

  /// A value of a declared type.
  static func of(_ type: LuaType, _ api: API) -> Shape {
    let alternatives = api.alternatives(of: type)
    return alternatives.contains(.named("any")) || alternatives.isEmpty
      ? .unknown : Shape(types: alternatives)
  }

  static func constant(_ value: LuaValue) -> Shape {
    let name =
      switch value {
      case .boolean: "boolean"
      case .integer: "integer"
      case .number: "number"
      default: "string"
      }
    return Shape(types: [.named(name)], constant: value)
  }

  /// The same with one value only.
  var single: Shape {
    var shape = self
    shape.isOpen = false
    shape.results = []
    return shape
  }

  /// The text of a literal string.
  var text: String? { constant?.text }

  /// The classes of the host that it may be; empty if it may be anything else.
  func classes(_ api: API) -> [String] {
    var names: [String] = []
    for type in types ?? [] {
      guard case .named(let name) = type, api.type(name) != nil else { return [] }
      names.append(name)
    }
    return names
  }
}

/// What a table constructor holds.
final class TableShape {
  /// Entries by name, in order.
  var fields: [(name: String, shape: Shape)] = []
  /// Entries without a name.
  var list: [Shape] = []
  /// Whether there is nothing else in it.
  var isComplete = true

  /// Most entries that are remembered.
  static let most = 1000

  /// The table, if every entry is a literal; nil otherwise.
  var constant: LuaValue? {
    guard isComplete else { return nil }
    var table = LuaTable()
    for shape in list {
      guard let value = shape.constant ?? shape.table?.constant else { return nil }
      table.list.append(value)
    }
    for (name, shape) in fields {
      guard let value = shape.constant ?? shape.table?.constant else { return nil }
      table.fields[name] = value
    }
    return .table(table)
  }
}

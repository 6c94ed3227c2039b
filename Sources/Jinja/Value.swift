/// What an expression is worth, as Python has it.
enum Value {
  case undefined(Missing)
  case none
  case bool(Bool)
  case int(Int)
  case float(Double)
  case string(Text)
  case list(List)
  case dict(Dict)
  case range(Progression)
  /// `items()`, `keys()` or `values()` of a dictionary.
  case view(Dict, View)
  /// Something that can be gone through once.
  case iterator(Iteration)
  case namespace(Namespace)
  case loop(LoopState)
  case cycler(Cycler)
  case joiner(Joiner)
  case macro(Macro)
  case function(GlobalFunction)
  case method(Method)

  /// `range(…)`: integers from `start`, `count` of them.
  struct Progression {
    var start: Int
    /// As it was written, for printing.
    var stop: Int
    var step: Int
    var count: Int

    subscript(index: Int) -> Int { start &+ index &* step }
  }

  enum View {
    case items
    case keys
    case values
  }

  static func text(_ string: String) -> Value { .string(Text(string)) }

  /// A value that there is not, for a reason.
  static func missing(_ reason: String) -> Value { .undefined(Missing(reason)) }

  /// The Python name of the type.
  var typeName: String {
    switch self {
    case .undefined: "Undefined"
    case .none: "NoneType"
    case .bool: "bool"
    case .int: "int"
    case .float: "float"
    case .string(let text): text.isSafe ? "Markup" : "str"
    case .list(let list): list.kind == .list ? "list" : "tuple"
    case .dict: "dict"
    case .range: "range"
    case .view(_, .items): "dict_items"
    case .view(_, .keys): "dict_keys"
    case .view(_, .values): "dict_values"
    case .iterator(let iteration): iteration.name
    case .namespace: "Namespace"
    case .loop: "LoopContext"
    case .cycler: "Cycler"
    case .joiner: "Joiner"
    case .macro: "Macro"
    case .function: "function"
    case .method: "builtin_function_or_method"
    }
  }

  /// What Jinja calls it when it lacks something.
  var objectName: String {
    switch self {
    case .none: "None"
    case .string(let text) where text.isSafe: "markupsafe.Markup object"
    case .namespace, .cycler, .joiner: "jinja2.utils.\(typeName) object"
    case .loop, .macro: "jinja2.runtime.\(typeName) object"
    default: "\(typeName) object"
    }
  }

  /// How deeply lists and dictionaries are nested in it.
  var depth: Int {
    switch self {
    case .list(let list): list.depth
    case .dict(let dict), .view(let dict, _): dict.depth
    case .iterator(let iteration): iteration.depth
    case .loop(let loop): loop.depth
    case .cycler(let cycler): cycler.items.depth
    case .method(let method): method.depth
    default: 0
    }
  }

  var isUndefined: Bool {
    if case .undefined = self { return true }
    return false
  }

  /// Whether Python takes it for true.
  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let value): value
    case .int(let value): value != 0
    case .float(let value): value != 0
    case .string(let text): !text.isEmpty
    case .list(let list): !list.items.isEmpty
    case .dict(let dict), .view(let dict, _): dict.count > 0
    case .range(let range): range.count > 0
    default: true
    }
  }

  /// The integer, if it is one; a truth value is one too.
  var integer: Int? {
    switch self {
    case .int(let value): value
    case .bool(let value): value ? 1 : 0
    default: nil
    }
  }

  /// The number as a float, if it is one.
  var number: Double? {
    if case .float(let value) = self { return value }
    return integer.map { Double($0) }
  }
}

/// Why there is no value.
final class Missing {
  let reason: String
  let code: JinjaError.Code

  init(_ reason: String, _ code: JinjaError.Code = .undefined) {
    self.reason = reason
    self.code = code
  }

  var error: JinjaError { JinjaError(code, reason) }
}

/// A list or tuple; never changed.
final class List {
  enum Kind {
    case list
    case tuple
    /// A pair of `groupby`.
    case group
  }

  let items: [Value]
  let kind: Kind
  let depth: Int

  convenience init(_ items: [Value], _ budget: Budget) throws {
    try self.init(items, .list, budget)
  }

  init(_ items: [Value], _ kind: Kind, _ budget: Budget) throws {
    self.items = items
    self.kind = kind
    depth = 1 + items.reduce(0) { max($0, $1.depth) }
    try budget.spend(items.count)
    try budget.check(depth: depth)
  }
}

/// A dictionary; never changed once it is a value.
final class Dict {
  private(set) var keys: [Value] = []
  private(set) var values: [Value] = []
  private(set) var depth = 1
  private var places: [Key: Int] = [:]
  /// Up to this many keys are compared one by one.
  private static let few = 8

  init() {}

  var count: Int { keys.count }

  /// A key by which equal values are found.
  enum Key: Hashable {
    case none
    case undefined
    case int(Int)
    case float(Double)
    case string(Text)
    case tuple([Key])
    case object(ObjectIdentifier)
  }

  subscript(text: Text) -> Value? {
    if keys.count <= Dict.few {
      for (index, key) in keys.enumerated() {
        if case .string(let key) = key, key == text { return values[index] }
      }
      return nil
    }
    return places[.string(text)].map { values[$0] }
  }

  /// - Throws: ``JinjaError`` if the key cannot be one.
  func value(at key: Value) throws -> Value? {
    if case .string(let text) = key { return self[text] }
    return try place(of: key.key()).map { values[$0] }
  }

  func set(_ key: Value, _ value: Value, _ budget: Budget) throws {
    try budget.spend()
    try budget.read(key)
    depth = max(depth, 1 + max(value.depth, key.depth))
    try budget.check(depth: depth)
    let found = try key.key()
    if let place = try place(of: found) {
      values[place] = value
      return
    }
    keys.append(key)
    values.append(value)
    if keys.count == Dict.few + 1 {
      for (index, key) in keys.enumerated() { places[try key.key()] = index }
    } else if keys.count > Dict.few {
      places[found] = keys.count - 1
    }
  }

  private func place(of key: Key) throws -> Int? {
    keys.count > Dict.few ? places[key] : try keys.firstIndex { try $0.key() == key }
  }

  /// The pairs, each as a tuple.
  func items(_ budget: Budget) throws -> [Value] {
    try keys.indices.map { .list(try List([keys[$0], values[$0]], .tuple, budget)) }
  }
}

extension Value {
  /// A key by which equal values are found.
  ///
  /// - Throws: ``JinjaError`` if the value cannot be a key.
  func key() throws -> Dict.Key {
    var room = 1000
    return try key(&room)
  }

  /// Tuples of tuples may be large without taking memory, but their keys would.
  private func key(_ room: inout Int) throws -> Dict.Key {
    switch self {
    case .none: return .none
    case .undefined: return .undefined
    case .bool(let value): return .int(value ? 1 : 0)
    case .int(let value): return .int(value)
    case .float(let value): return Int(exactly: value).map { .int($0) } ?? .float(value)
    case .string(let text): return .string(text)
    case .list(let list) where list.kind != .list:
      room -= list.items.count
      guard room >= 0 else { throw JinjaError(.limit, "a key of more than 1000 parts.") }
      var parts: [Dict.Key] = []
      for item in list.items { parts.append(try item.key(&room)) }
      return .tuple(parts)
    case .namespace(let object as AnyObject), .iterator(let object as AnyObject),
      .loop(let object as AnyObject), .macro(let object as AnyObject):
      return .object(ObjectIdentifier(object))
    default: throw JinjaError(.type, "unhashable type: '\(typeName)'")
    }
  }
}

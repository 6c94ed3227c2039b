public import Kernels

/// A value on its way between Swift and Lua.
///
/// Tables are copied, without metamethods; functions and other things that only Lua can hold come
/// as references.
public enum LuaValue {
  /// No value.
  case `nil`
  /// A boolean.
  case boolean(Bool)
  /// An integer.
  case integer(Int)
  /// A float.
  case number(Double)
  /// A string: any bytes, not always UTF-8.
  case bytes([UInt8])
  /// A copy of a table.
  case table(LuaTable)
  /// A function.
  case function(LuaReference)
  /// Any value that Lua keeps, a table for one, passed on by reference.
  case reference(LuaReference)
  /// An object of the host.
  case object(any HostObject)
  /// A tensor; Lua and Swift share its elements.
  case tensor(Tensor)
  /// A window on a buffer of the host, valid until its scope is closed.
  case view(TensorView)
  /// Several results of a function.
  case many([LuaValue])

  /// No results.
  public static var nothing: LuaValue { .many([]) }

  /// A string of text.
  public static func string(_ text: some StringProtocol) -> LuaValue { .bytes(Array(text.utf8)) }

  /// A sequence.
  public static func list(_ values: some Sequence<LuaValue>) -> LuaValue {
    .table(LuaTable(list: Array(values)))
  }

  /// A table with names.
  public static func record(_ fields: [String: LuaValue]) -> LuaValue {
    .table(LuaTable(fields: fields))
  }

  /// `nil, message`: how a function reports a failure of the world.
  public static func failure(_ reason: some CustomStringConvertible) -> LuaValue {
    .many([.nil, .string(reason.description)])
  }

  /// The text of a string; nil for other values, and for bytes that are no UTF-8.
  public var text: String? {
    guard case .bytes(let bytes) = self else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }

  /// Whether this is nil.
  public var isNil: Bool {
    if case .nil = self { return true }
    return false
  }

  /// What messages call the value, as `number` or `model`.
  public var typeName: String {
    switch self {
    case .nil: "nil"
    case .boolean: "boolean"
    case .integer, .number: "number"
    case .bytes: "string"
    case .table: "table"
    case .function: "function"
    case .reference(let reference): reference.typeName
    case .object(let object): type(of: object).luaName
    case .tensor, .view: "tensor"
    case .many: "values"
    }
  }
}

/// A copy of a Lua table: the sequence 1…n, the other integer keys, and the names.
public struct LuaTable {
  /// The values at 1, 2, 3 … up to the first hole.
  public var list: [LuaValue]
  /// Values at other integer keys.
  public var indexed: [Int: LuaValue]
  /// Values by name.
  public var fields: [String: LuaValue]
  /// Whether there were keys that are neither integers nor strings; they are not copied.
  public var hasOtherKeys = false

  /// Makes a table.
  public init(
    list: [LuaValue] = [], indexed: [Int: LuaValue] = [:], fields: [String: LuaValue] = [:]
  ) {
    self.list = list
    self.indexed = indexed
    self.fields = fields
  }

  /// Whether the table has no entries.
  public var isEmpty: Bool {
    list.isEmpty && indexed.isEmpty && fields.isEmpty && !hasOtherKeys
  }

  /// The values at integer keys, those of the sequence too, by key.
  public var byIndex: [Int: LuaValue] {
    var all = indexed
    for (offset, value) in list.enumerated() { all[offset + 1] = value }
    return all
  }
}

/// A window on a float buffer that belongs to the host: shape `[rows, columns]`, or `[columns]`.
public struct TensorView {
  /// First element; valid until the scope is closed.
  public var base: UnsafeMutablePointer<Float>
  /// Number of rows; 1 for a vector.
  public var rows: Int
  /// Length of a row.
  public var columns: Int
  /// Whether the shape is `[columns]`.
  public var isVector: Bool
  /// The scope that the view belongs to, as given by `LuaMachine.openScope`.
  public var scope: UInt64

  /// Makes a view.
  public init(
    base: UnsafeMutablePointer<Float>, rows: Int, columns: Int, isVector: Bool, scope: UInt64
  ) {
    self.base = base
    self.rows = rows
    self.columns = columns
    self.isVector = isVector
    self.scope = scope
  }
}

extension LuaValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// Makes nil.
  public init(nilLiteral: ()) { self = .nil }
  /// Makes a boolean.
  public init(booleanLiteral value: Bool) { self = .boolean(value) }
  /// Makes an integer.
  public init(integerLiteral value: Int) { self = .integer(value) }
  /// Makes a float.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// Makes a string.
  public init(stringLiteral value: String) { self = .string(value) }
  /// Makes a sequence.
  public init(arrayLiteral elements: LuaValue...) { self = .list(elements) }
  /// Makes a table with names.
  public init(dictionaryLiteral elements: (String, LuaValue)...) {
    self = .record(Dictionary(elements) { _, last in last })
  }
}

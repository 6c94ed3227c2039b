/// A value that a template is given.
public indirect enum Variable: Sendable, Hashable {
  /// Python's `None`.
  case none
  /// A truth value.
  case bool(Bool)
  /// An integer.
  case int(Int)
  /// A float.
  case float(Double)
  /// A string.
  case string(String)
  /// A list.
  case list([Variable])
  /// A dictionary with its keys in order.
  case dict([Entry])

  /// A key of a dictionary and what stands there.
  public struct Entry: Sendable, Hashable {
    /// The key.
    public let key: String
    /// The value.
    public let value: Variable

    /// An entry.
    public init(_ key: String, _ value: Variable) {
      self.key = key
      self.value = value
    }
  }

  func value(_ budget: Budget, depth: Int = 1) throws -> Value {
    try budget.check(depth: depth)
    switch self {
    case .none: return .none
    case .bool(let value): return .bool(value)
    case .int(let value): return .int(value)
    case .float(let value): return .float(value)
    case .string(let value):
      try budget.allocate(value.utf8.count)
      return .text(value)
    case .list(let items):
      return .list(try List(items.map { try $0.value(budget, depth: depth + 1) }, budget))
    case .dict(let entries):
      let dict = Dict()
      for entry in entries {
        try dict.set(.text(entry.key), entry.value.value(budget, depth: depth + 1), budget)
      }
      return .dict(dict)
    }
  }
}

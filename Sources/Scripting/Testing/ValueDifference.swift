import Kernels

/// Finds where two values of Lua differ: tables and tensors by what they hold, the rest as `==`.
struct ValueDifference {
  private let machine: LuaMachine
  /// How far numbers may be apart; nil where they must be equal.
  private let tolerance: Double?

  init(_ machine: LuaMachine, tolerance: Double? = nil) {
    self.machine = machine
    self.tolerance = tolerance
  }

  /// The first difference in words; nil if there is none.
  ///
  /// - Throws: ``LuaError`` for a table with keys that are neither strings nor integers.
  func between(_ found: LuaValue, _ expected: LuaValue) throws(LuaError) -> String? {
    try between(found, expected, at: "")
  }

  private func between(
    _ found: LuaValue, _ expected: LuaValue, at path: String
  ) throws(LuaError) -> String? {
    switch (found, expected) {
    case (.table(let found), .table(let expected)):
      return try between(found, expected, at: path)
    case (.tensor(let found), .tensor(let expected)):
      return between(found, expected, at: path)
    default:
      return try isSame(found, expected) ? nil : fault(found, expected, at: path)
    }
  }

  private func isSame(_ found: LuaValue, _ expected: LuaValue) throws(LuaError) -> Bool {
    switch (found, expected) {
    case (.nil, .nil): return true
    case (.boolean(let left), .boolean(let right)): return left == right
    case (.integer(let left), .integer(let right)) where tolerance == nil: return left == right
    case (.bytes(let left), .bytes(let right)): return left == right
    case (.object(let left), .object(let right)): return left === right
    case (.function, .function), (.reference, .reference):
      let compare = try machine.load("local a, b = ... return rawequal(a, b)", name: "expect.lua")
      if case .boolean(true)? = try machine.call(compare, [found, expected]).first { return true }
      return false
    default:
      guard let left = number(found), let right = number(expected) else { return false }
      return isClose(left, right)
    }
  }

  private func number(_ value: LuaValue) -> Double? {
    switch value {
    case .integer(let number): Double(number)
    case .number(let number): number
    default: nil
    }
  }

  private func isClose(_ left: Double, _ right: Double) -> Bool {
    left == right || tolerance.map { abs(left - right) <= $0 } ?? false
  }

  private func between(
    _ found: LuaTable, _ expected: LuaTable, at path: String
  ) throws(LuaError) -> String? {
    guard !found.hasOtherKeys, !expected.hasOtherKeys else {
      throw LuaError(
        .script, "tables with keys other than strings and integers cannot be compared")
    }
    let (left, right) = (found.byIndex, expected.byIndex)
    for key in Set(left.keys).union(right.keys).sorted() {
      let place = "\(path)[\(key)]"
      if let fault = try between(left[key] ?? .nil, right[key] ?? .nil, at: place) { return fault }
    }
    for name in Set(found.fields.keys).union(expected.fields.keys).sorted() {
      let fault = try between(
        found.fields[name] ?? .nil, expected.fields[name] ?? .nil, at: "\(path).\(name)")
      if let fault { return fault }
    }
    return nil
  }

  private func between(_ found: Tensor, _ expected: Tensor, at path: String) -> String? {
    guard found.isVector == expected.isVector, found.rows == expected.rows,
      found.columns == expected.columns
    else { return fault(.tensor(found), .tensor(expected), at: path) }
    for index in 0..<found.rows * found.columns {
      let (left, right) = (Double(found.base[index]), Double(expected.base[index]))
      guard !isClose(left, right) else { continue }
      let (row, column) = (index / found.columns + 1, index % found.columns + 1)
      let place = found.isVector ? "[\(column)]" : "[\(row)][\(column)]"
      return fault(.number(left), .number(right), at: path + place)
    }
    return nil
  }

  private func fault(_ found: LuaValue, _ expected: LuaValue, at path: String) -> String {
    let text = ValueText(machine)
    let place = path.isEmpty ? "" : " at \(path)"
    let bound = tolerance.map { " by more than \($0)" } ?? ""
    return "values differ\(bound)\(place) (expected \(text.text(expected)), found "
      + "\(text.text(found)))"
  }
}

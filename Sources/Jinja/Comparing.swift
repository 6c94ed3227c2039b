/// Comparisons as Python has them.
enum Comparing {
  static func equal(_ left: Value, _ right: Value, _ budget: Budget) throws -> Bool {
    try budget.spend()
    switch (left, right) {
    case (.undefined, .undefined), (.none, .none): return true
    case (.string(let left), .string(let right)):
      guard left.bytes.count == right.bytes.count else { return false }
      try budget.spend(left.bytes.count / 64)
      return left == right
    case (.list(let left), .list(let right)):
      guard (left.kind == .list) == (right.kind == .list), left.items.count == right.items.count
      else { return false }
      if left === right { return true }
      for (left, right) in zip(left.items, right.items) {
        guard try equal(left, right, budget) else { return false }
      }
      return true
    case (.dict(let left), .dict(let right)):
      guard left.count == right.count else { return false }
      for (index, key) in left.keys.enumerated() {
        guard let other = try right.value(at: key), try equal(left.values[index], other, budget)
        else { return false }
      }
      return true
    case (.range(let left), .range(let right)):
      return left.count == right.count
        && (left.count == 0
          || (left.start == right.start && (left.count == 1 || left.step == right.step)))
    case (.namespace(let left), .namespace(let right)): return left === right
    case (.iterator(let left), .iterator(let right)): return left === right
    case (.loop(let left), .loop(let right)): return left === right
    case (.macro(let left), .macro(let right)): return left === right
    case (.cycler(let left), .cycler(let right)): return left === right
    case (.joiner(let left), .joiner(let right)): return left === right
    case (.function(let left), .function(let right)): return left == right
    case (.method(let left), .method(let right)):
      return left.name == right.name
        && (left === right || isSame(left.receiver, right.receiver))
    default:
      if let left = left.integer, let right = right.integer { return left == right }
      if let left = left.integer, case .float(let right) = right { return exactly(left, right) }
      if case .float(let left) = left, let right = right.integer { return exactly(right, left) }
      if case .float(let left) = left, case .float(let right) = right { return left == right }
      return false
    }
  }

  private static func exactly(_ integer: Int, _ float: Double) -> Bool {
    Int(exactly: float) == integer
  }

  /// Whether two values are the same object of Python, as far as that is defined.
  static func isSame(_ left: Value, _ right: Value) -> Bool {
    switch (left, right) {
    case (.none, .none): true
    case (.bool(let left), .bool(let right)): left == right
    case (.int(let left), .int(let right)): left == right
    case (.float(let left), .float(let right)): left == right
    case (.string(let left), .string(let right)): left == right
    case (.list(let left), .list(let right)): left === right
    case (.dict(let left), .dict(let right)): left === right
    case (.namespace(let left), .namespace(let right)): left === right
    case (.macro(let left), .macro(let right)): left === right
    default: false
    }
  }

  /// Whether the left value goes before the right one.
  ///
  /// - Throws: ``JinjaError`` for values without an order.
  static func less(
    _ left: Value, _ right: Value, orEqual: Bool = false, _ budget: Budget,
    symbol: String? = nil
  ) throws -> Bool {
    try budget.spend()
    switch (left, right) {
    case (.undefined(let missing), _), (_, .undefined(let missing)): throw missing.error
    case (.string(let left), .string(let right)):
      try budget.spend(min(left.bytes.count, right.bytes.count) / 64)
      return orEqual ? left <= right : left < right
    case (.list(let left), .list(let right)) where (left.kind == .list) == (right.kind == .list):
      for (left, right) in zip(left.items, right.items) where try !equal(left, right, budget) {
        return try less(left, right, orEqual: orEqual, budget, symbol: symbol)
      }
      return orEqual
        ? left.items.count <= right.items.count : left.items.count < right.items.count
    default:
      if let left = left.integer, let right = right.integer {
        return orEqual ? left <= right : left < right
      }
      if let left = left.number, let right = right.number {
        return orEqual ? left <= right : left < right
      }
      throw JinjaError(
        .type,
        "'\(symbol ?? (orEqual ? "<=" : "<"))' not supported between instances of "
          + "'\(left.typeName)' and '\(right.typeName)'")
    }
  }

  static func holds(
    _ comparison: Comparison, _ left: Value, _ right: Value, _ budget: Budget
  ) throws -> Bool {
    switch comparison {
    case .equal: try equal(left, right, budget)
    case .unequal: try !equal(left, right, budget)
    case .less: try less(left, right, budget)
    case .lessOrEqual: try less(left, right, orEqual: true, budget)
    case .greater: try swapped(left, right, orEqual: false, budget)
    case .greaterOrEqual: try swapped(left, right, orEqual: true, budget)
    case .contained: try contains(right, left, budget)
    case .notContained: try !contains(right, left, budget)
    }
  }

  /// `left > right`; the message names the operands in the order in which they are written.
  private static func swapped(
    _ left: Value, _ right: Value, orEqual: Bool, _ budget: Budget
  ) throws -> Bool {
    do {
      return try less(right, left, orEqual: orEqual, budget)
    } catch let error as JinjaError where error.code == .type {
      throw JinjaError(
        .type,
        "'\(orEqual ? ">=" : ">")' not supported between instances of "
          + "'\(left.typeName)' and '\(right.typeName)'")
    }
  }

  /// Python's `in`.
  static func contains(_ container: Value, _ item: Value, _ budget: Budget) throws -> Bool {
    switch container {
    case .undefined: return false
    case .string(let text):
      guard case .string(let part) = item else {
        throw JinjaError(
          .type, "'in <string>' requires string as left operand, not \(item.typeName)")
      }
      try budget.spend(1 + text.bytes.count / 64)
      return text.contains(part)
    case .dict(let dict), .view(let dict, .keys):
      try budget.read(item)
      return try dict.value(at: item) != nil
    default:
      for value in try Iterating.values(of: container, budget, "argument of type")
      where try equal(value, item, budget) {
        return true
      }
      return false
    }
  }
}

/// Going through values.
enum Iterating {
  /// All values that a loop over a value would visit.
  ///
  /// - Throws: ``JinjaError`` with code `type` for values that cannot be gone through.
  static func values(
    of value: Value, _ budget: Budget, _ complaint: String? = nil
  ) throws -> [Value] {
    switch value {
    case .undefined: return []
    case .string(let text):
      try budget.spend(text.bytes.count)
      return Text(text.bytes).characters.map { .string($0) }
    case .list(let list): return list.items
    case .dict(let dict), .view(let dict, .keys): return dict.keys
    case .view(let dict, .values): return dict.values
    case .view(let dict, .items): return try dict.items(budget)
    case .range(let range):
      try budget.spend(range.count)
      return (0..<range.count).map { .int(range[$0]) }
    case .iterator(let iteration): return iteration.rest()
    case .loop(let loop):
      var values: [Value] = []
      while let value = try loop.next() {
        values.append(.list(try List([value, .loop(loop)], .tuple, budget)))
      }
      return values
    default:
      throw JinjaError(
        .type,
        complaint.map { "\($0) '\(value.typeName)' is not iterable" }
          ?? "'\(value.typeName)' object is not iterable")
    }
  }

  /// Python's `len`.
  static func length(of value: Value) throws -> Int {
    switch value {
    case .undefined: 0
    case .string(let text): text.count
    case .list(let list): list.items.count
    case .dict(let dict), .view(let dict, _): dict.count
    case .range(let range): range.count
    case .loop(let loop): try loop.length()
    default: throw JinjaError(.type, "object of type '\(value.typeName)' has no len()")
    }
  }
}

/// Sorting that keeps the order of equal values.
enum Sorting {
  /// The places of some keys in the order of the keys.
  static func order(_ keys: [Value], reverse: Bool, _ budget: Budget) throws -> [Int] {
    // Python reverses before and after, so that equal values keep their order.
    let places = reverse ? Array(keys.indices.reversed()) : Array(keys.indices)
    let sorted = try merge(places) { try Comparing.less(keys[$0], keys[$1], budget) }
    return reverse ? sorted.reversed() : sorted
  }

  private static func merge(
    _ places: [Int], _ isLess: (Int, Int) throws -> Bool
  ) throws -> [Int] {
    guard places.count > 1 else { return places }
    let middle = places.count / 2
    let left = try merge(Array(places[..<middle]), isLess)
    let right = try merge(Array(places[middle...]), isLess)
    var merged: [Int] = []
    merged.reserveCapacity(places.count)
    var here = 0
    var there = 0
    while here < left.count, there < right.count {
      if try isLess(right[there], left[here]) {
        merged.append(right[there])
        there += 1
      } else {
        merged.append(left[here])
        here += 1
      }
    }
    return merged + left[here...] + right[there...]
  }
}

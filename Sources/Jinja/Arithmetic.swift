/// Operators as Python has them.
struct Arithmetic {
  let budget: Budget

  func apply(_ operation: Operator, _ left: Value, _ right: Value) throws -> Value {
    if case .string(let text) = left, operation == .modulo {
      return .string(try PercentFormat(text, right, budget).text())
    }
    if case .undefined(let missing) = left { throw missing.error }
    if case .undefined(let missing) = right { throw missing.error }
    if let left = left.integer, let right = right.integer {
      return try integers(operation, left, right)
    }
    if let left = left.number, let right = right.number {
      return try floats(operation, left, right)
    }
    switch (operation, left, right) {
    case (.add, .string(let left), .string(let right)): return .string(try join(left, right))
    case (.add, .list(let left), .list(let right)):
      guard (left.kind == .list) == (right.kind == .list) else {
        throw JinjaError(
          .type,
          "can only concatenate \(Value.list(left).typeName) "
            + "(not \"\(Value.list(right).typeName)\") to \(Value.list(left).typeName)")
      }
      return .list(
        try List(left.items + right.items, left.kind == .list ? .list : .tuple, budget))
    case (.multiply, .string(let text), _) where right.integer != nil:
      return .string(try repeated(text, right.integer ?? 0))
    case (.multiply, _, .string(let text)) where left.integer != nil:
      return .string(try repeated(text, left.integer ?? 0))
    case (.multiply, .list(let list), _) where right.integer != nil:
      return .list(try repeated(list, right.integer ?? 0))
    case (.multiply, _, .list(let list)) where left.integer != nil:
      return .list(try repeated(list, left.integer ?? 0))
    case (.add, .string, _):
      throw JinjaError(.type, "can only concatenate str (not \"\(right.typeName)\") to str")
    default:
      throw JinjaError(
        .type,
        "unsupported operand type(s) for \(operation == .power ? "** or pow()" : operation.rawValue)"
          + ": '\(left.typeName)' and '\(right.typeName)'")
    }
  }

  func negated(_ value: Value) throws -> Value {
    switch value {
    case .undefined(let missing): throw missing.error
    case .float(let value): return .float(-value)
    default:
      guard let integer = value.integer else {
        throw JinjaError(.type, "bad operand type for unary -: '\(value.typeName)'")
      }
      return .int(try checked(0.subtractingReportingOverflow(integer)))
    }
  }

  func positive(_ value: Value) throws -> Value {
    switch value {
    case .undefined(let missing): throw missing.error
    case .float: return value
    default:
      guard let integer = value.integer else {
        throw JinjaError(.type, "bad operand type for unary +: '\(value.typeName)'")
      }
      return .int(integer)
    }
  }

  // MARK: Strings and lists

  func join(_ left: Text, _ right: Text) throws -> Text {
    var left = left
    var right = right
    if left.isSafe != right.isSafe {
      left = left.escaped
      right = right.escaped
    }
    try budget.allocate(left.bytes.count + right.bytes.count)
    left.append(right)
    return left
  }

  private func repeated(_ text: Text, _ count: Int) throws -> Text {
    let count = text.isEmpty ? 0 : max(count, 0)
    try budget.allocate(text.bytes.count, times: count)
    var result = Text(isSafe: text.isSafe)
    result.bytes.reserveCapacity(text.bytes.count * count)
    for _ in 0..<count { result.append(text) }
    return result
  }

  private func repeated(_ list: List, _ count: Int) throws -> List {
    let count = list.items.isEmpty ? 0 : max(count, 0)
    let (total, overflow) = list.items.count.multipliedReportingOverflow(by: count)
    // Before the copies are made.
    try budget.spend(overflow ? budget.limits.steps + 1 : min(total, budget.limits.steps + 1))
    return try List(
      Array((0..<count).map { _ in list.items }.joined()), list.kind == .list ? .list : .tuple,
      budget)
  }

  // MARK: Numbers

  private func checked(_ result: (partialValue: Int, overflow: Bool)) throws -> Int {
    guard !result.overflow else {
      throw JinjaError(.limit, "an integer of more than 64 bits.")
    }
    return result.partialValue
  }

  private func integers(_ operation: Operator, _ left: Int, _ right: Int) throws -> Value {
    switch operation {
    case .add: return .int(try checked(left.addingReportingOverflow(right)))
    case .subtract: return .int(try checked(left.subtractingReportingOverflow(right)))
    case .multiply: return .int(try checked(left.multipliedReportingOverflow(by: right)))
    case .divide:
      guard right != 0 else { throw JinjaError(.type, "division by zero") }
      return .float(Double(left) / Double(right))
    case .floorDivide, .modulo:
      guard right != 0 else { throw JinjaError(.type, "integer division or modulo by zero") }
      if right == -1 { return operation == .modulo ? .int(0) : try negated(.int(left)) }
      let remainder = left % right
      let isBelow = remainder != 0 && (remainder < 0) != (right < 0)
      if operation == .modulo { return .int(isBelow ? remainder + right : remainder) }
      return .int(left / right - (isBelow ? 1 : 0))
    case .power:
      if right < 0 {
        guard left != 0 else {
          throw JinjaError(.type, "0.0 cannot be raised to a negative power")
        }
        return .float(try Power.of(Double(left), Double(right)))
      }
      var result = 1
      var base = left
      var exponent = right
      while exponent > 0 {
        if exponent & 1 == 1 { result = try checked(result.multipliedReportingOverflow(by: base)) }
        exponent >>= 1
        if exponent > 0 { base = try checked(base.multipliedReportingOverflow(by: base)) }
      }
      return .int(result)
    }
  }

  private func floats(_ operation: Operator, _ left: Double, _ right: Double) throws -> Value {
    switch operation {
    case .add: return .float(left + right)
    case .subtract: return .float(left - right)
    case .multiply: return .float(left * right)
    case .divide:
      guard right != 0 else { throw JinjaError(.type, "float division by zero") }
      return .float(left / right)
    case .floorDivide, .modulo:
      guard right != 0 else { throw JinjaError(.type, "float floor division by zero") }
      var remainder = left.truncatingRemainder(dividingBy: right)
      var quotient = (left - remainder) / right
      if remainder != 0 {
        if (right < 0) != (remainder < 0) {
          remainder += right
          quotient -= 1
        }
      } else {
        remainder = right.sign == .minus ? -0.0 : 0.0
      }
      if operation == .modulo { return .float(remainder) }
      guard quotient != 0 else {
        return .float((left / right).sign == .minus ? -0.0 : 0.0)
      }
      let floor = quotient.rounded(.down)
      return .float(quotient - floor > 0.5 ? floor + 1 : floor)
    case .power: return .float(try Power.of(left, right))
    }
  }
}

/// Powers of floats; exponents are integers or one half.
enum Power {
  static func of(_ base: Double, _ exponent: Double) throws -> Double {
    if exponent == 0 || base == 1 { return 1 }
    if base.isNaN || exponent.isNaN { return .nan }
    if exponent == 0.5, base >= 0, base.isFinite { return base.squareRoot() }
    guard let count = Int(exactly: exponent), count.magnitude <= 1 << 20 else {
      throw JinjaError(.unsupported, "powers other than of integers are not supported.")
    }
    if base == 0, count < 0 {
      throw JinjaError(.type, "0.0 cannot be raised to a negative power")
    }
    // Twice the precision, so that the last rounding is the only one that shows.
    var result = (high: 1.0, low: 0.0)
    var square = (high: base, low: 0.0)
    var rest = count.magnitude
    while rest > 0 {
      if rest & 1 == 1 { result = product(result, square) }
      rest >>= 1
      if rest > 0 { square = product(square, square) }
    }
    let value: Double
    if count < 0 {
      let quotient = 1 / result.high
      // One step of Newton's method.
      let error = (1.0).addingProduct(-quotient, result.high) - quotient * result.low
      value = error.isFinite ? quotient + quotient * error : quotient
    } else {
      value = result.high + result.low
    }
    if value.isInfinite, base.isFinite {
      throw JinjaError(.type, "(34, 'Numerical result out of range')")
    }
    return value
  }

  private static func product(
    _ left: (high: Double, low: Double), _ right: (high: Double, low: Double)
  ) -> (high: Double, low: Double) {
    let high = left.high * right.high
    guard high.isFinite else { return (high, 0) }
    var low = (-high).addingProduct(left.high, right.high)
    low += left.high * right.low + left.low * right.high
    let sum = high + low
    return (sum, low - (sum - high))
  }
}

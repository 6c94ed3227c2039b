/// Numbers as Python's `int`, `float` and `round` make them.
enum PythonNumber {
  /// What the filter `int` gives; nil where it falls back to the default.
  static func integer(_ value: Value, base: Int) throws -> Value? {
    switch value {
    case .undefined(let missing): throw missing.error
    case .string(let text):
      if let integer = try integer(text, base: base) { return .int(integer) }
      guard let float = float(text), float.isFinite else { return nil }
      return .int(try whole(float))
    case .float(let float):
      if float.isNaN { return nil }
      guard float.isFinite else {
        throw JinjaError(.type, "cannot convert float infinity to integer")
      }
      return .int(try whole(float))
    default: return value.integer.map { .int($0) }
    }
  }

  private static func whole(_ float: Double) throws -> Int {
    guard let integer = Int(exactly: float.rounded(.towardZero)) else {
      throw JinjaError(.limit, "an integer of more than 64 bits.")
    }
    return integer
  }

  /// An integer in digits of a base, with Python's underscores and prefixes.
  private static func integer(_ text: Text, base: Int) throws -> Int? {
    guard base == 0 || (2...36).contains(base) else { return nil }
    var digits = Substring(text.stripped(.both).string)
    var sign = ""
    if let first = digits.first, first == "+" || first == "-" {
      sign = String(digits.removeFirst())
    }
    let prefixes: [String: Int] = ["0x": 16, "0o": 8, "0b": 2]
    var radix = base
    var hadPrefix = false
    if let prefix = prefixes[digits.prefix(2).lowercased()], base == 0 || base == prefix {
      digits = digits.dropFirst(2)
      radix = prefix
      hadPrefix = true
    } else if base == 0 {
      radix = 10
    }
    guard let plain = withoutUnderscores(digits, allowsFirst: hadPrefix),
      plain.utf8.allSatisfy({
        Character(UnicodeScalar($0)).isHexDigit || (0x41...0x7A).contains($0)
      })
    else { return nil }
    if base == 0, !hadPrefix, plain.hasPrefix("0"), plain.contains(where: { $0 != "0" }) {
      return nil
    }
    if let value = Int(sign + plain, radix: radix) { return value }
    // Digits that do not fit, rather than none.
    guard plain.allSatisfy({ Int(String($0), radix: radix) != nil }) else { return nil }
    throw JinjaError(.limit, "an integer of more than 64 bits.")
  }

  private static func withoutUnderscores(
    _ text: Substring, allowsFirst: Bool = false
  ) -> String? {
    let parts = text.split(separator: "_", omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() where part.isEmpty {
      guard allowsFirst, index == 0, parts.count > 1 else { return nil }
    }
    return parts.joined()
  }

  /// What `float` gives; nil for what it does not take.
  static func float(_ value: Value) throws -> Double? {
    switch value {
    case .undefined(let missing): throw missing.error
    case .string(let text): float(text)
    default: value.number
    }
  }

  private static func float(_ text: Text) -> Double? {
    let stripped = text.stripped(.both).string.lowercased()
    var rest = Substring(stripped)
    let isNegative = rest.first == "-"
    if let first = rest.first, first == "+" || first == "-" { rest = rest.dropFirst() }
    switch rest {
    case "inf", "infinity": return isNegative ? -.infinity : .infinity
    case "nan": return .nan
    default: break
    }
    guard rest.utf8.allSatisfy({ "0123456789._e+-".utf8.contains($0) }),
      let first = rest.utf8.first, "0123456789.".utf8.contains(first), rest != ".",
      !rest.contains("._"), !rest.contains("_."), !rest.contains("e_"), !rest.contains("_e"),
      let plain = withoutUnderscores(rest)
    else { return nil }
    var text = plain
    if text.hasPrefix(".") { text = "0" + text }
    text = text.replacing(".e", with: ".0e")
    if text.hasSuffix(".") { text += "0" }
    return Double(text).map { isNegative ? -$0 : $0 }
  }

  /// What the filter `round` gives.
  static func rounded(
    _ value: Value, places: Int, _ method: String, _ budget: Budget
  ) throws -> Value {
    if case .undefined(let missing) = value { throw missing.error }
    guard let number = value.number else {
      throw JinjaError(.type, "type \(value.typeName) doesn't define __round__ method")
    }
    guard places.magnitude <= 400 else {
      throw JinjaError(.limit, "round to more than 400 places.")
    }
    if method == "common" {
      if let integer = value.integer {
        return .int(places >= 0 ? integer : try rounded(integer, tens: -places))
      }
      guard number.isFinite else { return value }
      try budget.spend(Decimal.cost(number))
      return .float(Decimal.value(Decimal.rounded(Decimal.exact(number), places: places)))
    }
    let arithmetic = Arithmetic(budget: budget)
    let scale = try arithmetic.apply(.power, .int(10), .int(places))
    let product = try arithmetic.apply(.multiply, value, scale)
    let whole: Value
    if case .float(let product) = product {
      guard product.isFinite else {
        throw JinjaError(.type, "cannot convert float infinity or NaN to integer")
      }
      whole = .int(try self.whole(product.rounded(method == "ceil" ? .up : .down)))
    } else {
      whole = product
    }
    return try arithmetic.apply(.divide, whole, scale)
  }

  /// Ties go to the even digit.
  private static func rounded(_ integer: Int, tens: Int) throws -> Int {
    guard tens <= 18 else { return 0 }
    var unit = 1
    for _ in 0..<tens { unit *= 10 }
    let remainder = ((integer % unit) + unit) % unit
    let (down, overflow) = integer.subtractingReportingOverflow(remainder)
    guard !overflow else { throw JinjaError(.limit, "an integer of more than 64 bits.") }
    let isUp =
      remainder > unit - remainder
      || (remainder == unit - remainder && (down / unit) % 2 != 0)
    guard isUp else { return down }
    let (up, overflows) = down.addingReportingOverflow(unit)
    guard !overflows else { throw JinjaError(.limit, "an integer of more than 64 bits.") }
    return up
  }
}

/// Text in a URL.
enum URLText {
  static func encode(_ value: Value, _ budget: Budget) throws -> Text {
    switch value {
    case .string(let text): return quoted(text, keepsSlash: true)
    case .dict(let dict): return try pairs(dict.items(budget), budget)
    case .none, .bool, .int, .float, .namespace, .cycler, .joiner, .macro, .function, .method:
      return quoted(try Writer.text(of: value, budget), keepsSlash: true)
    default: return try pairs(Iterating.values(of: value, budget), budget)
    }
  }

  private static func pairs(_ items: [Value], _ budget: Budget) throws -> Text {
    var text = Text()
    for item in items {
      let pair = try Iterating.values(of: item, budget)
      guard pair.count == 2 else {
        throw JinjaError(.type, "not enough values to unpack (expected 2, got \(pair.count))")
      }
      if !text.isEmpty { text.append("&") }
      text.append(quoted(try Writer.text(of: pair[0], budget), keepsSlash: false))
      text.append("=")
      text.append(quoted(try Writer.text(of: pair[1], budget), keepsSlash: false))
      try budget.limits.check(string: text)
    }
    return text
  }

  private static func quoted(_ text: Text, keepsSlash: Bool) -> Text {
    var quoted = Text()
    for byte in text.bytes {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
        UInt8(ascii: "-"), UInt8(ascii: "~"):
        quoted.bytes.append(byte)
      case UInt8(ascii: "/") where keepsSlash: quoted.bytes.append(byte)
      case UInt8(ascii: " ") where !keepsSlash: quoted.append("+")
      default:
        quoted.append((byte < 0x10 ? "%0" : "%") + String(byte, radix: 16, uppercase: true))
      }
    }
    return quoted
  }
}

/// Floats in decimal, exactly, as Python writes and rounds them.
enum Decimal {
  /// Digits, and the power of ten that the first one stands for.
  struct Digits {
    var isNegative: Bool
    /// Without leading zeros; empty for zero.
    var digits: [UInt8]
    var exponent: Int
  }

  /// The shortest digits that stand for a finite float.
  static func shortest(_ value: Double) -> Digits {
    var digits: [UInt8] = []
    var exponent = 0
    var point: Int?
    let text = Array(value.magnitude.description.utf8)
    var index = 0
    while index < text.count, text[index] | 0x20 != UInt8(ascii: "e") {
      if text[index] == UInt8(ascii: ".") {
        point = digits.count
      } else {
        digits.append(text[index] - UInt8(ascii: "0"))
      }
      index += 1
    }
    if index < text.count {
      exponent = Int(String(decoding: text[(index + 1)...], as: UTF8.self)) ?? 0
    }
    exponent += (point ?? digits.count) - 1
    return trimmed(Digits(isNegative: value.sign == .minus, digits: digits, exponent: exponent))
  }

  /// All digits of a finite float.
  static func exact(_ value: Double) -> Digits {
    guard value != 0 else {
      return Digits(isNegative: value.sign == .minus, digits: [], exponent: 0)
    }
    // value = significand · 2^power
    var significand = value.significandBitPattern
    var power = Int(value.exponentBitPattern) - 1075
    if value.exponentBitPattern == 0 { power += 1 } else { significand |= 1 << 52 }
    // Least significant digit first.
    var digits: [UInt8] = []
    while significand > 0 {
      digits.append(UInt8(significand % 10))
      significand /= 10
    }
    var point = 0
    while power > 0 {
      multiply(&digits, by: 2)
      power -= 1
    }
    while power < 0 {
      // Halving is a multiplication by five and a shift of the point.
      multiply(&digits, by: 5)
      point += 1
      power += 1
    }
    return trimmed(
      Digits(
        isNegative: value < 0, digits: digits.reversed(), exponent: digits.count - 1 - point))
  }

  private static func multiply(_ digits: inout [UInt8], by factor: UInt8) {
    var carry: UInt8 = 0
    for index in digits.indices {
      let product = digits[index] * factor + carry
      digits[index] = product % 10
      carry = product / 10
    }
    if carry > 0 { digits.append(carry) }
  }

  private static func trimmed(_ digits: Digits) -> Digits {
    var digits = digits
    let zeros = digits.digits.prefix { $0 == 0 }.count
    digits.digits.removeFirst(zeros)
    digits.exponent -= zeros
    while digits.digits.last == 0 { digits.digits.removeLast() }
    if digits.digits.isEmpty { digits.exponent = 0 }
    return digits
  }

  /// Rounds to a number of places after the point; ties go to the even digit.
  static func rounded(_ exact: Digits, places: Int) -> Digits {
    var result = exact
    // Number of digits that are kept.
    let kept = exact.exponent + 1 + places
    guard kept < exact.digits.count else { return exact }
    guard kept >= 0 else {
      return Digits(isNegative: exact.isNegative, digits: [], exponent: 0)
    }
    let next = exact.digits[kept]
    let isTie = next == 5 && exact.digits.count == kept + 1
    let isOdd = kept > 0 && exact.digits[kept - 1] % 2 == 1
    result.digits = Array(exact.digits[..<kept])
    if next > 5 || (next == 5 && !isTie) || (isTie && isOdd) {
      var index = kept - 1
      while index >= 0, result.digits[index] == 9 {
        result.digits[index] = 0
        index -= 1
      }
      if index >= 0 {
        result.digits[index] += 1
      } else {
        result.digits.insert(1, at: 0)
        result.exponent += 1
      }
    }
    return trimmed(result)
  }

  /// The float nearest to some digits.
  static func value(_ digits: Digits) -> Double {
    let text = String(decoding: digits.digits.map { $0 + UInt8(ascii: "0") }, as: UTF8.self)
    let magnitude = text.isEmpty ? 0 : Double("0.\(text)e\(digits.exponent + 1)") ?? 0
    return digits.isNegative ? -magnitude : magnitude
  }

  /// `123.450`, with a number of places after the point.
  static func fixed(_ value: Double, places: Int) -> String {
    let digits = rounded(exact(value), places: places)
    return (digits.isNegative ? "-" : "") + plain(digits, places: places)
  }

  private static func plain(_ digits: Digits, places: Int) -> String {
    func digit(_ power: Int) -> Character {
      let index = digits.exponent - power
      let value = digits.digits.indices.contains(index) ? digits.digits[index] : 0
      return Character(UnicodeScalar(value + UInt8(ascii: "0")))
    }
    var text = ""
    let whole = digits.digits.isEmpty ? 0 : max(digits.exponent, 0)
    for power in stride(from: whole, through: 0, by: -1) { text.append(digit(power)) }
    if places > 0 {
      text += "."
      for place in 1...places { text.append(digit(-place)) }
    }
    return text
  }

  /// `1.23e+05`, with a number of places after the point.
  static func scientific(_ value: Double, places: Int) -> String {
    let all = exact(value)
    let digits = rounded(all, places: places - all.exponent)
    return (digits.isNegative ? "-" : "") + scientific(digits, places: places)
  }

  private static func scientific(_ digits: Digits, places: Int) -> String {
    var mantissa = digits
    mantissa.exponent = 0
    let exponent = digits.digits.isEmpty ? 0 : digits.exponent
    let power = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
    return "\(plain(mantissa, places: places))e\(exponent < 0 ? "-" : "+")\(power)"
  }

  /// The shorter of the two forms, with a number of significant digits, without trailing zeros.
  static func general(_ value: Double, significant: Int) -> String {
    let count = max(significant, 1)
    let all = exact(value)
    let digits = rounded(all, places: count - 1 - all.exponent)
    let sign = digits.isNegative ? "-" : ""
    let exponent = digits.digits.isEmpty ? 0 : digits.exponent
    if exponent < -4 || exponent >= count {
      return sign + scientific(digits, places: max(digits.digits.count - 1, 0))
    }
    return sign + plain(digits, places: max(digits.digits.count - 1 - exponent, 0))
  }

  /// What Python's `repr` writes.
  static func text(_ value: Double) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    let digits = shortest(value)
    let sign = digits.isNegative ? "-" : ""
    if !digits.digits.isEmpty, digits.exponent < -4 || digits.exponent >= 16 {
      return sign + scientific(digits, places: digits.digits.count - 1)
    }
    return sign + plain(digits, places: max(digits.digits.count - 1 - digits.exponent, 1))
  }
}

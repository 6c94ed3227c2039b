/// A number, whole where the text has neither fraction nor exponent and it fits.
public enum JSONNumber: Sendable, Hashable {
  /// A whole number.
  case integer(Int)
  /// Any other, to the nearest float64.
  case float(Double)

  /// The number, whole ones exact up to 2^53.
  public var double: Double {
    switch self {
    case .integer(let value): Double(value)
    case .float(let value): value
    }
  }
}

extension JSONReader {
  /// Most characters of a number.
  private static let longestNumber = 400

  /// Reads a number.
  ///
  /// - Throws: ``JSONFault`` also for one beyond the range of float64, or of over 400 characters.
  public mutating func number() throws(JSONFault) -> JSONNumber {
    _ = try peek("a number")
    try count()
    if rules.allowsPython, let special = pythonNumber() { return .float(special) }
    let start = offset
    if bytes[offset] == UInt8(ascii: "-") { offset += 1 }
    if offset < bytes.count, bytes[offset] == UInt8(ascii: "0") {
      offset += 1
    } else {
      try skipDigits(from: start)
    }
    var isWhole = true
    if offset < bytes.count, bytes[offset] == UInt8(ascii: ".") {
      isWhole = false
      offset += 1
      try skipDigits(from: start)
    }
    if offset < bytes.count, bytes[offset] | 0x20 == UInt8(ascii: "e") {
      isWhole = false
      offset += 1
      if offset < bytes.count, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(bytes[offset]) {
        offset += 1
      }
      try skipDigits(from: start)
    }
    let digits = String(decoding: bytes[start..<offset], as: UTF8.self)
    if isWhole, let integer = Int(digits) { return .integer(integer) }
    guard let float = Double(digits), float.isFinite else {
      throw fault("the number \(digits.prefix(40))", "one in the range of float64")
    }
    return .float(float)
  }

  /// Reads a whole number from 0 to `limit`, digits only.
  public mutating func wholeNumber(atMost limit: Int = .max) throws(JSONFault) -> Int {
    func expected() -> String {
      limit == .max ? "a whole number below 2^63" : "a whole number from 0 to \(limit)"
    }
    let first = try peek(expected())
    try count()
    var value = 0
    var place = offset
    while place < bytes.count, case let digit = bytes[place] &- UInt8(ascii: "0"), digit < 10 {
      let (tens, isLong) = value.multipliedReportingOverflow(by: 10)
      let (sum, isTooLong) = tens.addingReportingOverflow(Int(digit))
      guard !isLong, !isTooLong, sum <= limit else { throw fault("a larger number", expected()) }
      value = sum
      place += 1
    }
    guard place > offset else { throw fault(shown, expected()) }
    guard first != UInt8(ascii: "0") || place == offset + 1 else {
      throw fault("a number with zeros before it", expected())
    }
    if place < bytes.count, ".eE".utf8.contains(bytes[place]) {
      throw fault("a fraction", "a whole number")
    }
    offset = place
    return value
  }

  private mutating func skipDigits(from start: Int) throws(JSONFault) {
    let first = offset
    while offset < bytes.count, bytes[offset] &- UInt8(ascii: "0") < 10 {
      offset += 1
      guard offset - start <= JSONReader.longestNumber else {
        throw fault("a number of over \(JSONReader.longestNumber) characters", "a shorter one")
      }
    }
    guard offset > first else { throw fault(shown, "a digit") }
  }

  /// One of Python's numbers that JSON does not have, if it comes next.
  private mutating func pythonNumber() -> Double? {
    if take("NaN") { return .nan }
    if take("Infinity") { return .infinity }
    if take("-Infinity") { return -.infinity }
    return nil
  }
}

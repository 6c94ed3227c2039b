/// Numbers in a template's source.
enum NumberLiteral {
  /// Reads a number that starts with a digit.
  static func read(
    _ source: [UInt8], at start: Int, line: Int
  ) throws -> (Token.Kind, end: Int) {
    if let (digits, radix, end) = prefixed(source, start) {
      return (try integer(digits, radix, line), end)
    }
    let whole = digits(source, from: start)
    var end = whole
    var isFloat = false
    if end < source.count, source[end] == UInt8(ascii: "."),
      case let next = digits(source, from: end + 1),
      next > end + 1
    {
      end = next
      isFloat = true
    }
    if end < source.count, source[end] | 0x20 == UInt8(ascii: "e") {
      var exponent = end + 1
      if exponent < source.count,
        source[exponent] == UInt8(ascii: "+") || source[exponent] == UInt8(ascii: "-")
      {
        exponent += 1
      }
      let next = digits(source, from: exponent)
      if next > exponent {
        end = next
        isFloat = true
      }
    }
    // `x.1.2` is two subscripts.
    if isFloat, start > 0, source[start - 1] == UInt8(ascii: ".") { isFloat = false }
    if isFloat {
      let text = String(
        decoding: source[start..<end].filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
      return (.float(Double(text) ?? .infinity), end)
    }
    // A leading zero is a number of its own.
    if source[start] == UInt8(ascii: "0") {
      end = start + 1
      while end < whole, source[end] == UInt8(ascii: "0") || source[end] == UInt8(ascii: "_") {
        end += 1
      }
      return (.integer(0), end)
    }
    return (try integer(source[start..<whole], 10, line), whole)
  }

  private static func prefixed(
    _ source: [UInt8], _ start: Int
  ) -> (ArraySlice<UInt8>, radix: Int, end: Int)? {
    guard source[start] == UInt8(ascii: "0"), start + 2 < source.count else { return nil }
    let radices: [UInt8: Int] = [
      UInt8(ascii: "b"): 2, UInt8(ascii: "o"): 8, UInt8(ascii: "x"): 16,
    ]
    guard let radix = radices[source[start + 1] | 0x20] else { return nil }
    var end = start + 2
    while end < source.count {
      let digit = source[end] == UInt8(ascii: "_") ? source.dropFirst(end + 1).first : source[end]
      guard let digit, Int(String(UnicodeScalar(digit)), radix: radix) != nil else { break }
      end += source[end] == UInt8(ascii: "_") ? 2 : 1
    }
    return end > start + 2 ? (source[(start + 2)..<end], radix, end) : nil
  }

  private static func digits(_ source: [UInt8], from start: Int) -> Int {
    func isDigit(_ index: Int) -> Bool {
      index < source.count && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(source[index])
    }
    var index = start
    while isDigit(index)
      || (index > start && index < source.count && source[index] == UInt8(ascii: "_")
        && isDigit(index + 1))
    {
      index += 1
    }
    return index
  }

  private static func integer(
    _ digits: ArraySlice<UInt8>, _ radix: Int, _ line: Int
  ) throws -> Token.Kind {
    let text = String(decoding: digits.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
    guard let value = Int(text, radix: radix) else {
      throw JinjaError(
        .limit, "the number \(text.prefix(30)) has more than 64 bits.", line: line)
    }
    return .integer(value)
  }
}

/// Strings in a template's source.
enum StringLiteral {
  private static let simple: [UInt8: UInt8] = [
    UInt8(ascii: "\\"): 0x5C, UInt8(ascii: "'"): 0x27, UInt8(ascii: "\""): 0x22,
    UInt8(ascii: "a"): 7, UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12, UInt8(ascii: "n"): 10,
    UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9, UInt8(ascii: "v"): 11,
  ]

  /// What stands between the quotes, with Python's escapes.
  static func unescape(_ source: ArraySlice<UInt8>, line: Int) throws -> [UInt8] {
    guard source.contains(UInt8(ascii: "\\")) else { return Array(source) }
    var text = Text()
    var index = source.startIndex
    while index < source.endIndex {
      let byte = source[index]
      guard byte == UInt8(ascii: "\\"), index + 1 < source.endIndex else {
        text.bytes.append(byte)
        index += 1
        continue
      }
      let kind = source[index + 1]
      index += 2
      switch kind {
      case UInt8(ascii: "\n"): continue
      case UInt8(ascii: "x"): try text.append(code(source, &index, digits: 2, line))
      case UInt8(ascii: "u"): try text.append(code(source, &index, digits: 4, line))
      case UInt8(ascii: "U"): try text.append(code(source, &index, digits: 8, line))
      case UInt8(ascii: "0")...UInt8(ascii: "7"):
        var value = UInt32(kind - UInt8(ascii: "0"))
        var count = 1
        while count < 3, index < source.endIndex,
          (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(source[index])
        {
          value = value * 8 + UInt32(source[index] - UInt8(ascii: "0"))
          index += 1
          count += 1
        }
        text.append(Unicode.Scalar(value) ?? " ")
      case UInt8(ascii: "N"):
        throw JinjaError(.unsupported, "characters by name (\\N) are not supported.", line: line)
      default:
        if let byte = simple[kind] {
          text.bytes.append(byte)
        } else {
          text.bytes += [UInt8(ascii: "\\"), kind]
        }
      }
    }
    return text.bytes
  }

  private static func code(
    _ source: ArraySlice<UInt8>, _ index: inout Int, digits: Int, _ line: Int
  ) throws -> Unicode.Scalar {
    let hex = source[index...].prefix(digits)
    guard hex.count == digits, hex.first != UInt8(ascii: "+"),
      let value = UInt32(String(decoding: hex, as: UTF8.self), radix: 16),
      let scalar = Unicode.Scalar(value)
    else {
      throw JinjaError(
        .syntax, "an escape in a string is no character (expected \(digits) hexadecimal digits).",
        line: line)
    }
    index += digits
    return scalar
  }
}

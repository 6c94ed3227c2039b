/// A word, a literal or a sign of a Lua text.
struct LuaToken {
  enum Kind: Equatable {
    /// A name that is no keyword.
    case name(String)
    /// A keyword or a sign: `local`, `==`.
    case sign(String)
    /// A string, escapes replaced by what they stand for.
    case text([UInt8])
    /// An integer.
    case integer(Int)
    /// A float.
    case number(Double)
    /// The end of the text.
    case end
  }

  var kind: Kind
  /// From 1.
  var line: Int
}

/// Cuts a Lua 5.4 text into tokens.
///
/// Lua itself has compiled the text before, so that malformed literals need no messages here.
struct LuaLexer {
  private let bytes: [UInt8]
  private var at = 0
  private var line = 1

  private static let keywords: Set<String> = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
    "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
  ]
  /// Longer signs before those that they begin with.
  private static let signs: [[UInt8]] = [
    "...", "..", "==", "~=", "<=", ">=", "//", "::", "<<", ">>",
  ]
  .map { Array($0.utf8) }

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private func byte(_ offset: Int = 0) -> UInt8? {
    at + offset < bytes.count ? bytes[at + offset] : nil
  }

  /// The next token; `end` again and again at the end.
  mutating func next() -> LuaToken {
    skipSpace()
    let line = line
    guard let first = byte() else { return LuaToken(kind: .end, line: line) }
    if first.isLetter {
      let start = at
      while let byte = byte(), byte.isLetter || byte.isDigit { at += 1 }
      let word = String(decoding: bytes[start..<at], as: UTF8.self)
      return LuaToken(
        kind: LuaLexer.keywords.contains(word) ? .sign(word) : .name(word), line: line)
    }
    if first.isDigit || first == UInt8(ascii: ".") && byte(1)?.isDigit == true {
      return LuaToken(kind: number(), line: line)
    }
    if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") {
      return LuaToken(kind: .text(quoted(first)), line: line)
    }
    if first == UInt8(ascii: "["), let level = longBracket() {
      return LuaToken(kind: .text(long(level)), line: line)
    }
    for sign in LuaLexer.signs where bytes[at...].starts(with: sign) {
      at += sign.count
      return LuaToken(kind: .sign(String(decoding: sign, as: UTF8.self)), line: line)
    }
    at += 1
    return LuaToken(kind: .sign(String(decoding: [first], as: UTF8.self)), line: line)
  }

  // MARK: Space and comments

  private mutating func skipSpace() {
    while let first = byte() {
      if first == UInt8(ascii: "\n") {
        line += 1
        at += 1
      } else if first <= 0x20 {
        at += 1
      } else if first == UInt8(ascii: "-"), byte(1) == UInt8(ascii: "-") {
        at += 2
        if let level = longBracket() {
          _ = long(level)
        } else {
          while let byte = byte(), byte != UInt8(ascii: "\n") { at += 1 }
        }
      } else {
        return
      }
    }
  }

  /// The number of `=` in `[==[`; nil if there is none here.
  private func longBracket() -> Int? {
    guard byte() == UInt8(ascii: "[") else { return nil }
    var level = 0
    while byte(1 + level) == UInt8(ascii: "=") { level += 1 }
    return byte(1 + level) == UInt8(ascii: "[") ? level : nil
  }

  private mutating func long(_ level: Int) -> [UInt8] {
    at += level + 2
    if byte() == UInt8(ascii: "\r") { at += 1 }
    if byte() == UInt8(ascii: "\n") {
      line += 1
      at += 1
    }
    let start = at
    let close =
      [UInt8(ascii: "]")] + [UInt8](repeating: UInt8(ascii: "="), count: level)
      + [UInt8(ascii: "]")]
    while at < bytes.count, !bytes[at...].starts(with: close) {
      if bytes[at] == UInt8(ascii: "\n") { line += 1 }
      at += 1
    }
    defer { at = min(at + close.count, bytes.count) }
    return Array(bytes[start..<at])
  }

  // MARK: Literals

  private mutating func number() -> LuaToken.Kind {
    let start = at
    let isHex = byte() == UInt8(ascii: "0") && (byte(1) ?? 0) | 0x20 == UInt8(ascii: "x")
    if isHex { at += 2 }
    while let byte = byte() {
      let isExponent = byte | 0x20 == UInt8(ascii: isHex ? "p" : "e")
      guard byte.isLetter || byte.isDigit || byte == UInt8(ascii: ".") else { break }
      at += 1
      if isExponent, let sign = self.byte(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-")
      {
        at += 1
      }
    }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    if let integer = Int(text) { return .integer(integer) }
    if isHex, text.allSatisfy({ $0.isHexDigit || $0 == "x" || $0 == "X" }) {
      // Hexadecimal integers wrap around.
      let value = text.dropFirst(2)
        .reduce(UInt64(0)) { sum, digit in
          sum << 4 | UInt64(digit.hexDigitValue ?? 0)
        }
      return .integer(Int(Int64(bitPattern: value)))
    }
    return .number(Double(text) ?? 0)
  }

  private mutating func quoted(_ quote: UInt8) -> [UInt8] {
    var text: [UInt8] = []
    at += 1
    while let next = byte(), next != quote {
      at += 1
      if next == UInt8(ascii: "\\") {
        escape(into: &text)
      } else {
        if next == UInt8(ascii: "\n") { line += 1 }
        text.append(next)
      }
    }
    at += 1
    return text
  }

  private mutating func escape(into text: inout [UInt8]) {
    guard let letter = byte() else { return }
    at += 1
    switch letter {
    case UInt8(ascii: "n"): text.append(10)
    case UInt8(ascii: "t"): text.append(9)
    case UInt8(ascii: "r"): text.append(13)
    case UInt8(ascii: "a"): text.append(7)
    case UInt8(ascii: "b"): text.append(8)
    case UInt8(ascii: "f"): text.append(12)
    case UInt8(ascii: "v"): text.append(11)
    case UInt8(ascii: "x"):
      text.append(UInt8(truncatingIfNeeded: digits(atMost: 2, radix: 16)))
    case UInt8(ascii: "u"):
      at += 1  // {
      let value = digits(atMost: 8, radix: 16)
      at += 1  // }
      let scalar = UInt32(exactly: value).flatMap(Unicode.Scalar.init) ?? "\u{FFFD}"
      text.append(contentsOf: Array(String(scalar).utf8))
    case UInt8(ascii: "z"):
      while let space = byte(), space <= 0x20 {
        if space == UInt8(ascii: "\n") { line += 1 }
        at += 1
      }
    case _ where letter.isDigit:
      at -= 1
      text.append(UInt8(truncatingIfNeeded: digits(atMost: 3, radix: 10)))
    default:
      if letter == UInt8(ascii: "\n") { line += 1 }
      text.append(letter)
    }
  }

  private mutating func digits(atMost count: Int, radix: Int) -> Int {
    var value = 0
    var left = count
    while left > 0, let byte = byte(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue,
      digit < radix
    {
      value = value * radix + digit
      at += 1
      left -= 1
    }
    return value
  }
}

extension UInt8 {
  /// Whether a name may begin with it.
  fileprivate var isLetter: Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) && self < 0x80
      || self == UInt8(ascii: "_")
  }

  fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}

/// Cuts a template's source into tokens.
///
/// As Jinja does with `trim_blocks` and `lstrip_blocks`: the first newline after a block or comment
/// is dropped, and so is the white space between the start of a line and a block or comment; `-`
/// beside a delimiter drops all white space there, `+` keeps it.
struct Lexer {
  private let source: [UInt8]
  private var at = 0
  private var line = 1
  private var tokens: [Token] = []
  /// Whether what was read last ended with a newline.
  private var isAtLineStart = true

  private init(_ source: [UInt8]) { self.source = source }

  /// - Throws: ``JinjaError`` with code `syntax`.
  static func tokens(of source: String) throws -> [Token] {
    var text = Lexer.normalised(Array(source.utf8))
    if text.last == UInt8(ascii: "\n") { text.removeLast() }
    var lexer = Lexer(text)
    try lexer.read()
    return lexer.tokens
  }

  /// Newlines of all kinds as line feeds.
  static func normalised(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.contains(UInt8(ascii: "\r")) else { return bytes }
    var result: [UInt8] = []
    for (index, byte) in bytes.enumerated() {
      if byte == UInt8(ascii: "\r") {
        result.append(UInt8(ascii: "\n"))
      } else if byte != UInt8(ascii: "\n") || index == 0 || bytes[index - 1] != UInt8(ascii: "\r") {
        result.append(byte)
      }
    }
    return result
  }

  private mutating func read() throws {
    while let tag = nextTag() {
      try data(upTo: tag.start, sign: tag.sign, strips: tag.kind != "{")
      let opening = line
      move(to: tag.end)
      switch tag.kind {
      case "#": try comment(from: opening)
      case "r": try raw(from: opening)
      case "{":
        add(.outputBegin)
        try expression(endingWith: "}", from: opening)
      default:
        add(.blockBegin)
        try expression(endingWith: "%", from: opening)
      }
    }
    if at < source.count { try data(upTo: source.count, sign: "+", strips: false) }
    add(.end)
  }

  // MARK: Between tags

  private struct Tag {
    /// `{`, `%`, `#`, or `r` for a raw block.
    var kind: Character
    var start: Int
    /// Behind the delimiter and its sign; for raw, behind `%}`.
    var end: Int
    /// `-`, `+`, or a space for none.
    var sign: Character
  }

  private func nextTag() -> Tag? {
    var index = at
    while index + 1 < source.count {
      let kinds: [Character] = ["{", "%", "#"]
      if source[index] == UInt8(ascii: "{"),
        let kind = kinds.first(where: { source[index + 1] == $0.asciiValue })
      {
        let (sign, end) = sign(at: index + 2)
        if kind == "%", let raw = wordTag("raw", from: end, trims: false) {
          return Tag(kind: "r", start: index, end: raw, sign: sign)
        }
        return Tag(kind: kind, start: index, end: end, sign: sign)
      }
      index += 1
    }
    return nil
  }

  private func sign(at index: Int) -> (Character, Int) {
    switch index < source.count ? source[index] : 0 {
    case UInt8(ascii: "-"): ("-", index + 1)
    case UInt8(ascii: "+"): ("+", index + 1)
    default: (" ", index)
    }
  }

  /// The end of `raw %}` or `endraw %}`, white space that it drops included.
  private func wordTag(_ word: String, from start: Int, trims: Bool) -> Int? {
    var index = skippingSpace(start)
    guard source[index...].starts(with: word.utf8) else { return nil }
    index = skippingSpace(index + word.utf8.count)
    let rest = source[index...]
    if rest.starts(with: "-%}".utf8) { return skippingSpace(index + 3) }
    if trims, rest.starts(with: "+%}".utf8) { return index + 3 }
    guard rest.starts(with: "%}".utf8) else { return nil }
    return trims ? skippingNewline(index + 2) : index + 2
  }

  private mutating func data(upTo end: Int, sign: Character, strips: Bool) throws {
    let text = source[at..<end]
    var kept = text
    if sign == "-" {
      kept = kept[..<(at + Text(text).stripped(.right).bytes.count)]
    } else if sign != "+", strips {
      let start = text.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? at
      if start > at || isAtLineStart,
        Text(text[start...]).scalars.allSatisfy({ $0.isPythonSpace })
      {
        kept = text[..<start]
      }
    }
    if !kept.isEmpty { add(.data(Text(kept))) }
    move(to: end)
  }

  private mutating func comment(from opening: Int) throws {
    var end = at
    while end + 1 < source.count {
      if source[end] == UInt8(ascii: "#"), source[end + 1] == UInt8(ascii: "}") {
        switch end > at ? source[end - 1] : 0 {
        case UInt8(ascii: "-"): move(to: skippingSpace(end + 2))
        case UInt8(ascii: "+"): move(to: end + 2)
        default: move(to: skippingNewline(end + 2))
        }
        return
      }
      end += 1
    }
    throw JinjaError(.syntax, "a comment has no end (expected #}). Close it.", line: opening)
  }

  private mutating func raw(from opening: Int) throws {
    var index = at
    while index + 1 < source.count {
      if source[index] == UInt8(ascii: "{"), source[index + 1] == UInt8(ascii: "%") {
        let (sign, start) = sign(at: index + 2)
        if let end = wordTag("endraw", from: start, trims: true) {
          try data(upTo: index, sign: sign, strips: true)
          move(to: end)
          return
        }
      }
      index += 1
    }
    throw JinjaError(
      .syntax, "a raw block has no end (expected {% endraw %}). Close it.", line: opening)
  }

  // MARK: Inside tags

  private mutating func expression(endingWith mark: Character, from opening: Int) throws {
    let marker = mark.asciiValue ?? 0
    var open: [UInt8] = []
    while at < source.count {
      if open.isEmpty, let end = tagEnd(marker) {
        add(mark == "}" ? .outputEnd : .blockEnd)
        move(to: end)
        return
      }
      let byte = source[at]
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
      case UInt8(ascii: "'"), UInt8(ascii: "\""): try string(quote: byte)
      default:
        if let name = nameEnd() {
          try self.name(upTo: name)
        } else if skippingSpace(at) > at {
          move(to: skippingSpace(at))
        } else {
          try symbol(&open)
        }
      }
    }
    throw JinjaError(
      .syntax, "a tag has no end (expected \(mark == "}" ? "}}" : "%})")). Close it.",
      line: opening)
  }

  /// Behind the end of the tag, and the white space that it drops, if it is here.
  private func tagEnd(_ mark: UInt8) -> Int? {
    func isEnd(_ index: Int) -> Bool {
      index + 1 < source.count && source[index] == mark && source[index + 1] == UInt8(ascii: "}")
    }
    let isBlock = mark == UInt8(ascii: "%")
    if isEnd(at) { return isBlock ? skippingNewline(at + 2) : at + 2 }
    guard isEnd(at + 1) else { return nil }
    if source[at] == UInt8(ascii: "-") { return skippingSpace(at + 3) }
    return isBlock && source[at] == UInt8(ascii: "+") ? at + 3 : nil
  }

  private mutating func symbol(_ open: inout [UInt8]) throws {
    let two = source[at...].prefix(2)
    let pairs = ["//", "**", "==", "!=", ">=", "<="]
    if let pair = pairs.first(where: { two.elementsEqual($0.utf8) }) {
      add(.symbol(pair))
      move(to: at + 2)
      return
    }
    let byte = source[at]
    let closing: [UInt8: UInt8] = [
      UInt8(ascii: "("): UInt8(ascii: ")"), UInt8(ascii: "["): UInt8(ascii: "]"),
      UInt8(ascii: "{"): UInt8(ascii: "}"),
    ]
    guard "+-/*%~[](){}><=.:|,;".utf8.contains(byte) else {
      throw JinjaError(
        .syntax,
        "unexpected character '\(Text(source[at...].prefix(4)).scalars.first ?? " ")' "
          + "(expected an expression).", line: line)
    }
    let text = String(UnicodeScalar(byte))
    if let end = closing[byte] { open.append(end) }
    if closing.values.contains(byte), open.popLast() != byte {
      throw JinjaError(.syntax, "unexpected '\(text)' (expected its opening bracket).", line: line)
    }
    add(.symbol(text))
    move(to: at + 1)
  }

  private func nameEnd() -> Int? {
    var index = at
    while index < source.count {
      let byte = source[index]
      if byte < 0x80 {
        guard
          byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        else { break }
        index += 1
      } else {
        let scalar = Text(source[index...].prefix(4)).scalars.first ?? " "
        guard scalar.isWord || scalar.properties.isXIDContinue else { break }
        index += UTF8.width(scalar)
      }
    }
    return index > at ? index : nil
  }

  private mutating func name(upTo end: Int) throws {
    let name = Text(source[at..<end])
    guard name.isIdentifier else {
      throw JinjaError(.syntax, "'\(name.string)' is no name.", line: line)
    }
    add(.name(name.string))
    move(to: end)
  }

  private mutating func number() throws {
    let (kind, end) = try NumberLiteral.read(source, at: at, line: line)
    add(kind)
    move(to: end)
  }

  private mutating func string(quote: UInt8) throws {
    var end = at + 1
    while end < source.count, source[end] != quote {
      end += source[end] == UInt8(ascii: "\\") ? 2 : 1
    }
    guard end < source.count else {
      throw JinjaError(.syntax, "a string has no end. Close its quote.", line: line)
    }
    add(.string(Text(try StringLiteral.unescape(source[(at + 1)..<end], line: line))))
    move(to: end + 1)
  }

  // MARK: Places

  private mutating func add(_ kind: Token.Kind) { tokens.append(Token(kind: kind, line: line)) }

  private mutating func move(to end: Int) {
    guard end > at else { return }
    for byte in source[at..<end] where byte == UInt8(ascii: "\n") { line += 1 }
    isAtLineStart = source[end - 1] == UInt8(ascii: "\n")
    at = end
  }

  private func skippingNewline(_ index: Int) -> Int {
    index < source.count && source[index] == UInt8(ascii: "\n") ? index + 1 : index
  }

  private func skippingSpace(_ index: Int) -> Int {
    var index = index
    while index < source.count {
      if source[index] < 0x80 {
        guard Unicode.Scalar(source[index]).isPythonSpace else { break }
        index += 1
      } else {
        let scalar = Text(source[index...].prefix(4)).scalars.first ?? "a"
        guard scalar.isPythonSpace else { break }
        index += UTF8.width(scalar)
      }
    }
    return min(index, source.count)
  }
}

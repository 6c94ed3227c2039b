extension JSONReader {
  /// Reads a string into ``text``, not counted as a value.
  mutating func readText() throws(JSONFault) {
    try expect("\"")
    text.removeAll(keepingCapacity: true)
    while true {
      let start = offset
      offset = endOfPlainText()
      text.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[start..<offset]))
      guard offset < bytes.count else { throw fault("a string without end", "'\"'") }
      switch bytes[offset] {
      case UInt8(ascii: "\""):
        offset += 1
        return
      case UInt8(ascii: "\\"):
        offset += 1
        try unescape()
      case 0..<0x20: throw fault("control character \(bytes[offset])", "an escape for it")
      default: throw fault("bytes that are not UTF-8", "text")
      }
    }
  }

  /// Where the characters from here on end that stand for themselves.
  private func endOfPlainText() -> Int {
    var place = offset
    while place < bytes.count {
      let byte = bytes[place]
      if byte < 0x80 {
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
        place += 1
      } else {
        let length = characterLength(at: place)
        if length == 0 { break }
        place += length
      }
    }
    return place
  }

  /// Bytes of the character at a place, none of ASCII; 0 where it is no UTF-8 (table 3-7 of the
  /// Unicode standard).
  private func characterLength(at place: Int) -> Int {
    func follows(_ distance: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
      place + distance < bytes.count && range.contains(bytes[place + distance])
    }
    switch bytes[place] {
    case 0xC2...0xDF: return follows(1) ? 2 : 0
    case 0xE0: return follows(1, 0xA0...0xBF) && follows(2) ? 3 : 0
    case 0xED: return follows(1, 0x80...0x9F) && follows(2) ? 3 : 0
    case 0xE1...0xEF: return follows(1) && follows(2) ? 3 : 0
    case 0xF0: return follows(1, 0x90...0xBF) && follows(2) && follows(3) ? 4 : 0
    case 0xF1...0xF3: return follows(1) && follows(2) && follows(3) ? 4 : 0
    case 0xF4: return follows(1, 0x80...0x8F) && follows(2) && follows(3) ? 4 : 0
    default: return 0
    }
  }

  /// Appends what a backslash, which has been read, and the characters behind it stand for.
  private mutating func unescape() throws(JSONFault) {
    guard offset < bytes.count else { throw fault("a string without end", "an escape") }
    let letter = bytes[offset]
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      offset += 1
      let scalar = try escapedScalar()
      text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      return
    default: throw fault("an unknown escape", "one of \" \\ / b f n r t u")
    }
    offset += 1
  }

  /// The character of four hexadecimal digits, or of the eight of a surrogate pair.
  private mutating func escapedScalar() throws(JSONFault) -> Unicode.Scalar {
    var code = try hexadecimal()
    if (0xD800..<0xDC00).contains(code), bytes[offset...].starts(with: [0x5C, 0x75]) {
      offset += 2
      let low = try hexadecimal()
      guard (0xDC00..<0xE000).contains(low) else {
        throw fault("half a surrogate pair", "the other half")
      }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    if let scalar = Unicode.Scalar(code) { return scalar }
    guard rules.allowsPython else { throw fault("half a surrogate pair", "the other half") }
    return "\u{FFFD}"
  }

  private mutating func hexadecimal() throws(JSONFault) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      let digit: UInt8? =
        switch offset < bytes.count ? bytes[offset] : 0 {
        case let byte where (0x30...0x39).contains(byte): byte - 0x30
        case let byte where (0x41...0x46).contains(byte): byte - 0x41 + 10
        case let byte where (0x61...0x66).contains(byte): byte - 0x61 + 10
        default: nil
        }
      guard let digit else { throw fault(shown, "four hexadecimal digits") }
      code = code << 4 | UInt32(digit)
      offset += 1
    }
    return code
  }
}

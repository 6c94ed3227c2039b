/// A string as Python has them: a sequence of code points, here in UTF-8.
///
/// Equal if and only if the code points are, unlike `String`, which compares what they look like.
struct Text: Sendable, Hashable, Comparable, ExpressibleByStringLiteral {
  /// Valid UTF-8.
  var bytes: [UInt8]
  /// Whether HTML's characters in it are meant: the filters `safe` and `escape` say so.
  var isSafe = false

  init(_ bytes: [UInt8] = [], isSafe: Bool = false) {
    self.bytes = bytes
    self.isSafe = isSafe
  }

  init(_ bytes: ArraySlice<UInt8>, isSafe: Bool = false) {
    self.init(Array(bytes), isSafe: isSafe)
  }

  init(_ string: String) { self.init(Array(string.utf8)) }

  init(stringLiteral value: String) { self.init(value) }

  init(_ scalars: some Sequence<Unicode.Scalar>) {
    self.init()
    for scalar in scalars { append(scalar) }
  }

  static func == (left: Text, right: Text) -> Bool { left.bytes == right.bytes }

  static func < (left: Text, right: Text) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }

  func hash(into hasher: inout Hasher) { hasher.combine(bytes) }

  var string: String { String(decoding: bytes, as: UTF8.self) }

  var isEmpty: Bool { bytes.isEmpty }

  var scalars: String.UnicodeScalarView { string.unicodeScalars }

  /// Number of code points.
  var count: Int { bytes.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) } }

  mutating func append(_ scalar: Unicode.Scalar) {
    if scalar.value < 0x80 {
      bytes.append(UInt8(scalar.value))
    } else {
      bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }
  }

  mutating func append(_ text: Text) { bytes.append(contentsOf: text.bytes) }

  mutating func append(_ string: String) { bytes.append(contentsOf: string.utf8) }

  /// Where each code point starts, and the end.
  var starts: [Int] {
    var starts: [Int] = []
    starts.reserveCapacity(bytes.count + 1)
    for (index, byte) in bytes.enumerated() where byte & 0xC0 != 0x80 { starts.append(index) }
    starts.append(bytes.count)
    return starts
  }

  /// The code points, each as a text of its own.
  var characters: [Text] {
    let starts = starts
    return (0..<starts.count - 1)
      .map {
        Text(bytes[starts[$0]..<starts[$0 + 1]], isSafe: isSafe)
      }
  }

  /// The text in the order of some code points.
  func picking(_ indices: some Sequence<Int>) -> Text {
    let starts = starts
    var picked = Text(isSafe: isSafe)
    for index in indices { picked.bytes += bytes[starts[index]..<starts[index + 1]] }
    return picked
  }

  /// The first code points.
  func prefix(_ count: Int) -> Text {
    let starts = starts
    return Text(bytes[..<starts[min(max(count, 0), starts.count - 1)]], isSafe: isSafe)
  }

  /// The same, marked like another text.
  func marked(as other: Text) -> Text { Text(bytes, isSafe: other.isSafe) }

  /// What is written for `&`, `<`, `>` and quotes in HTML; a safe text is left as it is.
  var escaped: Text {
    if isSafe { return self }
    var text = Text(isSafe: true)
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "&"): text.append("&amp;")
      case UInt8(ascii: "<"): text.append("&lt;")
      case UInt8(ascii: ">"): text.append("&gt;")
      case UInt8(ascii: "\""): text.append("&#34;")
      case UInt8(ascii: "'"): text.append("&#39;")
      default: text.bytes.append(byte)
      }
    }
    return text
  }
}

extension Text {
  // MARK: Searching

  /// Where another text occurs, leftmost first, without overlap; O(both lengths).
  ///
  /// - Parameters:
  ///   - needle: Not empty.
  ///   - most: How many to look for at most.
  ///   - fromEnd: Whether to start at the end.
  /// - Returns: Positions in bytes, in ascending order.
  func places(of needle: Text, most: Int = .max, fromEnd: Bool = false) -> [Int] {
    guard most > 0, needle.bytes.count <= bytes.count, !needle.isEmpty else { return [] }
    if fromEnd {
      let found = Text(Array(bytes.reversed()))
        .places(of: Text(Array(needle.bytes.reversed())), most: most)
      return found.reversed().map { bytes.count - $0 - needle.bytes.count }
    }
    var found: [Int] = []
    bytes.withUnsafeBufferPointer { hay in
      needle.bytes.withUnsafeBufferPointer { needle in
        Text.search(hay, needle) { place in
          found.append(place)
          return found.count < most
        }
      }
    }
    return found
  }

  /// Knuth, Morris and Pratt's search.
  private static func search(
    _ hay: UnsafeBufferPointer<UInt8>, _ needle: UnsafeBufferPointer<UInt8>,
    _ visit: (Int) -> Bool
  ) {
    var borders = [0]
    borders.reserveCapacity(needle.count)
    var length = 0
    for index in 1..<max(needle.count, 1) {
      while length > 0, needle[index] != needle[length] { length = borders[length - 1] }
      if needle[index] == needle[length] { length += 1 }
      borders.append(length)
    }
    length = 0
    for index in 0..<hay.count {
      while length > 0, hay[index] != needle[length] { length = borders[length - 1] }
      if hay[index] == needle[length] { length += 1 }
      if length == needle.count {
        length = 0
        if !visit(index + 1 - needle.count) { return }
      }
    }
  }

  func contains(_ needle: Text) -> Bool {
    needle.isEmpty || !places(of: needle, most: 1).isEmpty
  }

  func hasPrefix(_ other: Text) -> Bool { bytes.starts(with: other.bytes) }

  func hasSuffix(_ other: Text) -> Bool {
    bytes.count >= other.bytes.count
      && bytes[(bytes.count - other.bytes.count)...].elementsEqual(other.bytes)
  }

  // MARK: Cutting

  /// Which ends are stripped.
  enum Side {
    case left
    case right
    case both
  }

  /// Without white space, or without some characters, at the ends.
  func stripped(_ side: Side, of characters: Text? = nil) -> Text {
    let set = characters.map { Set($0.scalars) }
    func isStripped(_ scalar: Unicode.Scalar) -> Bool {
      set?.contains(scalar) ?? scalar.isPythonSpace
    }
    var view = Substring(string).unicodeScalars
    if side != .right { view = view.drop(while: isStripped) }
    if side != .left { while let last = view.last, isStripped(last) { view.removeLast() } }
    return Text(Array(Substring(view).utf8), isSafe: isSafe)
  }

  /// The parts between runs of white space.
  func words(most: Int = .max, fromEnd: Bool = false) -> [Text] {
    let scalars = Array(scalars)
    var words: [Text] = []
    if fromEnd {
      var end = scalars.count
      while true {
        while end > 0, scalars[end - 1].isPythonSpace { end -= 1 }
        if end == 0 { break }
        var start = end
        if words.count < most {
          while start > 0, !scalars[start - 1].isPythonSpace { start -= 1 }
        } else {
          start = 0
        }
        words.append(Text(scalars[start..<end]).marked(as: self))
        end = start
      }
      return words.reversed()
    }
    var start = 0
    while true {
      while start < scalars.count, scalars[start].isPythonSpace { start += 1 }
      if start == scalars.count { break }
      var end = start
      if words.count < most {
        while end < scalars.count, !scalars[end].isPythonSpace { end += 1 }
      } else {
        end = scalars.count
      }
      words.append(Text(scalars[start..<end]).marked(as: self))
      start = end
    }
    return words
  }

  /// The parts between occurrences of a separator that is not empty.
  func split(by separator: Text, most: Int = .max, fromEnd: Bool = false) -> [Text] {
    var parts: [Text] = []
    var start = 0
    for place in places(of: separator, most: most, fromEnd: fromEnd) {
      parts.append(Text(bytes[start..<place], isSafe: isSafe))
      start = place + separator.bytes.count
    }
    parts.append(Text(bytes[start...], isSafe: isSafe))
    return parts
  }

  /// The lines, as Python's `splitlines` has them.
  func lines(keepingEnds: Bool = false) -> [Text] {
    let breaks: Set<UInt32> = [
      0x0A, 0x0B, 0x0C, 0x0D, 0x1C, 0x1D, 0x1E, 0x85, 0x2028, 0x2029,
    ]
    let scalars = Array(scalars)
    var lines: [Text] = []
    var start = 0
    var index = 0
    while index < scalars.count {
      guard breaks.contains(scalars[index].value) else {
        index += 1
        continue
      }
      let end = index
      index +=
        scalars[index] == "\r" && index + 1 < scalars.count && scalars[index + 1] == "\n"
        ? 2 : 1
      lines.append(Text(scalars[start..<(keepingEnds ? index : end)]).marked(as: self))
      start = index
    }
    if start < scalars.count { lines.append(Text(scalars[start...]).marked(as: self)) }
    return lines
  }
}

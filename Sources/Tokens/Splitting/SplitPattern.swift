/// A regular expression that splits text into words, parsed.
///
/// The subset that pre-tokenizers use: sets of scalars, groups, alternatives, greedy repetition,
/// and assertions about the next scalar. All of it can be matched in one pass without going back.
indirect enum SplitPattern: Sendable, Hashable {
  /// One scalar of a set.
  case set(ScalarSet)
  case sequence([SplitPattern])
  /// The first alternative that leads to a match.
  case choice([SplitPattern])
  /// As often as possible, at least `least` times and at most `most` times.
  case repetition(SplitPattern, least: Int, most: Int?)
  /// Whether the next scalar is one of the set; `atEnd` is the answer where there is none.
  case next(ScalarSet, atEnd: Bool)

  /// Most scalars that a pattern may have.
  static let longest = 4096

  /// Parses a pattern.
  ///
  /// - Throws: ``TokenError`` with code `unsupportedPattern`, which names it.
  init(_ source: String) throws(TokenError) {
    var parser = SplitPatternParser(source)
    self = try parser.parse()
  }

  /// Whether the pattern can match without reading a scalar.
  var mayBeEmpty: Bool {
    switch self {
    case .set: false
    case .next: true
    case .sequence(let parts): parts.allSatisfy(\.mayBeEmpty)
    case .choice(let choices): choices.contains(where: \.mayBeEmpty)
    case .repetition(let part, let least, _): least == 0 || part.mayBeEmpty
    }
  }

  /// A pattern that stands for exactly this text.
  static func quoting(_ text: String) -> String {
    text.unicodeScalars.map { "\\x{\(String($0.value, radix: 16))}" }.joined()
  }
}

/// Reads the source of a ``SplitPattern``.
private struct SplitPatternParser {
  private let source: String
  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var depth = 0
  private var ignoresCase = false

  init(_ source: String) {
    self.source = source
    scalars = Array(source.unicodeScalars.prefix(SplitPattern.longest + 1))
  }

  mutating func parse() throws(TokenError) -> SplitPattern {
    guard scalars.count <= SplitPattern.longest else {
      throw unsupported("more than \(SplitPattern.longest) characters")
    }
    let pattern = try alternatives()
    guard position == scalars.count else { throw unsupported("a stray )") }
    return pattern
  }

  // MARK: Structure

  private mutating func alternatives() throws(TokenError) -> SplitPattern {
    depth += 1
    guard depth <= 32 else { throw unsupported("groups nested more than 32 deep") }
    defer { depth -= 1 }
    var choices = [try sequence()]
    while take("|") { choices.append(try sequence()) }
    return choices.count == 1 ? choices[0] : .choice(choices)
  }

  private mutating func sequence() throws(TokenError) -> SplitPattern {
    var parts: [SplitPattern] = []
    while let scalar = peek, scalar != "|", scalar != ")" {
      parts.append(try repeated(try atom()))
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func repeated(_ atom: SplitPattern) throws(TokenError) -> SplitPattern {
    let bounds: (Int, Int?)
    if take("?") {
      bounds = (0, 1)
    } else if take("*") {
      bounds = (0, nil)
    } else if take("+") {
      bounds = (1, nil)
    } else if take("{") {
      bounds = try repetitionBounds()
    } else {
      return atom
    }
    guard !atom.mayBeEmpty else { throw unsupported("a repetition of what may be nothing") }
    if let next = peek, "?*+{".unicodeScalars.contains(next) {
      throw unsupported("a lazy, possessive or double repetition")
    }
    return .repetition(atom, least: bounds.0, most: bounds.1)
  }

  private mutating func repetitionBounds() throws(TokenError) -> (Int, Int?) {
    let least = try count()
    var most: Int? = least
    if take(",") { most = peek == "}" ? nil : try count() }
    guard take("}"), most.map({ $0 >= max(least, 1) }) ?? true else {
      throw unsupported("a repetition without bounds")
    }
    return (least, most)
  }

  private mutating func count() throws(TokenError) -> Int {
    var value = 0
    let start = position
    while let digit = peek.flatMap({ Int(String($0)) }), value < 1000 {
      value = value * 10 + digit
      position += 1
    }
    guard position > start, value < 1000 else { throw unsupported("a repetition without bounds") }
    return value
  }

  private mutating func atom() throws(TokenError) -> SplitPattern {
    switch try scalar() {
    case "(": return try group()
    case "[": return .set(try bracketed())
    case ".":
      var all = ScalarSet(0x0A)
      all.isNegated = true
      return .set(all)
    case "$": return .next(ScalarSet(0x0A), atEnd: true)
    case "\\": return .set(folded(try escape()))
    case "?", "*", "+": throw unsupported("a repetition of nothing")
    case "^": throw unsupported("^")
    case let literal: return .set(folded(ScalarSet(literal.value)))
    }
  }

  private mutating func group() throws(TokenError) -> SplitPattern {
    let outer = ignoresCase
    defer { ignoresCase = outer }
    var assertion: Bool?
    if take("?") {
      switch try scalar() {
      case ":": break
      case "=": assertion = true
      case "!": assertion = false
      case "i":
        guard take(":") else { throw unsupported("an option other than (?i:") }
        ignoresCase = true
      default: throw unsupported("a group other than (?:, (?i:, (?= and (?!")
      }
    }
    let inner = try alternatives()
    guard take(")") else { throw unsupported("a group without end") }
    guard let assertion else { return inner }
    guard case .set(var set) = inner else {
      throw unsupported("an assertion about more than the next character")
    }
    if !assertion { set.isNegated.toggle() }
    return .next(set, atEnd: !assertion)
  }

  // MARK: Sets

  private mutating func bracketed() throws(TokenError) -> ScalarSet {
    var set = ScalarSet()
    set.isNegated = take("^")
    let start = position
    while !take("]") || position == start + 1 {
      let first = try member()
      guard first.ranges.count == 1, first.categories == 0, peek == "-",
        position + 1 < scalars.count, scalars[position + 1] != "]"
      else {
        set.ranges += folded(first).ranges
        set.categories |= first.categories
        continue
      }
      position += 1
      let last = try member()
      guard last.categories == 0, let lower = first.ranges.first?.lowerBound,
        let upper = last.ranges.first?.upperBound, lower <= upper
      else { throw unsupported("a range that is none") }
      let range = lower...upper
      set.ranges.append(range)
      if ignoresCase { set.ranges += try otherCase(range) }
    }
    return set
  }

  /// One scalar or class inside brackets.
  private mutating func member() throws(TokenError) -> ScalarSet {
    let scalar = try scalar()
    switch scalar {
    case "\\": return try escape()
    case "[": throw unsupported("brackets inside brackets")
    case "&" where peek == "&": throw unsupported("&&")
    default: return ScalarSet(scalar.value)
    }
  }

  /// What stands behind a backslash.
  private mutating func escape() throws(TokenError) -> ScalarSet {
    let scalar = try scalar()
    switch scalar {
    case "n": return ScalarSet(0x0A)
    case "r": return ScalarSet(0x0D)
    case "t": return ScalarSet(0x09)
    case "v": return ScalarSet(0x0B)
    case "f": return ScalarSet(0x0C)
    case "s": return ScalarSet(categories: ScalarCategory.whiteSpace)
    case "S": return ScalarSet(categories: ~ScalarCategory.whiteSpace)
    case "d": return ScalarSet(categories: ScalarCategory.mask(named: "Nd") ?? 0)
    case "D": return ScalarSet(categories: ~(ScalarCategory.mask(named: "Nd") ?? 0))
    case "p", "P": return try property(isNegated: scalar == "P")
    case "x": return ScalarSet(try hexadecimal(digits: 2))
    case "u": return ScalarSet(try hexadecimal(digits: 4))
    case _ where scalar.isASCII && !scalar.properties.isAlphabetic && !("0"..."9" ~= scalar):
      return ScalarSet(scalar.value)
    default: throw unsupported("\\\(scalar)")
    }
  }

  private mutating func property(isNegated: Bool) throws(TokenError) -> ScalarSet {
    var name = ""
    if take("{") {
      while !take("}") { name.unicodeScalars.append(try scalar()) }
    } else {
      name.unicodeScalars.append(try scalar())
    }
    let isInverted = name.hasPrefix("^")
    if isInverted { name.removeFirst() }
    guard let mask = ScalarCategory.mask(named: name) else {
      throw unsupported("the property \\p{\(name)}")
    }
    return ScalarSet(categories: isNegated != isInverted ? ~mask : mask)
  }

  private mutating func hexadecimal(digits: Int) throws(TokenError) -> UInt32 {
    var text = ""
    if take("{") {
      while !take("}") { text.unicodeScalars.append(try scalar()) }
    } else {
      for _ in 0..<digits { text.unicodeScalars.append(try scalar()) }
    }
    guard text.utf8.count <= 8, let value = UInt32(text, radix: 16), value < 0x11_0000 else {
      throw unsupported("\\x without a character's number")
    }
    return value
  }

  // MARK: Case

  /// A set with the other case of its letters where case is ignored.
  private func folded(_ set: ScalarSet) -> ScalarSet {
    guard ignoresCase else { return set }
    var result = set
    for range in set.ranges where range.count == 1 {
      guard let scalar = Unicode.Scalar(range.lowerBound) else { continue }
      for mapping in [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping] {
        let mapped = mapping.unicodeScalars
        if mapped.count == 1, let other = mapped.first, other != scalar {
          result.ranges.append(other.value...other.value)
        }
      }
      // The long s and the Kelvin sign are letters of ASCII in another case.
      if scalar == "s" || scalar == "S" { result.ranges.append(0x17F...0x17F) }
      if scalar == "k" || scalar == "K" { result.ranges.append(0x212A...0x212A) }
    }
    return result
  }

  private func otherCase(_ range: ClosedRange<UInt32>) throws(TokenError) -> [ClosedRange<UInt32>] {
    let isLower = (0x61...0x7A).contains(range.lowerBound) && range.upperBound <= 0x7A
    let isUpper = (0x41...0x5A).contains(range.lowerBound) && range.upperBound <= 0x5A
    let isDigit = (0x30...0x39).contains(range.lowerBound) && range.upperBound <= 0x39
    if isDigit { return [] }
    guard isLower || isUpper else { throw unsupported("a range in a part that ignores case") }
    var ranges = [range.lowerBound ^ 0x20...range.upperBound ^ 0x20]
    let letters = range.lowerBound | 0x20...range.upperBound | 0x20
    if letters.contains(0x73) { ranges.append(0x17F...0x17F) }
    if letters.contains(0x6B) { ranges.append(0x212A...0x212A) }
    return ranges
  }

  // MARK: Reading

  private var peek: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard peek == scalar else { return false }
    position += 1
    return true
  }

  private mutating func scalar() throws(TokenError) -> Unicode.Scalar {
    guard let scalar = peek else { throw unsupported("no end") }
    position += 1
    return scalar
  }

  private func unsupported(_ what: String) -> TokenError {
    .unsupportedPattern(source, "has \(what)")
  }
}

extension TokenError {
  /// A pattern that casthost does not run.
  static func unsupportedPattern(_ source: String, _ what: String) -> TokenError {
    let shown = source.count > 120 ? source.prefix(120) + "…" : source[...]
    return TokenError(
      .unsupportedPattern,
      "pre-tokenizer: the pattern '\(shown)' \(what) (expected sets of characters, alternatives, "
        + "greedy repetitions, and assertions about the next character). Use a GGUF file of the "
        + "model.")
  }
}

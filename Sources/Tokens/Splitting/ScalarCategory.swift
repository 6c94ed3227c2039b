/// The general category of a scalar as a small number, and sets of them as bits.
///
/// Control characters that are white space have a number of their own, so that the number alone
/// says whether a scalar is white space. By the Unicode version of the Swift runtime; a scalar
/// assigned later than a tokenizer was made may be split otherwise than there.
enum ScalarCategory {
  /// How many numbers there are.
  static let count = 31
  /// `\s`: the separators, and control characters that are white space.
  static let whiteSpace: UInt32 = 0b111 << 22 | 1 << 30
  /// The category of U+FFFD, which stands for bytes that are not UTF-8.
  static let otherSymbol = 21

  /// Short names in the order of the numbers.
  private static let names = [
    "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi",
    "Pf", "Po", "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Cn",
  ]

  /// The number of a scalar's category.
  static func number(_ scalar: Unicode.Scalar) -> Int {
    if (0x09...0x0D).contains(scalar.value) || scalar.value == 0x85 { return 30 }
    return switch scalar.properties.generalCategory {
    case .uppercaseLetter: 0
    case .lowercaseLetter: 1
    case .titlecaseLetter: 2
    case .modifierLetter: 3
    case .otherLetter: 4
    case .nonspacingMark: 5
    case .spacingMark: 6
    case .enclosingMark: 7
    case .decimalNumber: 8
    case .letterNumber: 9
    case .otherNumber: 10
    case .connectorPunctuation: 11
    case .dashPunctuation: 12
    case .openPunctuation: 13
    case .closePunctuation: 14
    case .initialPunctuation: 15
    case .finalPunctuation: 16
    case .otherPunctuation: 17
    case .mathSymbol: 18
    case .currencySymbol: 19
    case .modifierSymbol: 20
    case .otherSymbol: otherSymbol
    case .spaceSeparator: 22
    case .lineSeparator: 23
    case .paragraphSeparator: 24
    case .control: 25
    case .format: 26
    case .surrogate: 27
    case .privateUse: 28
    case .unassigned: 29
    @unknown default: 29
    }
  }

  /// Whether a scalar is white space.
  static func isWhiteSpace(_ scalar: UInt32) -> Bool {
    if scalar < 0x80 { return scalar == 0x20 || (0x09...0x0D).contains(scalar) }
    return Unicode.Scalar(scalar).map { whiteSpace >> UInt32(number($0)) & 1 == 1 } ?? false
  }

  /// The categories that a property such as `L` or `Lu` names, or nil if it is another property.
  static func mask(named name: String) -> UInt32? {
    guard (1...2).contains(name.utf8.count) else { return nil }
    var mask: UInt32 = 0
    for (number, known) in names.enumerated() where known.hasPrefix(name) { mask |= 1 << number }
    if name == "C" || name == "Cc" { mask |= 1 << 30 }
    return mask == 0 ? nil : mask
  }
}

/// A set of scalars as a pattern writes it: `a`, `\s`, `[^\r\n\p{L}]`.
struct ScalarSet: Sendable, Hashable {
  /// Scalars that are named, and ranges of them.
  var ranges: [ClosedRange<UInt32>] = []
  /// Categories, as bits.
  var categories: UInt32 = 0
  /// Whether the set is all scalars but these.
  var isNegated = false

  /// The set of the categories in a mask.
  init(categories: UInt32 = 0) { self.categories = categories }

  /// The set of some scalars.
  init(_ scalars: UInt32...) { ranges = scalars.map { $0...$0 } }

  /// Whether a scalar of a category belongs to the set.
  func contains(_ scalar: UInt32, category: Int) -> Bool {
    (categories >> UInt32(category) & 1 == 1 || ranges.contains { $0.contains(scalar) })
      != isNegated
  }
}

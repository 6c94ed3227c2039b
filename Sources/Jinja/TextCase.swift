extension Unicode.Scalar {
  /// Whether Python's `isspace` says so: the categories of space, and some control characters.
  var isPythonSpace: Bool {
    switch value {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F,
      0x205F, 0x3000:
      true
    default: false
    }
  }

  /// Whether Python's `repr` writes it as it is.
  var isPrintable: Bool {
    if value < 0x7F { return value >= 0x20 }
    return switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator, .spaceSeparator:
      false
    default: true
    }
  }

  var isLetter: Bool {
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }

  var isDecimal: Bool { properties.numericType == .decimal }

  var isDigit: Bool { properties.numericType == .decimal || properties.numericType == .digit }

  var isNumeric: Bool { properties.numericType != nil }

  /// Whether it is a part of a word in a regular expression of Python.
  var isWord: Bool { isLetter || isNumeric || self == "_" }

  var isCased: Bool {
    properties.isLowercase || properties.isUppercase
      || properties.generalCategory == .titlecaseLetter
  }
}

extension Text {
  // MARK: Case

  func uppercased() -> Text { mapped { $0.properties.uppercaseMapping } }

  func swappedCase() -> Text {
    let scalars = Array(scalars)
    var text = Text(isSafe: isSafe)
    for (index, scalar) in scalars.enumerated() {
      if scalar.properties.isUppercase {
        text.append(lowercased(scalars, index..<index + 1))
      } else if scalar.properties.isLowercase {
        text.append(scalar.properties.uppercaseMapping)
      } else {
        text.append(scalar)
      }
    }
    return text
  }

  func lowercased() -> Text {
    if bytes.allSatisfy({ $0 < 0x80 }) { return mapped { $0.properties.lowercaseMapping } }
    let scalars = Array(scalars)
    return lowercased(scalars, scalars.indices)
  }

  /// The first letter in title case, the others in lower case.
  func capitalized() -> Text {
    let scalars = Array(scalars)
    guard let first = scalars.first else { return self }
    var text = Text(first.properties.titlecaseMapping)
    text.append(lowercased(scalars, 1..<scalars.count))
    return text.marked(as: self)
  }

  /// The first letter of every run of letters in title case, the others in lower case.
  func titled() -> Text {
    let scalars = Array(scalars)
    var text = Text(isSafe: isSafe)
    var isInside = false
    for (index, scalar) in scalars.enumerated() {
      if isInside {
        text.append(lowercased(scalars, index..<index + 1))
      } else {
        text.append(scalar.properties.titlecaseMapping)
      }
      isInside = scalar.isCased
    }
    return text
  }

  /// What Jinja's filter `title` does: words begin after spaces, hyphens and brackets.
  func titledByJinja() -> Text {
    var text = Text(isSafe: isSafe)
    var word: [Unicode.Scalar] = []
    var separator: [Unicode.Scalar] = []
    func flush(_ part: inout [Unicode.Scalar]) {
      guard let first = part.first else { return }
      text.append(first.properties.uppercaseMapping)
      text.append(Text(part.dropFirst()).lowercased())
      part = []
    }
    for scalar in scalars {
      if scalar.isPythonSpace || "-({[<".unicodeScalars.contains(scalar) {
        flush(&word)
        separator.append(scalar)
      } else {
        flush(&separator)
        word.append(scalar)
      }
    }
    flush(&word)
    flush(&separator)
    return text
  }

  private func mapped(_ map: (Unicode.Scalar) -> String) -> Text {
    var text = Text(isSafe: isSafe)
    text.bytes.reserveCapacity(bytes.count)
    for scalar in scalars {
      if scalar.isASCII {
        let mapped = map(scalar).utf8
        text.bytes.append(contentsOf: mapped)
      } else {
        text.append(map(scalar))
      }
    }
    return text
  }

  /// A capital sigma at the end of a word has a small letter of its own.
  private func lowercased(_ scalars: [Unicode.Scalar], _ range: Range<Int>) -> Text {
    var text = Text(isSafe: isSafe)
    for index in range {
      if scalars[index] == "\u{3A3}" {
        func isIgnored(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isCaseIgnorable }
        let before = scalars[..<index].last { !isIgnored($0) }
        let after = scalars[(index + 1)...].first { !isIgnored($0) }
        let isFinal = before?.isCased == true && after?.isCased != true
        text.append(isFinal ? "\u{3C2}" : "\u{3C3}")
      } else {
        text.append(scalars[index].properties.lowercaseMapping)
      }
    }
    return text
  }

  // MARK: Questions

  /// Whether there is a cased letter and none in the other case.
  func isAll(upper: Bool) -> Bool {
    var isCased = false
    for scalar in scalars {
      let properties = scalar.properties
      if (upper ? properties.isLowercase : properties.isUppercase)
        || properties.generalCategory == .titlecaseLetter
      {
        return false
      }
      if upper ? properties.isUppercase : properties.isLowercase { isCased = true }
    }
    return isCased
  }

  /// Whether words begin in upper or title case and go on in lower case.
  var isTitled: Bool {
    var isInside = false
    var isCased = false
    for scalar in scalars {
      if scalar.properties.isUppercase || scalar.properties.generalCategory == .titlecaseLetter {
        if isInside { return false }
        isInside = true
        isCased = true
      } else if scalar.properties.isLowercase {
        if !isInside { return false }
        isCased = true
      } else {
        isInside = false
      }
    }
    return isCased
  }

  /// Whether all characters have a property, and there is one.
  func isAll(_ property: (Unicode.Scalar) -> Bool) -> Bool {
    !isEmpty && scalars.allSatisfy(property)
  }

  var isIdentifier: Bool {
    guard let first = scalars.first, first == "_" || first.properties.isXIDStart else {
      return false
    }
    return scalars.dropFirst().allSatisfy { $0.properties.isXIDContinue }
  }
}

/// How a value is written in a field of a given width: what stands after `%`, or after the colon
/// in `{:…}`.
struct FieldFormat {
  var fill: Unicode.Scalar = " "
  /// `<`, `>`, `^`, or `=` for zeros between sign and digits.
  var alignment: Unicode.Scalar?
  /// `+` or a space: what stands before numbers that are not negative.
  var sign: Unicode.Scalar?
  var isAlternate = false
  var grouping: Unicode.Scalar?
  var width = 0
  var precision: Int?
  var type: Unicode.Scalar?
  let budget: Budget

  init(_ budget: Budget) { self.budget = budget }

  /// The text in the field.
  func padded(_ text: Text, default alignment: Unicode.Scalar) throws -> Text {
    let missing = width - text.count
    guard missing > 0 else { return text }
    try budget.allocate(UTF8.width(fill), times: width)
    let left =
      switch self.alignment ?? alignment {
      case ">", "=": missing
      case "^": missing / 2
      default: 0
      }
    var padded = Text(isSafe: text.isSafe)
    for _ in 0..<left { padded.append(fill) }
    padded.append(text)
    for _ in left..<missing { padded.append(fill) }
    return padded
  }

  /// A string, cut to the precision.
  func string(_ text: Text) throws -> Text {
    try padded(precision.map { text.prefix($0) } ?? text, default: "<")
  }

  /// An integer in the base that the type says.
  func integer(_ value: Int) throws -> Text {
    let radix =
      switch type {
      case "x", "X": 16
      case "o": 8
      case "b": 2
      default: 10
      }
    var digits = String(value.magnitude, radix: radix, uppercase: type == "X")
    if let precision, precision > digits.utf8.count {
      try budget.allocate(precision)
      digits = String(repeating: "0", count: precision - digits.utf8.count) + digits
    }
    let prefix = isAlternate && radix != 10 ? "0\(type.map(String.init) ?? "")" : ""
    return try number(isNegative: value < 0, prefix: prefix, digits, "")
  }

  /// A float in the form that the type says.
  func float(_ value: Double) throws -> Text {
    let places = precision ?? 6
    guard places <= 1000 else {
      throw JinjaError(.limit, "a number with more than 1000 digits.")
    }
    try budget.spend(Decimal.cost(value))
    let isUpper = type == "F" || type == "E" || type == "G"
    if !value.isFinite {
      let name = value.isNaN ? "nan" : "inf"
      return try number(isNegative: value < 0, prefix: "", "", isUpper ? name.uppercased() : name)
    }
    var text =
      switch type {
      case "e", "E": Decimal.scientific(value.magnitude, places: places)
      case "g", "G": Decimal.general(value.magnitude, significant: places)
      case "%": Decimal.fixed(value.magnitude * 100, places: places) + "%"
      case nil:
        precision.map { Decimal.general(value.magnitude, significant: $0) }
          ?? Decimal.text(value.magnitude)
      default: Decimal.fixed(value.magnitude, places: places)
      }
    if type == nil, precision != nil, !text.utf8.contains(UInt8(ascii: ".")),
      !text.utf8.contains(UInt8(ascii: "e"))
    {
      text += ".0"
    }
    if isUpper { text = text.uppercased() }
    let end = text.firstIndex { !$0.isASCII || !$0.isNumber } ?? text.endIndex
    return try number(
      isNegative: value.sign == .minus, prefix: "", String(text[..<end]), String(text[end...]))
  }

  private func number(
    isNegative: Bool, prefix: String, _ whole: String, _ rest: String
  ) throws -> Text {
    var whole = whole
    if let grouping {
      let size = type == "x" || type == "X" || type == "o" || type == "b" ? 4 : 3
      var grouped: [Character] = []
      for (index, digit) in whole.reversed().enumerated() {
        if index > 0, index % size == 0 { grouped.append(Character(grouping)) }
        grouped.append(digit)
      }
      whole = String(grouped.reversed())
    }
    let mark = isNegative ? "-" : sign.map { String(Character($0)) } ?? ""
    if alignment == "=" {
      var inner = self
      inner.alignment = ">"
      inner.width = width - mark.utf8.count - prefix.utf8.count
      return Text(mark + prefix + (try inner.padded(Text(whole + rest), default: ">")).string)
    }
    return try padded(Text(mark + prefix + whole + rest), default: ">")
  }
}

extension Decimal {
  /// How many steps it takes to write a float exactly.
  static func cost(_ value: Double) -> Int {
    guard value.isFinite, value != 0 else { return 1 }
    let power = Int(value.exponent).magnitude
    return 1 + Int(power * power / 100)
  }
}

/// Python's `"…" % values`.
struct PercentFormat {
  private let format: [Unicode.Scalar]
  private let values: [Value]
  private let mapping: Dict?
  /// Whether values may be left over, as they may be of whatever Python takes for a mapping.
  private let ignoresRest: Bool
  private let isSafe: Bool
  private let budget: Budget
  private var at = 0
  private var used = 0

  init(_ format: Text, _ values: Value, _ budget: Budget) throws {
    self.format = Array(format.scalars)
    self.budget = budget
    isSafe = format.isSafe
    try budget.spend(1 + format.bytes.count / 16)
    switch values {
    case .list(let list): ignoresRest = list.kind == .list
    case .dict, .range, .undefined: ignoresRest = true
    default: ignoresRest = false
    }
    switch values {
    case .list(let list) where list.kind != .list:
      self.values = list.items
      mapping = nil
    case .dict(let dict):
      self.values = [values]
      mapping = dict
    default:
      self.values = [values]
      mapping = nil
    }
  }

  func text() throws -> Text {
    var reader = self
    return try reader.read()
  }

  private mutating func read() throws -> Text {
    var text = Text(isSafe: isSafe)
    while at < format.count {
      let scalar = format[at]
      at += 1
      guard scalar == "%" else {
        text.append(scalar)
        continue
      }
      text.append(try field())
      try budget.limits.check(string: text)
    }
    guard used >= values.count || ignoresRest else {
      throw JinjaError(.type, "not all arguments converted during string formatting")
    }
    try budget.allocate(text.bytes.count)
    return text
  }

  private var next: Unicode.Scalar? { at < format.count ? format[at] : nil }

  private mutating func field() throws -> Text {
    var field = FieldFormat(budget)
    var named: Value?
    if next == "(" {
      guard let end = format[at...].firstIndex(of: ")") else {
        throw JinjaError(.type, "incomplete format key")
      }
      guard let mapping else { throw JinjaError(.type, "format requires a mapping") }
      let name = Text(format[(at + 1)..<end])
      guard let value = mapping[name] else {
        throw JinjaError(.type, "there is no key '\(name.string)' to format")
      }
      named = value
      at = end + 1
    }
    while let flag = next, "-+ #0".unicodeScalars.contains(flag) {
      at += 1
      switch flag {
      case "-": field.alignment = "<"
      case "+": field.sign = "+"
      case " ": if field.sign == nil { field.sign = " " }
      case "#": field.isAlternate = true
      default:
        if field.alignment == nil {
          field.alignment = "="
          field.fill = "0"
        }
      }
    }
    if field.alignment == "<" { field.fill = " " }
    field.width = try size() ?? 0
    if field.width < 0 {
      field.alignment = "<"
      field.width = -field.width
    }
    if next == "." {
      at += 1
      field.precision = max(try size() ?? 0, 0)
    }
    while let size = next, "hlL".unicodeScalars.contains(size) { at += 1 }
    guard let type = next else { throw JinjaError(.type, "incomplete format") }
    at += 1
    if type == "%" { return "%" }
    field.type = type
    return try write(named ?? argument(), field)
  }

  private mutating func size() throws -> Int? {
    if next == "*" {
      at += 1
      guard let value = try argument().integer else { throw JinjaError(.type, "* wants int") }
      return value
    }
    var value: Int?
    while let digit = next, let number = digit.isASCII ? Int(String(digit)) : nil {
      value = min((value ?? 0) * 10 + number, 1 << 40)
      at += 1
    }
    return value
  }

  private mutating func argument() throws -> Value {
    guard used < values.count else {
      throw JinjaError(.type, "not enough arguments for format string")
    }
    used += 1
    return values[used - 1]
  }

  private func write(_ value: Value, _ field: FieldFormat) throws -> Text {
    var field = field
    switch field.type {
    case "s":
      if field.alignment == "=" { (field.alignment, field.fill) = (">", " ") }
      let text = try Writer.text(of: value, budget)
      field.alignment = field.alignment ?? ">"
      return try field.string(isSafe ? text.escaped : text)
    case "r", "a":
      field.alignment = field.alignment == "<" ? "<" : ">"
      field.fill = " "
      return try field.string(Writer.representation(of: value, budget))
    case "c":
      field.alignment = field.alignment == "<" ? "<" : ">"
      field.fill = " "
      if let code = value.integer, let code = UInt32(exactly: code),
        let scalar = Unicode.Scalar(code)
      {
        return try field.padded(Text(CollectionOfOne(scalar)), default: ">")
      }
      guard case .string(let text) = value, text.count == 1 else {
        throw JinjaError(.type, "%c requires int or char")
      }
      return try field.padded(text, default: ">")
    case "d", "i", "u", "x", "X", "o":
      if let integer = value.integer { return try field.integer(integer) }
      if "diu".unicodeScalars.contains(field.type ?? " "), case .float(let float) = value,
        let integer = Int(exactly: float.rounded(.towardZero))
      {
        return try field.integer(integer)
      }
      throw JinjaError(
        .type, "%\(field.type ?? "d") format: a real number is required, not \(value.typeName)")
    case "e", "E", "f", "F", "g", "G":
      if case .undefined(let missing) = value { throw missing.error }
      guard let number = value.number else {
        throw JinjaError(.type, "must be real number, not \(value.typeName)")
      }
      return try field.float(number)
    default:
      throw JinjaError(.type, "unsupported format character '\(field.type ?? " ")'")
    }
  }
}

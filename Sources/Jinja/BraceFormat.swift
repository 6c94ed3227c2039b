/// Python's `"…".format(values)`.
struct BraceFormat {
  private let scalars: [Unicode.Scalar]
  private let isSafe: Bool
  private let arguments: CallArguments
  private let renderer: Renderer
  private var at = 0
  private var automatic = 0
  private var isNumbered = false

  init(_ format: Text, _ arguments: CallArguments, _ renderer: Renderer) throws {
    scalars = Array(format.scalars)
    isSafe = format.isSafe
    self.arguments = arguments
    self.renderer = renderer
    try renderer.budget.spend(1 + format.bytes.count / 16)
  }

  func text() throws -> Text {
    var reader = self
    let text = try reader.read(depth: 2, isSpecification: false)
    try renderer.budget.allocate(text.bytes.count)
    return text
  }

  private var next: Unicode.Scalar? { at < scalars.count ? scalars[at] : nil }

  private mutating func read(depth: Int, isSpecification: Bool) throws -> Text {
    var text = Text(isSafe: isSafe)
    while let scalar = next {
      if isSpecification, scalar == "}" { return text }
      at += 1
      if scalar == "{" {
        if next == "{", !isSpecification {
          at += 1
          text.append("{")
        } else {
          guard depth > 0 else { throw JinjaError(.type, "Max string recursion exceeded") }
          text.append(try field(depth: depth - 1))
        }
      } else if scalar == "}" {
        guard next == "}" else {
          throw JinjaError(.type, "Single '}' encountered in format string")
        }
        at += 1
        text.append("}")
      } else {
        text.append(scalar)
      }
      try renderer.budget.limits.check(string: text)
    }
    if isSpecification { throw JinjaError(.type, "expected '}' before end of string") }
    return text
  }

  private mutating func field(depth: Int) throws -> Text {
    var value = try named()
    var conversion: Unicode.Scalar?
    if next == "!" {
      at += 1
      conversion = next
      at += 1
    }
    var specification = Text()
    if next == ":" {
      at += 1
      specification = try read(depth: depth, isSpecification: true)
    }
    guard next == "}" else { throw JinjaError(.type, "expected '}' before end of string") }
    at += 1
    let budget = renderer.budget
    switch conversion {
    case nil: break
    case "r", "a": value = .string(try Writer.representation(of: value, budget))
    case "s": value = .string(try Writer.text(of: value, budget))
    default: throw JinjaError(.type, "Unknown conversion specifier")
    }
    let text = try BraceFormat.write(value, specification, budget)
    return isSafe ? text.escaped : text
  }

  private mutating func named() throws -> Value {
    func part(_ stops: String) -> Text {
      var name = Text()
      while let scalar = next, !stops.unicodeScalars.contains(scalar) {
        name.append(scalar)
        at += 1
      }
      return name
    }
    let first = part(".[!:}{")
    var value: Value
    if first.isEmpty || first.isAll({ $0.isASCII && $0.isDecimal }) {
      guard first.isEmpty ? !isNumbered : automatic == 0 else {
        throw JinjaError(.type, "cannot switch between manual and automatic field numbering")
      }
      isNumbered = !first.isEmpty
      let index = first.isEmpty ? automatic : Int(first.string) ?? .max
      if first.isEmpty { automatic += 1 }
      guard index < arguments.positional.count else {
        throw JinjaError(
          .type, "Replacement index \(index) out of range for positional args tuple")
      }
      value = arguments.positional[index]
    } else {
      guard let found = arguments.keyword.last(where: { $0.name == first.string }) else {
        throw JinjaError(.type, "there is no '\(first.string)' to format")
      }
      value = found.value
    }
    while let mark = next, mark == "." || mark == "[" {
      at += 1
      if mark == "." {
        value = try renderer.attribute(of: value, part(".[!:}"))
      } else {
        let name = part("]")
        at += 1
        value = try renderer.item(
          of: value, Int(name.string).map { .int($0) } ?? .string(name))
      }
      if case .undefined(let missing) = value { throw missing.error }
    }
    return value
  }

  // MARK: Format specifications

  private static func write(
    _ value: Value, _ specification: Text, _ budget: Budget
  ) throws -> Text {
    if specification.isEmpty { return try Writer.text(of: value, budget) }
    let field = try BraceFormat.field(specification, budget)
    let stringTypes: [Unicode.Scalar?] = [nil, "s"]
    switch value {
    case .string(let text):
      guard stringTypes.contains(field.type), field.alignment != "=", field.sign == nil else {
        throw JinjaError(
          .type, "Unknown format code '\(field.type ?? "=")' for object of type 'str'")
      }
      return try field.string(text)
    case .float(let value):
      guard field.type.map({ "eEfFgGn%".unicodeScalars.contains($0) }) ?? true else {
        throw JinjaError(
          .type, "Unknown format code '\(field.type ?? " ")' for object of type 'float'")
      }
      return try field.float(value)
    case .int, .bool:
      let integer = value.integer ?? 0
      switch field.type {
      case nil, "d", "n", "x", "X", "o", "b":
        guard field.precision == nil else {
          throw JinjaError(.type, "Precision not allowed in integer format specifier")
        }
        return try field.integer(integer)
      case "e", "E", "f", "F", "g", "G", "%": return try field.float(Double(integer))
      case "c":
        guard let scalar = UInt32(exactly: integer).flatMap(Unicode.Scalar.init) else {
          throw JinjaError(.type, "%c arg not in range(0x110000)")
        }
        return try field.padded(Text(CollectionOfOne(scalar)), default: "<")
      default:
        throw JinjaError(
          .type, "Unknown format code '\(field.type ?? " ")' for object of type 'int'")
      }
    default:
      throw JinjaError(
        .type, "unsupported format string passed to \(value.typeName).__format__")
    }
  }

  private static func field(_ specification: Text, _ budget: Budget) throws -> FieldFormat {
    let scalars = Array(specification.scalars)
    var field = FieldFormat(budget)
    var at = 0
    func scalar(_ offset: Int = 0) -> Unicode.Scalar? {
      at + offset < scalars.count ? scalars[at + offset] : nil
    }
    func isAlignment(_ scalar: Unicode.Scalar?) -> Bool {
      scalar.map { "<>^=".unicodeScalars.contains($0) } ?? false
    }
    func size() -> Int? {
      var value: Int?
      while let digit = scalar(), let number = digit.isASCII ? Int(String(digit)) : nil {
        value = min((value ?? 0) * 10 + number, 1 << 40)
        at += 1
      }
      return value
    }
    if isAlignment(scalar(1)), let fill = scalar() {
      field.fill = fill
      field.alignment = scalar(1)
      at += 2
    } else if isAlignment(scalar()) {
      field.alignment = scalar()
      at += 1
    }
    if let sign = scalar(), "+- ".unicodeScalars.contains(sign) {
      field.sign = sign == "-" ? nil : sign
      at += 1
    }
    if scalar() == "#" {
      field.isAlternate = true
      at += 1
    }
    if scalar() == "0" {
      if field.alignment == nil {
        field.alignment = "="
        field.fill = "0"
      }
      at += 1
    }
    field.width = size() ?? 0
    if let mark = scalar(), mark == "," || mark == "_" {
      field.grouping = mark
      at += 1
    }
    if scalar() == "." {
      at += 1
      guard let precision = size() else {
        throw JinjaError(.type, "Format specifier missing precision")
      }
      field.precision = precision
    }
    field.type = scalar()
    guard at + 1 >= scalars.count else { throw JinjaError(.type, "Invalid format specifier") }
    return field
  }
}

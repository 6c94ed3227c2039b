/// A filter: what it does with a value and the arguments of the call.
typealias Filter = @Sendable (Renderer, Value, CallArguments) throws -> Value

/// The filters by name, here those on numbers and text.
enum Filters {
  static let all: [String: Filter] =
    text.merging(numbers) { first, _ in first }
    .merging(sequences) { first, _ in first }
    .merging(selections) { first, _ in first }

  // MARK: Numbers

  private static let numbers: [String: Filter] = [
    "abs": { renderer, value, call in
      try call.finish("abs")
      switch value {
      case .undefined(let missing): throw missing.error
      case .float(let value): return .float(value.magnitude)
      default:
        guard let integer = value.integer else {
          throw JinjaError(.type, "bad operand type for abs(): '\(value.typeName)'")
        }
        return integer < 0 ? try Arithmetic(budget: renderer.budget).negated(value) : .int(integer)
      }
    },
    "int": { renderer, value, call in
      let bound = try call.bound("int", ["default", "base"])
      let base = try bound[1].map { try integer($0, "base") } ?? 10
      return try PythonNumber.integer(value, base: base) ?? bound[0] ?? .int(0)
    },
    "float": { _, value, call in
      let bound = try call.bound("float", ["default"])
      return try PythonNumber.float(value).map { .float($0) } ?? bound[0] ?? .float(0)
    },
    "round": { renderer, value, call in
      let bound = try call.bound("round", ["precision", "method"])
      let places = try bound[0].map { try integer($0, "precision") } ?? 0
      let method = try bound[1].map { try renderer.string($0).string } ?? "common"
      guard ["common", "ceil", "floor"].contains(method) else {
        throw JinjaError(.type, "method must be common, ceil or floor")
      }
      return try PythonNumber.rounded(value, places: places, method, renderer.budget)
    },
  ]

  // MARK: Text

  private static let text: [String: Filter] = [
    "upper": simple("upper") { $0.uppercased() },
    "lower": simple("lower") { $0.lowercased() },
    "title": simple("title") { $0.titledByJinja() },
    "capitalize": simple("capitalize") { $0.capitalized() },
    "string": simple("string") { $0 },
    "safe": simple("safe") { Text($0.bytes, isSafe: true) },
    "escape": simple("escape") { $0.escaped },
    "e": simple("e") { $0.escaped },
    "forceescape": simple("forceescape") { Text($0.bytes).escaped },
    "trim": { renderer, value, call in
      let bound = try call.bound("trim", ["chars"])
      let characters = try bound[0].flatMap { try optionalText($0, "chars") }
      return .string(try renderer.string(value).stripped(.both, of: characters))
    },
    "replace": { renderer, value, call in
      let bound = try call.bound("replace", ["old", "new", "count"], required: 2)
      let count = try bound[2]
        .flatMap { value -> Int? in
          if case .none = value { return nil }
          return try integer(value, "count")
        }
      var text = try renderer.string(value)
      text.isSafe = false
      return .string(
        try StringMethods.replaced(
          text, try renderer.string(bound[0] ?? .none), try renderer.string(bound[1] ?? .none),
          count: count ?? -1, renderer.budget))
    },
    "center": { renderer, value, call in
      let bound = try call.bound("center", ["width"])
      var inner = CallArguments()
      inner.positional = [bound[0] ?? .int(80)]
      return try StringMethods.call("center", on: renderer.string(value), inner, renderer)
    },
    "indent": { renderer, value, call in
      let bound = try call.bound("indent", ["width", "first", "blank"])
      return .string(
        try indented(
          value, bound[0] ?? .int(4), first: bound[1]?.isTrue ?? false,
          blank: bound[2]?.isTrue ?? false, renderer))
    },
    "truncate": { renderer, value, call in
      let bound = try call.bound("truncate", ["length", "killwords", "end", "leeway"])
      let length = try bound[0].map { try integer($0, "length") } ?? 255
      let end = try bound[2].map { try renderer.string($0) } ?? "..."
      let leeway = try bound[3].map { $0.integer == nil ? 5 : try integer($0, "leeway") } ?? 5
      guard length >= end.count, leeway >= 0 else {
        throw JinjaError(.type, "expected length >= \(end.count), got \(length)")
      }
      let text = try renderer.string(value)
      guard text.count > length, text.count - length > leeway else { return .string(text) }
      var cut = text.prefix(length - end.count)
      if bound[1]?.isTrue != true {
        cut = cut.split(by: " ", most: 1, fromEnd: true).first ?? cut
      }
      return .string(try Arithmetic(budget: renderer.budget).join(cut, end))
    },
    "wordcount": { renderer, value, call in
      try call.finish("wordcount")
      var count = 0
      var isInside = false
      for scalar in try renderer.string(value).scalars {
        if scalar.isWord, !isInside { count += 1 }
        isInside = scalar.isWord
      }
      return .int(count)
    },
    "format": { renderer, value, call in
      let budget = renderer.budget
      guard call.positional.isEmpty || call.keyword.isEmpty else {
        throw JinjaError(
          .type, "can't handle positional and keyword arguments at the same time")
      }
      let values: Value =
        call.keyword.isEmpty
        ? .list(try List(call.positional, .tuple, budget))
        : .dict(try call.keywords(budget))
      return .string(try PercentFormat(renderer.string(value), values, budget).text())
    },
    "urlencode": { renderer, value, call in
      try call.finish("urlencode")
      return .string(try URLText.encode(value, renderer.budget))
    },
    "tojson": { renderer, value, call in
      let bound = try call.bound("tojson", ["ensure_ascii", "indent", "separators", "sort_keys"])
      let budget = renderer.budget
      var json = JSONText(
        indent: try bound[1].flatMap { try indentation($0, budget) },
        separators: try bound[2].flatMap { try separators($0) }, budget)
      json.escapesNonASCII = bound[0]?.isTrue ?? false
      json.sortsKeys = bound[3]?.isTrue ?? false
      try json.write(value)
      return .string(json.text)
    },
  ]

  private static func simple(
    _ name: String, _ change: @escaping @Sendable (Text) -> Text
  ) -> Filter {
    { renderer, value, call in
      try call.finish(name)
      let text = try renderer.string(value)
      try renderer.budget.allocate(text.bytes.count)
      return .string(change(text))
    }
  }

  // MARK: Arguments

  static func integer(_ value: Value, _ name: String) throws -> Int {
    if case .undefined(let missing) = value { throw missing.error }
    guard let integer = value.integer else {
      throw JinjaError(
        .type, "'\(value.typeName)' object cannot be interpreted as an integer (argument '\(name)')"
      )
    }
    return integer
  }

  static func optionalText(_ value: Value, _ name: String) throws -> Text? {
    switch value {
    case .none: return nil
    case .string(let text): return text
    default:
      throw JinjaError(.type, "the argument '\(name)' must be None or str, not \(value.typeName)")
    }
  }

  private static func indentation(_ value: Value, _ budget: Budget) throws -> Text? {
    switch value {
    case .none: return nil
    case .string(let text): return text
    default:
      let width = max(try integer(value, "indent"), 0)
      try budget.allocate(width)
      return Text([UInt8](repeating: 0x20, count: width))
    }
  }

  private static func separators(_ value: Value) throws -> (item: Text, key: Text)? {
    if case .none = value { return nil }
    guard case .list(let list) = value, list.items.count == 2,
      case .string(let item) = list.items[0], case .string(let key) = list.items[1]
    else { throw JinjaError(.type, "the argument 'separators' must be two strings") }
    return (item, key)
  }

  private static func indented(
    _ value: Value, _ width: Value, first: Bool, blank: Bool, _ renderer: Renderer
  ) throws -> Text {
    guard case .string(let text) = value else {
      if case .undefined(let missing) = value { throw missing.error }
      throw JinjaError(
        .type, "unsupported operand type(s) for +=: '\(value.typeName)' and 'str'")
    }
    let indent = try indentation(width, renderer.budget) ?? Text()
    var source = text
    source.append("\n")
    let lines = source.lines()
    try renderer.budget.allocate(
      text.bytes.count + lines.count + 1 + (lines.count + 1) * indent.bytes.count)
    try renderer.budget.allocate(indent.bytes.count, times: lines.count + 1)
    var result = Text(isSafe: text.isSafe)
    if first { result.append(indent) }
    for (index, line) in lines.enumerated() {
      if index > 0 {
        result.append("\n")
        if blank || !line.isEmpty { result.append(indent) }
      }
      result.append(line)
    }
    return result
  }
}

extension StringMethods {
  typealias Method = @Sendable (Text, CallArguments, Renderer) throws -> Value

  // MARK: Places

  static let searching: [String: Method] = [
    "find": finding("find", fromEnd: false, isRequired: false),
    "rfind": finding("rfind", fromEnd: true, isRequired: false),
    "index": finding("index", fromEnd: false, isRequired: true),
    "rindex": finding("rindex", fromEnd: true, isRequired: true),
    "count": { text, call, _ in
      let bound = try call.bound("count", ["sub", "start", "end"], required: 1)
      let part = try string(bound[0], "sub")
      guard let window = try window(text, bound[1], bound[2]) else { return .int(0) }
      return .int(
        part.isEmpty ? window.text.count + 1 : window.text.places(of: part).count)
    },
    "startswith": affix("startswith") { $0.hasPrefix($1) },
    "endswith": affix("endswith") { $0.hasSuffix($1) },
  ]

  private static func finding(_ name: String, fromEnd: Bool, isRequired: Bool) -> Method {
    { text, call, _ in
      let bound = try call.bound(name, ["sub", "start", "end"], required: 1)
      let part = try string(bound[0], "sub")
      if let window = try window(text, bound[1], bound[2]) {
        if part.isEmpty {
          return .int(window.start + (fromEnd ? window.text.count : 0))
        }
        if let place = window.text.places(of: part, most: 1, fromEnd: fromEnd).first {
          return .int(window.start + Text(window.text.bytes[..<place]).count)
        }
      }
      guard !isRequired else { throw JinjaError(.type, "substring not found") }
      return .int(-1)
    }
  }

  private static func affix(
    _ name: String, _ holds: @escaping @Sendable (Text, Text) -> Bool
  ) -> Method {
    { text, call, _ in
      let bound = try call.bound(name, ["prefix", "start", "end"], required: 1)
      var candidates: [Value] = []
      switch bound[0] {
      case .list(let list)? where list.kind != .list: candidates = list.items
      case .string?: candidates = [bound[0] ?? .none]
      default:
        throw JinjaError(
          .type,
          "\(name) first arg must be str or a tuple of str, not \((bound[0] ?? .none).typeName)")
      }
      guard let window = try window(text, bound[1], bound[2]) else { return .bool(false) }
      for candidate in candidates where holds(window.text, try string(candidate, "prefix")) {
        return .bool(true)
      }
      return .bool(false)
    }
  }

  /// The part of a text between two positions as Python counts them; nil if it starts behind its
  /// end.
  private static func window(
    _ text: Text, _ start: Value?, _ end: Value?
  ) throws -> (text: Text, start: Int)? {
    if start == nil, end == nil { return (text, 0) }
    let starts = text.starts
    let count = starts.count - 1
    func position(_ value: Value?, default fallback: Int) throws -> Int {
      guard let value, !value.isNone else { return fallback }
      let index = try Filters.integer(value, "position")
      return index < 0 ? max(index + count, 0) : index
    }
    let from = try position(start, default: 0)
    let to = min(try position(end, default: count), count)
    guard from <= to else { return nil }
    return (Text(text.bytes[starts[from]..<starts[to]]), from)
  }

  // MARK: Parts

  static let cutting: [String: Method] = [
    "split": splitting("split", fromEnd: false),
    "rsplit": splitting("rsplit", fromEnd: true),
    "splitlines": { text, call, renderer in
      let keeps = try call.bound("splitlines", ["keepends"])[0]?.isTrue ?? false
      return .list(try List(text.lines(keepingEnds: keeps).map { .string($0) }, renderer.budget))
    },
    "partition": partition("partition", fromEnd: false),
    "rpartition": partition("rpartition", fromEnd: true),
  ]

  private static func splitting(_ name: String, fromEnd: Bool) -> Method {
    { text, call, renderer in
      let bound = try call.bound(name, ["sep", "maxsplit"])
      let count = try bound[1].map { try Filters.integer($0, "maxsplit") } ?? -1
      let most = count < 0 ? Int.max : count
      try renderer.budget.allocate(text.bytes.count)
      let parts: [Text]
      if let separator = bound[0], !separator.isNone {
        let separator = try string(separator, "sep")
        guard !separator.isEmpty else { throw JinjaError(.type, "empty separator") }
        parts = text.split(by: separator, most: most, fromEnd: fromEnd)
      } else {
        parts = text.words(most: most, fromEnd: fromEnd)
      }
      return .list(try List(parts.map { .string($0) }, renderer.budget))
    }
  }

  private static func partition(_ name: String, fromEnd: Bool) -> Method {
    { text, call, renderer in
      let separator = try string(call.bound(name, ["sep"], required: 1)[0], "sep")
      guard !separator.isEmpty else { throw JinjaError(.type, "empty separator") }
      var parts = text.split(by: separator, most: 1, fromEnd: fromEnd)
      if parts.count == 2 {
        parts.insert(separator, at: 1)
      } else {
        let empty = Text(isSafe: text.isSafe)
        parts = fromEnd ? [empty, empty, text] : [text, empty, empty]
      }
      return .list(try List(parts.map { .string($0) }, .tuple, renderer.budget))
    }
  }

  // MARK: Questions

  private static func question(
    _ name: String, _ holds: @escaping @Sendable (Text) -> Bool
  ) -> Method {
    { text, call, _ in
      try call.finish(name)
      return .bool(holds(text))
    }
  }

  static let asking: [String: Method] = [
    "isalpha": question("isalpha") { $0.isAll(\.isLetter) },
    "isalnum": question("isalnum") { $0.isAll { $0.isLetter || $0.isNumeric } },
    "isdecimal": question("isdecimal") { $0.isAll(\.isDecimal) },
    "isdigit": question("isdigit") { $0.isAll(\.isDigit) },
    "isnumeric": question("isnumeric") { $0.isAll(\.isNumeric) },
    "isspace": question("isspace") { $0.isAll(\.isPythonSpace) },
    "isascii": question("isascii") { $0.bytes.allSatisfy { $0 < 0x80 } },
    "isprintable": question("isprintable") { $0.scalars.allSatisfy(\.isPrintable) },
    "isidentifier": question("isidentifier") { $0.isIdentifier },
    "islower": question("islower") { $0.isAll(upper: false) },
    "isupper": question("isupper") { $0.isAll(upper: true) },
    "istitle": question("istitle") { $0.isTitled },
  ]
}

/// The methods of Python's `str`.
enum StringMethods {
  typealias Body = Method

  static func exists(_ name: Text) -> Bool {
    all[name.string] != nil || ["encode", "translate", "maketrans"].contains(name.string)
  }

  static func call(
    _ name: Text, on text: Text, _ call: CallArguments, _ renderer: Renderer
  ) throws -> Value {
    guard let body = all[name.string] else {
      throw JinjaError(.unsupported, "the method '\(name.string)' of str is not supported.")
    }
    try renderer.budget.spend(1 + text.bytes.count / 16)
    return try body(text, call, renderer)
  }

  private static let all: [String: Body] =
    changing.merging(searching) { first, _ in first }
    .merging(cutting) { first, _ in first }
    .merging(asking) { first, _ in first }

  // MARK: Changed texts

  private static func simple(
    _ name: String, _ change: @escaping @Sendable (Text) -> Text
  ) -> Body {
    { text, call, renderer in
      try call.finish(name)
      try renderer.budget.allocate(text.bytes.count)
      return .string(change(text))
    }
  }

  private static let changing: [String: Body] = [
    "upper": simple("upper") { $0.uppercased() },
    "lower": simple("lower") { $0.lowercased() },
    "casefold": simple("casefold") { $0.lowercased().folded() },
    "title": simple("title") { $0.titled() },
    "capitalize": simple("capitalize") { $0.capitalized() },
    "swapcase": simple("swapcase") { $0.swappedCase() },
    "strip": stripping("strip", .both),
    "lstrip": stripping("lstrip", .left),
    "rstrip": stripping("rstrip", .right),
    "center": padding("center"),
    "ljust": padding("ljust"),
    "rjust": padding("rjust"),
    "zfill": { text, call, renderer in
      let width = try Filters.integer(
        call.bound("zfill", ["width"], required: 1)[0] ?? .none, "width")
      let missing = width - text.count
      guard missing > 0 else { return .string(text) }
      try renderer.budget.allocate(width)
      let sign = text.bytes.first.flatMap { "+-".utf8.contains($0) ? $0 : nil }
      var bytes = sign.map { [$0] } ?? []
      bytes += [UInt8](repeating: UInt8(ascii: "0"), count: missing)
      bytes += text.bytes.dropFirst(sign == nil ? 0 : 1)
      return .string(Text(bytes, isSafe: text.isSafe))
    },
    "expandtabs": { text, call, renderer in
      let size =
        try call.bound("expandtabs", ["tabsize"])[0]
        .map {
          try Filters.integer($0, "tabsize")
        } ?? 8
      var expanded = Text(isSafe: text.isSafe)
      var column = 0
      for scalar in text.scalars {
        if scalar == "\t" {
          let count = size > 0 ? size - column % size : 0
          try renderer.budget.allocate(count)
          for _ in 0..<count { expanded.append(" ") }
          column += count
          try renderer.budget.limits.check(string: expanded)
        } else {
          expanded.append(scalar)
          column = scalar == "\n" || scalar == "\r" ? 0 : column + 1
        }
      }
      return .string(expanded)
    },
    "replace": { text, call, renderer in
      let bound = try call.bound("replace", ["old", "new", "count"], required: 2)
      let count = try bound[2].map { try Filters.integer($0, "count") } ?? -1
      return .string(
        try replaced(
          text, string(bound[0], "old"), string(bound[1], "new"), count: count, renderer.budget))
    },
    "join": { text, call, renderer in
      let bound = try call.bound("join", ["iterable"], required: 1)
      let items = try Iterating.values(of: bound[0] ?? .none, renderer.budget)
      let parts = try items.enumerated()
        .map { index, item in
          guard case .string(let part) = item else {
            if text.isSafe { return try renderer.string(item).escaped }
            throw JinjaError(
              .type, "sequence item \(index): expected str instance, \(item.typeName) found")
          }
          return text.isSafe ? part.escaped : part
        }
      return .string(try renderer.joined(parts, by: text).marked(as: text))
    },
    "format": { text, call, renderer in
      .string(try BraceFormat(text, call, renderer).text())
    },
    "format_map": { text, call, renderer in
      guard call.positional.count == 1, case .dict(let dict) = call.positional[0] else {
        throw JinjaError(.type, "format_map() takes exactly one mapping")
      }
      var inner = CallArguments()
      for (key, value) in zip(dict.keys, dict.values) {
        if case .string(let key) = key { inner.keyword.append((key.string, value)) }
      }
      return .string(try BraceFormat(text, inner, renderer).text())
    },
    "removeprefix": { text, call, _ in
      let prefix = try string(call.bound("removeprefix", ["prefix"], required: 1)[0], "prefix")
      return .string(
        text.hasPrefix(prefix)
          ? Text(text.bytes.dropFirst(prefix.bytes.count), isSafe: text.isSafe) : text)
    },
    "removesuffix": { text, call, _ in
      let suffix = try string(call.bound("removesuffix", ["suffix"], required: 1)[0], "suffix")
      return .string(
        text.hasSuffix(suffix)
          ? Text(text.bytes.dropLast(suffix.bytes.count), isSafe: text.isSafe) : text)
    },
  ]

  private static func stripping(_ name: String, _ side: Text.Side) -> Body {
    { text, call, _ in
      let characters = try call.bound(name, ["chars"])[0]
        .flatMap {
          try Filters.optionalText($0, "chars")
        }
      return .string(text.stripped(side, of: characters))
    }
  }

  private static func padding(_ name: String) -> Body {
    { text, call, renderer in
      let bound = try call.bound(name, ["width", "fillchar"], required: 1)
      let width = try Filters.integer(bound[0] ?? .none, "width")
      let fill = try bound[1].map { try string($0, "fillchar") } ?? " "
      guard fill.count == 1 else {
        throw JinjaError(.type, "The fill character must be exactly one character long")
      }
      let missing = width - text.count
      guard missing > 0 else { return .string(text) }
      try renderer.budget.allocate(fill.bytes.count, times: width)
      let left =
        switch name {
        case "ljust": 0
        case "rjust": missing
        // Where the halves differ, Python looks at the width.
        default: missing / 2 + (missing & width & 1)
        }
      var padded = Text(isSafe: text.isSafe)
      for _ in 0..<left { padded.append(fill) }
      padded.append(text)
      for _ in left..<missing { padded.append(fill) }
      return .string(padded)
    }
  }

  static func replaced(
    _ text: Text, _ old: Text, _ new: Text, count: Int, _ budget: Budget
  ) throws -> Text {
    let most = count < 0 ? Int.max : count
    let places =
      old.isEmpty
      ? Array(text.starts.prefix(most)) : text.places(of: old, most: most)
    try budget.allocate(new.bytes.count, times: places.count)
    try budget.allocate(
      text.bytes.count + places.count * (new.bytes.count - old.bytes.count))
    var result = Text(isSafe: text.isSafe)
    var start = 0
    for place in places {
      result.bytes += text.bytes[start..<place]
      result.append(new)
      start = place + old.bytes.count
    }
    result.bytes += text.bytes[start...]
    return result
  }

  static func string(_ value: Value?, _ name: String) throws -> Text {
    guard case .string(let text)? = value else {
      throw JinjaError(
        .type, "the argument '\(name)' must be str, not \((value ?? .none).typeName)")
    }
    return text
  }
}

extension Text {
  /// Small letters whose folded form is another one, as far as they are common.
  fileprivate func folded() -> Text {
    var folded = Text(isSafe: isSafe)
    for scalar in scalars {
      switch scalar {
      case "ß": folded.append("ss")
      case "ς": folded.append("σ")
      default: folded.append(scalar)
      }
    }
    return folded
  }
}

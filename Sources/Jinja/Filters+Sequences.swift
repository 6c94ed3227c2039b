extension Filters {
  // MARK: Sequences

  static let sequences: [String: Filter] = [
    "length": { _, value, call in
      try call.finish("length")
      return .int(try Iterating.length(of: value))
    },
    "count": { _, value, call in
      try call.finish("count")
      return .int(try Iterating.length(of: value))
    },
    "list": { renderer, value, call in
      try call.finish("list")
      return .list(try List(Iterating.values(of: value, renderer.budget), renderer.budget))
    },
    "first": { renderer, value, call in
      try call.finish("first")
      let first =
        if case .iterator(let iteration) = value {
          iteration.next()
        } else {
          try Iterating.values(of: value, renderer.budget).first
        }
      return first ?? .missing("No first item, sequence was empty.")
    },
    "last": { renderer, value, call in
      try call.finish("last")
      if case .iterator(let iteration) = value {
        throw JinjaError(.type, "'\(iteration.name)' object is not reversible")
      }
      return try Iterating.values(of: value, renderer.budget).last
        ?? .missing("No last item, sequence was empty.")
    },
    "reverse": { renderer, value, call in
      try call.finish("reverse")
      let budget = renderer.budget
      let reversed = try Array(Iterating.values(of: value, budget).reversed())
      switch value {
      case .string(let text):
        let bytes = reversed.reduce(into: Text()) {
          if case .string(let text) = $1 { $0.append(text) }
        }
        return .string(bytes.marked(as: text))
      case .iterator: return .list(try List(reversed, budget))
      case .list(let list) where list.kind == .list:
        return .iterator(try Iteration(reversed, "list_reverseiterator", budget))
      default: return .iterator(try Iteration(reversed, "reversed", budget))
      }
    },
    "join": { renderer, value, call in
      let bound = try call.bound("join", ["d", "attribute"])
      let separator = try bound[0].map { try renderer.string($0) } ?? Text()
      let getter = try AttributePath(bound[1])
      let parts = try Iterating.values(of: value, renderer.budget)
        .map {
          try renderer.string(getter.value(of: $0, renderer))
        }
      return .string(Text(try renderer.joined(parts, by: separator).bytes))
    },
    "default": { _, value, call in try fallback(value, call) },
    "d": { _, value, call in try fallback(value, call) },
    "attr": { renderer, value, call in
      let bound = try call.bound("attr", ["name"], required: 1)
      let name = try renderer.string(bound[0] ?? .none)
      if let found = try renderer.ownAttribute(of: value, name) { return found }
      return renderer.lacking(value, name)
    },
    "items": { renderer, value, call in
      try call.finish("items")
      if value.isUndefined { return .iterator(try Iteration([], renderer.budget)) }
      guard case .dict(let dict) = value else {
        throw JinjaError(.type, "Can only get item pairs from a mapping.")
      }
      return .iterator(try Iteration(dict.items(renderer.budget), renderer.budget))
    },
    "sum": { renderer, value, call in
      let bound = try call.bound("sum", ["attribute", "start"])
      let getter = try AttributePath(bound[0])
      let arithmetic = Arithmetic(budget: renderer.budget)
      if case .string? = bound[1] {
        throw JinjaError(.type, "sum() can't sum strings [use ''.join(seq) instead]")
      }
      return try Iterating.values(of: value, renderer.budget)
        .reduce(bound[1] ?? .int(0)) {
          try arithmetic.apply(.add, $0, getter.value(of: $1, renderer))
        }
    },
    "min": { renderer, value, call in try extreme("min", value, call, renderer) },
    "max": { renderer, value, call in try extreme("max", value, call, renderer) },
    "batch": { renderer, value, call in
      let bound = try call.bound("batch", ["linecount", "fill_with"], required: 1)
      let size = try integer(bound[0] ?? .none, "linecount")
      let budget = renderer.budget
      var batches: [Value] = []
      var batch: [Value] = []
      for item in try Iterating.values(of: value, budget) {
        if batch.count == size {
          batches.append(.list(try List(batch, budget)))
          batch = []
        }
        batch.append(item)
      }
      if !batch.isEmpty {
        if let fill = bound[1], !fill.isNone, batch.count < size {
          try budget.spend(min(size, budget.limits.steps + 1))
          batch += [Value](repeating: fill, count: size - batch.count)
        }
        batches.append(.list(try List(batch, budget)))
      }
      return .iterator(try Iteration(batches, budget))
    },
    "slice": { renderer, value, call in
      let bound = try call.bound("slice", ["slices", "fill_with"], required: 1)
      let count = try integer(bound[0] ?? .none, "slices")
      let budget = renderer.budget
      let items = try Iterating.values(of: value, budget)
      guard count != 0 else { throw JinjaError(.type, "integer division or modulo by zero") }
      guard count > 0 else { return .iterator(try Iteration([], budget)) }
      try budget.spend(min(count, budget.limits.steps + 1))
      var slices: [Value] = []
      var start = 0
      for index in 0..<count {
        let isLonger = index < items.count % count
        let end = start + items.count / count + (isLonger ? 1 : 0)
        var slice = Array(items[start..<end])
        if let fill = bound[1], !fill.isNone, !isLonger { slice.append(fill) }
        slices.append(.list(try List(slice, budget)))
        start = end
      }
      return .iterator(try Iteration(slices, budget))
    },
  ]

  private static func fallback(_ value: Value, _ call: CallArguments) throws -> Value {
    let bound = try call.bound("default", ["default_value", "boolean"])
    let isMissing = value.isUndefined || (bound[1]?.isTrue == true && !value.isTrue)
    return isMissing ? bound[0] ?? .string("") : value
  }

  /// The first of the smallest, or of the greatest.
  private static func extreme(
    _ name: String, _ value: Value, _ call: CallArguments, _ renderer: Renderer
  ) throws -> Value {
    let bound = try call.bound(name, ["case_sensitive", "attribute"])
    let getter = try AttributePath(bound[1], ignoresCase: bound[0]?.isTrue != true)
    var best: (key: Value, value: Value)?
    for item in try Iterating.values(of: value, renderer.budget) {
      let key = try getter.value(of: item, renderer)
      guard let found = best else {
        best = (key, item)
        continue
      }
      let isBetter =
        name == "min"
        ? try Comparing.less(key, found.key, renderer.budget)
        : try Comparing.holds(.greater, key, found.key, renderer.budget)
      if isBetter { best = (key, item) }
    }
    return best?.value ?? .missing("No aggregated item, sequence was empty.")
  }
}

extension Value {
  var isNone: Bool {
    if case .none = self { return true }
    return false
  }
}

/// `attribute="a.b.0"`: which part of each item a filter looks at.
struct AttributePath {
  private var parts: [Value] = []
  private let ignoresCase: Bool
  private let fallback: Value?

  /// Reads a path: a string, an integer, or none for the item itself.
  ///
  /// Strings that are found are put into lower case on demand; a missing part is the fallback.
  init(_ value: Value?, ignoresCase: Bool = false, fallback: Value? = nil) throws {
    self.ignoresCase = ignoresCase
    self.fallback = fallback.flatMap { $0.isNone ? nil : $0 }
    switch value {
    case nil, Value.none?: break
    case .string(let text)?:
      parts = text.split(by: ".")
        .map { part in
          part.isAll(\.isDigit) ? Int(part.string).map { .int($0) } ?? .string(part) : .string(part)
        }
    case let value?: parts = [value]
    }
  }

  func value(of item: Value, _ renderer: Renderer) throws -> Value {
    try renderer.budget.spend(1 + parts.count)
    var item = item
    for part in parts {
      item = try renderer.item(of: item, part)
      if item.isUndefined, let fallback { item = fallback }
    }
    try renderer.budget.read(item)
    if ignoresCase, case .string(let text) = item { return .string(text.lowercased()) }
    return item
  }
}

/// A test of Jinja, what stands after `is`.
typealias Check = @Sendable (Renderer, Value, CallArguments) throws -> Bool

/// The tests by name.
enum Checks {
  static let all: [String: Check] =
    kinds.merging(comparisons) { first, _ in first }

  private static func plain(
    _ name: String, _ holds: @escaping @Sendable (Value) -> Bool
  ) -> Check {
    { _, value, call in
      try call.finish(name)
      return holds(value)
    }
  }

  private static let kinds: [String: Check] = [
    "defined": plain("defined") { !$0.isUndefined },
    "undefined": plain("undefined") { $0.isUndefined },
    "none": plain("none") { $0.isNone },
    "boolean": plain("boolean") { if case .bool = $0 { true } else { false } },
    "true": plain("true") { if case .bool(true) = $0 { true } else { false } },
    "false": plain("false") { if case .bool(false) = $0 { true } else { false } },
    "integer": plain("integer") { if case .int = $0 { true } else { false } },
    "float": plain("float") { if case .float = $0 { true } else { false } },
    "number": plain("number") { $0.number != nil },
    "string": plain("string") { if case .string = $0 { true } else { false } },
    "mapping": plain("mapping") { if case .dict = $0 { true } else { false } },
    "escaped": plain("escaped") { if case .string(let text) = $0 { text.isSafe } else { false } },
    "sequence": plain("sequence") {
      switch $0 {
      case .undefined, .string, .list, .dict, .range: true
      default: false
      }
    },
    "iterable": plain("iterable") {
      switch $0 {
      case .undefined, .string, .list, .dict, .range, .view, .iterator, .loop: true
      default: false
      }
    },
    "callable": plain("callable") {
      switch $0 {
      case .undefined, .macro, .function, .method, .joiner, .loop: true
      default: false
      }
    },
    "lower": { renderer, value, call in
      try call.finish("lower")
      return try renderer.string(value).isAll(upper: false)
    },
    "upper": { renderer, value, call in
      try call.finish("upper")
      return try renderer.string(value).isAll(upper: true)
    },
    "filter": { renderer, value, call in
      try call.finish("filter")
      return Filters.all[try renderer.string(value).string] != nil
    },
    "test": { renderer, value, call in
      try call.finish("test")
      return Checks.all[try renderer.string(value).string] != nil
    },
    "odd": { renderer, value, call in
      try call.finish("odd")
      return try remainder(value, .int(2), is: 1, renderer)
    },
    "even": { renderer, value, call in
      try call.finish("even")
      return try remainder(value, .int(2), is: 0, renderer)
    },
    "divisibleby": { renderer, value, call in
      let bound = try call.bound("divisibleby", ["num"], required: 1)
      return try remainder(value, bound[0] ?? .none, is: 0, renderer)
    },
  ]

  private static func remainder(
    _ value: Value, _ divisor: Value, is expected: Int, _ renderer: Renderer
  ) throws -> Bool {
    try Comparing.equal(
      Arithmetic(budget: renderer.budget).apply(.modulo, value, divisor), .int(expected),
      renderer.budget)
  }

  private static let comparisons: [String: Check] = {
    let names: [Comparison: [String]] = [
      .equal: ["==", "eq", "equalto"], .unequal: ["!=", "ne"],
      .less: ["<", "lt", "lessthan"], .lessOrEqual: ["<=", "le"],
      .greater: [">", "gt", "greaterthan"], .greaterOrEqual: [">=", "ge"], .contained: ["in"],
    ]
    var checks: [String: Check] = [
      "sameas": { _, value, call in
        let bound = try call.bound("sameas", ["other"], required: 1)
        return Comparing.isSame(value, bound[0] ?? .none)
      }
    ]
    for (comparison, names) in names {
      for name in names {
        checks[name] = { renderer, value, call in
          let bound = try call.bound(name, ["other"], required: 1)
          return try Comparing.holds(comparison, value, bound[0] ?? .none, renderer.budget)
        }
      }
    }
    return checks
  }()
}

extension Filters {
  // MARK: Sorting and choosing

  static let selections: [String: Filter] = [
    "sort": { renderer, value, call in
      let bound = try call.bound("sort", ["reverse", "case_sensitive", "attribute"])
      let budget = renderer.budget
      let ignoresCase = bound[1]?.isTrue != true
      var getters = [try AttributePath(bound[2], ignoresCase: ignoresCase)]
      if case .string(let text)? = bound[2] {
        getters = try text.split(by: ",")
          .map {
            try AttributePath(.string($0), ignoresCase: ignoresCase)
          }
      }
      let items = try Iterating.values(of: value, budget)
      let keys = try items.map { item -> Value in
        .list(try List(getters.map { try $0.value(of: item, renderer) }, budget))
      }
      let order = try Sorting.order(keys, reverse: bound[0]?.isTrue == true, budget)
      return .list(try List(order.map { items[$0] }, budget))
    },
    "dictsort": { renderer, value, call in
      let bound = try call.bound("dictsort", ["case_sensitive", "by", "reverse"])
      let budget = renderer.budget
      let by = try bound[1].map { try renderer.string($0).string } ?? "key"
      guard by == "key" || by == "value" else {
        throw JinjaError(.type, "You can only sort by either \"key\" or \"value\"")
      }
      if case .undefined(let missing) = value { throw missing.error }
      guard case .dict(let dict) = value else {
        throw JinjaError(.type, "'\(value.typeName)' object has no attribute 'items'")
      }
      let getter = try AttributePath(nil, ignoresCase: bound[0]?.isTrue != true)
      let keys = try (by == "key" ? dict.keys : dict.values)
        .map {
          try getter.value(of: $0, renderer)
        }
      let items = try dict.items(budget)
      let order = try Sorting.order(keys, reverse: bound[2]?.isTrue == true, budget)
      return .list(try List(order.map { items[$0] }, budget))
    },
    "unique": { renderer, value, call in
      let bound = try call.bound("unique", ["case_sensitive", "attribute"])
      let getter = try AttributePath(bound[1], ignoresCase: bound[0]?.isTrue != true)
      var seen: Set<Dict.Key> = []
      let kept = try Iterating.values(of: value, renderer.budget)
        .filter {
          seen.insert(try getter.value(of: $0, renderer).key()).inserted
        }
      return .iterator(try Iteration(kept, renderer.budget))
    },
    "groupby": { renderer, value, call in
      let bound = try call.bound(
        "groupby", ["attribute", "default", "case_sensitive"], required: 1)
      let budget = renderer.budget
      let ignoresCase = bound[2]?.isTrue != true
      let getter = try AttributePath(bound[0], ignoresCase: ignoresCase, fallback: bound[1])
      let names = try AttributePath(bound[0], fallback: bound[1])
      let items = try Iterating.values(of: value, budget)
      let keys = try items.map { try getter.value(of: $0, renderer) }
      var groups: [(key: Value, items: [Value])] = []
      for place in try Sorting.order(keys, reverse: false, budget) {
        if let last = groups.last, try Comparing.equal(last.key, keys[place], budget) {
          groups[groups.count - 1].items.append(items[place])
        } else {
          groups.append((keys[place], [items[place]]))
        }
      }
      return .list(
        try List(
          groups.map { group in
            let name = ignoresCase ? try names.value(of: group.items[0], renderer) : group.key
            return .list(
              try List([name, .list(try List(group.items, budget))], .group, budget))
          }, budget))
    },
    "map": { renderer, value, call in
      try generated(value, renderer) { items in
        if call.positional.isEmpty,
          let attribute = call.keyword.first(where: { $0.name == "attribute" })
        {
          if let other = call.keyword.first(where: { !["attribute", "default"].contains($0.name) })
          {
            throw JinjaError(.type, "Unexpected keyword argument '\(other.name)'")
          }
          let getter = try AttributePath(
            attribute.value, fallback: call.keyword.first { $0.name == "default" }?.value)
          return try items.map { try getter.value(of: $0, renderer) }
        }
        guard let name = call.positional.first else {
          throw JinjaError(.type, "map requires a filter argument")
        }
        var inner = call
        inner.positional.removeFirst()
        let filter = try renderer.filter(named: renderer.string(name).string)
        return try items.map {
          try renderer.budget.spend()
          try renderer.budget.read($0)
          return try filter(renderer, $0, inner)
        }
      }
    },
    "select": { renderer, value, call in
      try chosen(value, call, renderer, keeps: true, byAttribute: false)
    },
    "reject": { renderer, value, call in
      try chosen(value, call, renderer, keeps: false, byAttribute: false)
    },
    "selectattr": { renderer, value, call in
      try chosen(value, call, renderer, keeps: true, byAttribute: true)
    },
    "rejectattr": { renderer, value, call in
      try chosen(value, call, renderer, keeps: false, byAttribute: true)
    },
  ]

  private static func generated(
    _ value: Value, _ renderer: Renderer, _ make: ([Value]) throws -> [Value]
  ) throws -> Value {
    guard value.isTrue else { return .iterator(try Iteration([], renderer.budget)) }
    let items = try make(Iterating.values(of: value, renderer.budget))
    return .iterator(try Iteration(items, renderer.budget))
  }

  private static func chosen(
    _ value: Value, _ call: CallArguments, _ renderer: Renderer, keeps: Bool, byAttribute: Bool
  ) throws -> Value {
    try generated(value, renderer) { items in
      var inner = call
      var getter = try AttributePath(nil)
      if byAttribute {
        guard let attribute = inner.positional.first else {
          throw JinjaError(.type, "Missing parameter for attribute name")
        }
        getter = try AttributePath(attribute)
        inner.positional.removeFirst()
      }
      guard let name = inner.positional.first else {
        return try items.filter { try getter.value(of: $0, renderer).isTrue == keeps }
      }
      inner.positional.removeFirst()
      let check = try renderer.check(named: renderer.string(name).string)
      return try items.filter {
        try renderer.budget.spend()
        return try check(renderer, getter.value(of: $0, renderer), inner) == keeps
      }
    }
  }
}

extension Renderer {
  // MARK: Calls

  func call(_ function: Value, _ call: CallArguments) throws -> Value {
    try enter()
    defer { exit() }
    switch function {
    case .undefined(let missing): throw missing.error
    case .macro(let macro): return try self.call(macro, call)
    case .function(let function): return try self.call(function, call)
    case .method(let method): return try self.call(method, call)
    case .loop(let loop): return try again(loop, call)
    case .joiner(let joiner):
      try call.finish("joiner")
      defer { joiner.isUsed = true }
      return .string(joiner.isUsed ? joiner.separator : Text())
    default: throw JinjaError(.type, "'\(function.typeName)' object is not callable")
    }
  }

  private func call(_ function: GlobalFunction, _ call: CallArguments) throws -> Value {
    switch function {
    case .range: return try range(call)
    case .dict: return .dict(try dictionary("dict", call))
    case .namespace:
      let namespace = makeNamespace()
      namespace.attributes = try dictionary("namespace", call)
      return .namespace(namespace)
    case .cycler:
      guard !call.positional.isEmpty, call.keyword.isEmpty else {
        throw JinjaError(.type, "at least one item has to be provided")
      }
      return .cycler(Cycler(try List(call.positional, .tuple, budget)))
    case .joiner:
      let separator = try call.bound("joiner", ["sep"])[0].map { try string($0) }
      return .joiner(Joiner(separator ?? ", "))
    case .raiseException:
      let message = try call.bound("raise_exception", ["message"], required: 1)[0] ?? .none
      throw JinjaError(.raised, try string(message).string, line: line)
    case .strftimeNow:
      let format = try call.bound("strftime_now", ["format"], required: 1)[0]
      let text = try StringMethods.string(format, "format")
      try budget.allocate(text.bytes.count, times: 16)
      return .string(now(text))
    }
  }

  private func range(_ call: CallArguments) throws -> Value {
    guard call.keyword.isEmpty, (1...3).contains(call.positional.count) else {
      throw JinjaError(.type, "range: expected one to three integers.")
    }
    let numbers = try call.positional.map { try Filters.integer($0, "range") }
    let start = numbers.count > 1 ? numbers[0] : 0
    let stop = numbers.count > 1 ? numbers[1] : numbers[0]
    let step = numbers.count > 2 ? numbers[2] : 1
    guard step != 0 else { throw JinjaError(.type, "range() arg 3 must not be zero") }
    let (length, overflow) =
      step > 0
      ? stop.subtractingReportingOverflow(start) : start.subtractingReportingOverflow(stop)
    let count = overflow || length <= 0 ? 0 : (length.magnitude - 1) / step.magnitude + 1
    guard !overflow || (step > 0) == (stop < start), count <= 100_000 else {
      throw JinjaError(
        .forbidden,
        "Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).")
    }
    return .range(Value.Progression(start: start, stop: stop, step: step, count: Int(count)))
  }

  private func dictionary(_ name: String, _ call: CallArguments) throws -> Dict {
    guard call.positional.count <= 1 else {
      throw JinjaError(.type, "\(name) expected at most 1 argument, got \(call.positional.count)")
    }
    let dict = Dict()
    if let source = call.positional.first {
      if case .undefined(let missing) = source { throw missing.error }
      if case .dict(let other) = source {
        for (key, value) in zip(other.keys, other.values) { try dict.set(key, value, budget) }
      } else {
        for pair in try Iterating.values(of: source, budget) {
          let pair = try Iterating.values(of: pair, budget)
          guard pair.count == 2 else {
            throw JinjaError(
              .type, "dictionary update sequence element has length \(pair.count); 2 is required")
          }
          try dict.set(pair[0], pair[1], budget)
        }
      }
    }
    for (name, value) in call.keyword { try dict.set(.text(name), value, budget) }
    return dict
  }

  // MARK: Methods

  private func call(_ method: Method, _ call: CallArguments) throws -> Value {
    let name = method.name
    switch method.receiver {
    case .string(let text): return try StringMethods.call(name, on: text, call, self)
    case .dict(let dict): return try self.call(name, on: dict, call)
    case .list(let list):
      if name == "copy" {
        try call.finish("copy")
        return .list(list)
      }
      return try search(name, list.items, call)
    case .range:
      return try search(name, Iterating.values(of: method.receiver, budget), call)
    case .float(let value):
      try call.finish("is_integer")
      return .bool(value.isFinite && value == value.rounded())
    case .loop(let loop):
      if name == "changed" {
        let value = Value.list(try List(call.positional, .tuple, budget))
        defer { loop.changed = value }
        return .bool(try loop.changed.map { try !Comparing.equal($0, value, budget) } ?? true)
      }
      guard !call.positional.isEmpty else {
        throw JinjaError(.type, "no items for cycling given")
      }
      return call.positional[max(loop.index, 0) % call.positional.count]
    case .cycler(let cycler):
      try call.finish(name.string)
      if name == "reset" {
        cycler.position = 0
        return .none
      }
      let items = cycler.items.items
      defer { cycler.position = (cycler.position + 1) % items.count }
      return items[cycler.position]
    default: throw JinjaError(.type, "'\(method.receiver.typeName)' object is not callable")
    }
  }

  private func call(_ name: Text, on dict: Dict, _ call: CallArguments) throws -> Value {
    switch name.string {
    case "get":
      guard call.keyword.isEmpty else {
        throw JinjaError(.type, "dict.get() takes no keyword arguments")
      }
      let bound = try call.bound("get", ["key", "default"], required: 1)
      return try dict.value(at: bound[0] ?? .none) ?? bound[1] ?? Value.none
    case "fromkeys":
      let bound = try call.bound("fromkeys", ["iterable", "value"], required: 1)
      let made = Dict()
      for key in try Iterating.values(of: bound[0] ?? .none, budget) {
        try made.set(key, bound[1] ?? .none, budget)
      }
      return .dict(made)
    default: break
    }
    try call.finish(name.string)
    return switch name.string {
    case "items": .view(dict, .items)
    case "keys": .view(dict, .keys)
    case "values": .view(dict, .values)
    default: .dict(dict)
    }
  }

  /// `index` and `count` of lists.
  private func search(_ name: Text, _ items: [Value], _ call: CallArguments) throws -> Value {
    let parameters = name == "index" ? ["value", "start", "stop"] : ["value"]
    let bound = try call.bound(name.string, parameters, required: 1)
    let wanted = bound[0] ?? .none
    if name == "count" {
      return .int(try items.count { try Comparing.equal($0, wanted, budget) })
    }
    func position(_ value: Value?, _ fallback: Int) throws -> Int {
      guard let value else { return fallback }
      let index = try Filters.integer(value, "position")
      return min(index < 0 ? max(index + items.count, 0) : index, items.count)
    }
    let start = try position(bound[1], 0)
    let stop = try position(bound[2], items.count)
    for index in start..<max(start, stop)
    where try Comparing.equal(items[index], wanted, budget) {
      return .int(index)
    }
    throw JinjaError(
      .type, "\(try Writer.representation(of: wanted, budget).string) is not in list")
  }
}

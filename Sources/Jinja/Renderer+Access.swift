extension Renderer {
  // MARK: Attributes and items

  /// `value.name`: a method or property of the type before an entry of a dictionary.
  func attribute(of value: Value, _ name: Text) throws -> Value {
    if case .undefined(let missing) = value { throw missing.error }
    if let own = try ownAttribute(of: value, name) { return own }
    if case .dict(let dict) = value, let found = dict[name] { return found }
    return lacking(value, name)
  }

  /// `value[key]`: an entry before a method or property.
  func item(of value: Value, _ key: Value) throws -> Value {
    try budget.read(key)
    switch value {
    case .undefined(let missing): throw missing.error
    case .dict(let dict):
      // A key that cannot be one is not there.
      if let found = try? dict.value(at: key) { return found }
    case .list(let list):
      if let index = key.integer {
        let place = index < 0 ? index + list.items.count : index
        if list.items.indices.contains(place) { return list.items[place] }
      }
    case .string(let text):
      if let index = key.integer { return try character(of: text, index) ?? lacking(value, key) }
    case .range(let range):
      if let index = key.integer {
        let place = index < 0 ? index + range.count : index
        if place >= 0, place < range.count { return .int(range[place]) }
      }
    default: break
    }
    if case .string(let name) = key {
      return try ownAttribute(of: value, name) ?? lacking(value, name)
    }
    return try lacking(value, key)
  }

  private func character(of text: Text, _ index: Int) throws -> Value? {
    try budget.spend(1 + text.bytes.count / 64)
    let starts = text.starts
    let place = index < 0 ? index + starts.count - 1 : index
    guard place >= 0, place < starts.count - 1 else { return nil }
    return .string(Text(text.bytes[starts[place]..<starts[place + 1]], isSafe: text.isSafe))
  }

  func lacking(_ value: Value, _ name: Text) -> Value {
    .missing("'\(value.objectName)' has no attribute '\(name.string)'")
  }

  private func lacking(_ value: Value, _ key: Value) throws -> Value {
    .missing(
      "\(value.objectName) has no element "
        + (try Writer.representation(of: key, budget).string))
  }

  /// A method or property that all values of the type have.
  func ownAttribute(of value: Value, _ name: Text) throws -> Value? {
    try budget.spend(name.bytes.count / 64)
    let method = Value.method(Method(value, name))
    func forbidden() -> Value {
      .undefined(
        Missing(
          "access to attribute '\(name.string)' of '\(value.typeName)' object is unsafe.",
          .forbidden))
    }
    switch value {
    case .string: return StringMethods.exists(name) ? method : nil
    case .dict:
      switch name.string {
      case "items", "keys", "values", "get", "copy", "fromkeys": return method
      case "clear", "pop", "popitem", "setdefault", "update": return forbidden()
      default: return nil
      }
    case .list(let list):
      switch (name.string, list.kind) {
      case ("index", _), ("count", _), ("copy", .list): return method
      case ("append", .list), ("clear", .list), ("pop", .list), ("reverse", .list),
        ("insert", .list), ("sort", .list), ("extend", .list), ("remove", .list):
        return forbidden()
      case ("grouper", .group): return list.items[0]
      case ("list", .group): return list.items[1]
      default: return nil
      }
    case .range(let range):
      switch name.string {
      case "start": return .int(range.start)
      case "stop": return .int(range.stop)
      case "step": return .int(range.step)
      case "index", "count": return method
      default: return nil
      }
    case .bool, .int, .float: return numberAttribute(of: value, name)
    case .namespace(let namespace): return namespace.attributes[name]
    case .loop(let loop):
      return ["cycle", "changed"].contains(name.string) ? method : try property(name, of: loop)
    case .cycler(let cycler):
      switch name.string {
      case "next", "reset": return method
      case "current": return cycler.items.items[cycler.position]
      case "items": return .list(cycler.items)
      case "pos": return .int(cycler.position)
      default: return nil
      }
    case .joiner(let joiner):
      switch name.string {
      case "sep": return .string(joiner.separator)
      case "used": return .bool(joiner.isUsed)
      default: return nil
      }
    case .macro(let macro):
      switch name.string {
      case "name": return macro.definition.name.map { .text($0) } ?? Value.none
      case "arguments":
        return .list(
          try List(macro.definition.parameters.map { .text($0.name) }, .tuple, budget))
      case "caller", "catch_kwargs", "catch_varargs":
        let mentioned = ["caller": "caller", "catch_kwargs": "kwargs", "catch_varargs": "varargs"]
        return .bool(macro.definition.mentions.contains(mentioned[name.string] ?? ""))
      default: return nil
      }
    default: return nil
    }
  }

  private func numberAttribute(of value: Value, _ name: Text) -> Value? {
    switch (name.string, value) {
    case ("is_integer", .float): .method(Method(value, name))
    case ("real", .float): value
    case ("imag", .float): .float(0)
    case (_, .float): nil
    case ("real", _), ("numerator", _): .int(value.integer ?? 0)
    case ("imag", _): .int(0)
    case ("denominator", _): .int(1)
    default: nil
    }
  }

  private func property(_ name: Text, of loop: LoopState) throws -> Value? {
    switch name.string {
    case "index": .int(loop.index + 1)
    case "index0": .int(loop.index)
    case "revindex": .int(try loop.length() - loop.index)
    case "revindex0": .int(try loop.length() - loop.index - 1)
    case "first": .bool(loop.index == 0)
    case "last": .bool(try loop.isLast())
    case "length": .int(try loop.length())
    case "previtem": loop.previousItem
    case "nextitem": try loop.nextItem()
    case "depth": .int(loop.level + 1)
    case "depth0": .int(loop.level)
    default: nil
    }
  }

  // MARK: Slices

  func slice(_ value: Value, _ start: Value?, _ end: Value?, _ step: Value?) throws -> Value {
    // Python takes these itself, so that what cannot be cut is an error and not undefined.
    switch value {
    case .undefined(let missing): throw missing.error
    case .string, .list, .range: break
    case .dict: throw JinjaError(.type, "unhashable type: 'slice'")
    default: throw JinjaError(.type, "'\(value.typeName)' object is not subscriptable")
    }
    for bound in [start, end, step] {
      guard let bound, !bound.isNone, bound.integer == nil else { continue }
      throw JinjaError(
        .type, "slice indices must be integers or None or have an __index__ method")
    }
    let step = step?.integer
    if step == 0 { throw JinjaError(.type, "slice step cannot be zero") }
    let picked = Slice(start?.integer, end?.integer, step ?? 1)
    switch value {
    case .string(let text):
      let indices = picked.indices(count: text.count)
      try budget.allocate(text.bytes.count)
      return .string(text.picking(indices))
    case .list(let list):
      let indices = picked.indices(count: list.items.count)
      return .list(
        try List(
          indices.map { list.items[$0] }, list.kind == .list ? .list : .tuple, budget))
    case .range(let range):
      let indices = picked.indices(count: range.count)
      let first = picked.first(count: range.count)
      return .range(
        Value.Progression(
          start: range[first], stop: range[picked.last(count: range.count)],
          step: range.step &* (step ?? 1), count: indices.count))
    default: return .none
    }
  }
}

/// What `[start:end:step]` picks.
struct Slice {
  private let start: Int?
  private let end: Int?
  private let step: Int

  init(_ start: Int?, _ end: Int?, _ step: Int) {
    self.start = start
    self.end = end
    self.step = step
  }

  private func place(_ index: Int?, _ count: Int, _ fallback: Int) -> Int {
    guard let index else { return fallback }
    let low = step < 0 ? -1 : 0
    let high = step < 0 ? count - 1 : count
    return index < 0 ? max(index + count, low) : min(index, high)
  }

  /// Where it starts.
  func first(count: Int) -> Int { place(start, count, step < 0 ? count - 1 : 0) }

  /// Where it stops, the place itself excluded.
  func last(count: Int) -> Int { place(end, count, step < 0 ? -1 : count) }

  func indices(count: Int) -> StrideTo<Int> {
    // No step leads further than out of the sequence.
    stride(
      from: first(count: count), to: last(count: count),
      by: min(max(step, -count - 1), count + 1))
  }
}

extension StrideTo<Int> {
  var count: Int { reduce(0) { count, _ in count + 1 } }
}

/// Something that can be gone through once: what `map`, `select` and their like give.
final class Iteration {
  private let items: [Value]
  private var position = 0
  let name: String
  let depth: Int

  convenience init(_ items: [Value], _ budget: Budget) throws {
    try self.init(items, "generator", budget)
  }

  init(_ items: [Value], _ name: String, _ budget: Budget) throws {
    self.items = items
    self.name = name
    depth = 1 + items.reduce(0) { max($0, $1.depth) }
    try budget.spend(items.count)
    try budget.check(depth: depth)
  }

  func next() -> Value? {
    guard position < items.count else { return nil }
    position += 1
    return items[position - 1]
  }

  /// All that is left.
  func rest() -> [Value] {
    defer { position = items.count }
    return Array(items[position...])
  }
}

/// `namespace()`: attributes that can be set, from inner scopes too.
final class Namespace {
  /// In order of their first assignment.
  var attributes = Dict()
}

/// What `cycler(…)` gives.
final class Cycler {
  let items: List
  var position = 0

  init(_ items: List) { self.items = items }
}

/// What `joiner(…)` gives.
final class Joiner {
  let separator: Text
  var isUsed = false

  init(_ separator: Text) { self.separator = separator }
}

/// A macro with the scope that it was defined in.
final class Macro {
  let definition: Statement.Definition
  let scope: Scope

  init(_ definition: Statement.Definition, _ scope: Scope) {
    self.definition = definition
    self.scope = scope
  }
}

/// A method that has been asked for and not called yet.
final class Method {
  let receiver: Value
  let name: Text

  init(_ receiver: Value, _ name: Text) {
    self.receiver = receiver
    self.name = name
  }

  var depth: Int { receiver.depth }
}

/// What every template can call.
enum GlobalFunction: String, CaseIterable {
  case range
  case dict
  case namespace
  case cycler
  case joiner
  case raiseException = "raise_exception"
  case strftimeNow = "strftime_now"
}

/// Variables of a template, macro, loop or block.
final class Scope {
  private var names: [Int] = []
  private var values: [Value] = []
  let parent: Scope?

  init(in parent: Scope?) { self.parent = parent }

  subscript(name: Int) -> Value? {
    var scope: Scope? = self
    while let here = scope {
      if let index = here.names.lastIndex(of: name) { return here.values[index] }
      scope = here.parent
    }
    return nil
  }

  func set(_ name: Int, _ value: Value) {
    if let index = names.lastIndex(of: name) {
      values[index] = value
    } else {
      names.append(name)
      values.append(value)
    }
  }

  func clear() {
    names = []
    values = []
  }
}

/// `loop` in a loop's body.
final class LoopState {
  private var source: () throws -> Value?
  /// Number of all items, where it is known without going through them.
  private var known: Int?
  private var ahead: [Value] = []
  private var position = 0
  private var current: Value?
  private var before: Value?
  private(set) var index = -1
  let level: Int
  /// How deeply lists and dictionaries are nested in the items.
  let depth: Int
  var changed: Value?
  /// The loop again on other items, if it is recursive.
  let again: (Statement.Loop, Scope)?

  init(
    level: Int, depth: Int, count: Int?, again: (Statement.Loop, Scope)?,
    _ source: @escaping () throws -> Value?
  ) {
    self.level = level
    self.depth = depth
    known = count
    self.again = again
    self.source = source
  }

  /// Goes on to the next item.
  func next() throws -> Value? {
    var value = peek
    if value != nil {
      position += 1
    } else {
      value = try source()
    }
    guard let value else { return nil }
    index += 1
    before = current
    current = value
    return value
  }

  private var peek: Value? { position < ahead.count ? ahead[position] : nil }

  private func look() throws -> Value? {
    if let value = peek { return value }
    guard let value = try source() else { return nil }
    ahead = [value]
    position = 0
    return value
  }

  func length() throws -> Int {
    if let known { return known }
    var rest = Array(ahead[position...])
    while let value = try source() { rest.append(value) }
    ahead = rest
    position = 0
    known = index + 1 + rest.count
    return index + 1 + rest.count
  }

  func isLast() throws -> Bool { try look() == nil }

  func nextItem() throws -> Value { try look() ?? .missing("there is no next item") }

  var previousItem: Value {
    index <= 0 ? .missing("there is no previous item") : before ?? .missing("no item")
  }

  /// Lets go of everything, so that no cycle stays in memory.
  func close() {
    source = { nil }
    changed = nil
  }
}

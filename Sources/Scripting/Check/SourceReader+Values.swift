import APIReference

/// Compares what is known of a value with the type that it should have.
extension SourceReader {
  /// Reports what does not fit; `what` is the argument or option, for messages.
  func check(_ shape: Shape, as type: LuaType, _ what: String) {
    guard !isSurvey else { return }
    let alternatives = api.alternatives(of: type)
    guard !alternatives.contains(.named("any")), !alternatives.isEmpty else { return }
    if let table = shape.table {
      check(table, as: alternatives, type, what, line: shape.line)
    } else if let value = shape.constant {
      check(value, as: alternatives, type, what, line: shape.line)
    } else if let types = shape.types {
      check(types, as: alternatives, type, what, line: shape.line)
    }
  }

  private func check(
    _ value: LuaValue, as alternatives: [LuaType], _ type: LuaType, _ what: String, line: Int
  ) {
    guard !alternatives.contains(where: { accepts($0, value) }) else { return }
    var words: [String] = []
    for alternative in alternatives {
      if case .text(let word) = alternative { words.append(word) }
    }
    guard let given = value.text, !words.isEmpty else {
      let shown = value.text.map { "'\($0.prefix(40))'" } ?? LuaExpression.text(value)
      return report(
        .error, .argument, "\(what) (\(readable(type)) expected, got \(shown))", line: line)
    }
    let known = words.map { "'\($0)'" }.joined(separator: ", ")
    report(
      .error, .option,
      "\(what) (one of \(known) expected, got '\(given.prefix(40))'"
        + "\(NearestName.hint(for: given, among: words)))", line: line)
  }

  private func accepts(_ type: LuaType, _ value: LuaValue) -> Bool {
    switch (type, value) {
    case (.named("any"), _), (.named("boolean"), .boolean), (.named("number"), .integer),
      (.named("number"), .number), (.named("integer"), .integer), (.named("string"), .bytes):
      true
    case (.named("integer"), .number(let number)): number == number.rounded()
    case (.text(let text), .bytes): value.text == text
    case (.number(let number), .integer(let given)): number == given
    case (.boolean(let flag), .boolean(let given)): flag == given
    default: false
    }
  }

  /// Only what cannot be is reported: a class where another one, or none, is declared.
  private func check(
    _ types: [LuaType], as alternatives: [LuaType], _ type: LuaType, _ what: String, line: Int
  ) {
    let isForeign = types.allSatisfy { given in
      guard case .named(let name) = given, !api.methods(of: name).isEmpty else { return false }
      return !alternatives.contains { $0 == given || $0 == .named("table") }
    }
    guard isForeign, !types.isEmpty else { return }
    let given = types.map(\.description).joined(separator: " or ")
    report(.error, .argument, "\(what) (\(readable(type)) expected, got \(given))", line: line)
  }

  // MARK: Tables

  private func check(
    _ table: TableShape, as alternatives: [LuaType], _ type: LuaType, _ what: String, line: Int
  ) {
    var records: [String] = []
    var elements: [LuaType] = []
    for alternative in alternatives {
      switch alternative {
      case .named("table"), .map: return checkMap(table, alternatives, what)
      case .list(let element): elements.append(element)
      case .named(let name) where api.type(name) != nil && api.methods(of: name).isEmpty:
        records.append(name)
      default: continue
      }
    }
    guard !records.isEmpty || !elements.isEmpty else {
      return report(
        .error, .argument, "\(what) (\(readable(type)) expected, got a table)", line: line)
    }
    checkNames(table, records, what, line: line)
    for (index, entry) in table.list.enumerated() {
      guard let type = elementType(index + 1, alternatives) else { continue }
      check(entry, as: type, "\(what), entry \(index + 1)")
    }
  }

  private func checkMap(_ table: TableShape, _ alternatives: [LuaType], _ what: String) {
    for alternative in alternatives {
      guard alternatives.count == 1, case .map(let key, let value) = alternative else { continue }
      let keys = api.alternatives(of: key)
      for (name, shape) in table.fields {
        if !keys.contains(where: { accepts($0, .string(name)) }) {
          report(
            .error, .option, "\(what): unknown key '\(name)' (\(readable(key)) expected)",
            line: shape.line)
        } else {
          check(shape, as: value, "\(what), '\(name)'")
        }
      }
    }
  }

  private func checkNames(_ table: TableShape, _ records: [String], _ what: String, line: Int) {
    let fields = records.flatMap { api.fields(of: $0) }
    let isOpen = fields.contains { $0.key == .index(.named("string")) }
    let known = fields.compactMap(\.name)
    for (name, shape) in table.fields {
      let types = Set(fields.filter { $0.name == name }.map(\.type))
      if types.isEmpty, !isOpen, !records.isEmpty {
        report(
          .error, .option,
          "\(what): unknown option '\(name)'\(NearestName.hint(for: name, among: known))",
          line: shape.line > 0 ? shape.line : line)
      } else if types.count == 1, let type = types.first {
        // An option may be nil, as if it were not there.
        check(
          shape, as: .union([type, .named("nil")]), "bad option '\(name)'" + of(what))
      }
    }
  }

  /// ` to 'generate'` from the words for the argument.
  private func of(_ what: String) -> String {
    guard let range = what.firstRange(of: " to '") else { return "" }
    let rest = what[range.upperBound...].prefix { $0 != "'" }
    return " to '\(rest)'"
  }

  /// A type in the words of a message: short aliases by what they stand for.
  func readable(_ type: LuaType) -> String {
    let plain = type.alternatives.filter { $0 != .named("nil") }
    let words = plain.map { one -> String in
      guard case .named(let name) = one, let alias = api.alias(name) else {
        return one.description
      }
      let alternatives = alias.alternatives.map(\.description).joined(separator: " or ")
      return alternatives.count < 30 ? alternatives : name
    }
    return words.joined(separator: " or ")
  }
}

/// Values as Lua writes them.
enum LuaExpression {
  static func text(_ value: LuaValue) -> String {
    switch value {
    case .boolean(let flag): "\(flag)"
    case .integer(let number): "\(number)"
    case .number(let number): "\(number)"
    default: value.typeName
    }
  }
}

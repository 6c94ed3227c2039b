/// Entries as text for a terminal.
extension API {
  /// Columns that help is wrapped to.
  static let width = 96

  /// What `casthost help NAME` prints: up to three entries in full, of more only what can be called,
  /// and the rest as a list.
  ///
  /// - Throws: ``APIError`` with code `unknownName` and the nearest names.
  public func help(_ name: String) throws(APIError) -> String {
    let hits = try find(name)
    let calls = hits.count <= 3 ? hits : hits.filter(\.isCall)
    let rest = hits.filter { !calls.contains($0) }
    guard calls.count <= 3 else {
      return "Several entries are called '\(name)':\n\n" + API.list(hits)
    }
    guard !rest.isEmpty else { return calls.map(help).joined(separator: "\n\n") }
    let lead = calls.isEmpty ? "Several entries are called '\(name)':" : "Also called '\(name)':"
    return (calls.map(help) + ["\(lead)\n\n" + API.list(rest)]).joined(separator: "\n\n")
  }

  private static func list(_ hits: [Hit]) -> String {
    columns(hits.map { [$0.name, $0.summary] }, indent: 2)
  }

  /// What there is: the sections with the names in them.
  public var overview: String {
    var parts = ["The Lua API of recipes; 'casthost help NAME' shows an entry:"]
    for section in sections where !section.entries.isEmpty && !section.title.isEmpty {
      var names: [String] = []
      for entry in section.entries {
        switch entry.kind {
        case .function, .value: names.append(entry.spoken)
        case .type where !methods(of: entry.name).isEmpty || entry.name.hasSuffix("Context"):
          names.append(entry.name)
        case .type, .alias, .module: continue
        }
      }
      guard !names.isEmpty else { continue }
      // The methods of tensors are many, and their names without the variable say as much.
      let words = names.map { $0.hasPrefix("t:") ? String($0.dropFirst()) : $0 }
      parts.append(
        "\(section.title)\n" + API.wrapped(words.joined(separator: "  "), indent: 2))
    }
    return parts.joined(separator: "\n\n")
  }

  /// A type whose alternatives may stand on several lines.
  private func spaced(_ type: LuaType) -> String {
    type.alternatives.map { "\($0)" }.joined(separator: " | ")
  }

  private func help(_ hit: Hit) -> String {
    guard let field = hit.field else { return help(hit.entry) }
    var parts = ["\(hit.name): \(field.type)" + (field.isOptional ? " (may be left out)" : "")]
    if !field.text.isEmpty { parts.append(field.text) }
    parts.append(seeAlso([field.type, .named(hit.entry.name)], besides: ""))
    return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  private func help(_ entry: Entry) -> String {
    var parts: [String] = []
    var mentioned: [LuaType] = []
    switch entry.kind {
    case .function(let function):
      let result = function.results.isEmpty ? "" : " → \(function.resultList)"
      parts = [entry.usage + result, entry.text]
      parts += details(function)
      let types = function.parameters.map(\.type)
      mentioned = types + types.flatMap(optionFields).map(\.type) + function.results.map(\.type)
    case .value(let type):
      parts = ["\(entry.name): \(type)", entry.text]
      mentioned = [type]
    case .alias(let type):
      parts = [entry.name, entry.text, API.wrapped("= \(spaced(type))", indent: 2)]
      mentioned = [type]
    case .module:
      parts = [entry.name, entry.text, API.columns(rows(members(of: entry.name)), indent: 2)]
    case .type(let content):
      let parents = content.parents.isEmpty ? "" : ": " + content.parents.joined(separator: ", ")
      parts = [entry.name + parents, entry.text] + details(entry, content)
      mentioned = content.fields.map(\.type)
    }
    if let reason = entry.deprecation { parts.insert("Deprecated: \(reason)", at: 1) }
    parts.append(seeAlso(mentioned, besides: entry.name))
    return parts.map(API.withoutFences).filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  private func details(_ function: Function) -> [String] {
    var parts: [String] = []
    if !function.parameters.isEmpty {
      var rows: [[String]] = []
      for parameter in function.parameters {
        let optional = parameter.isOptional ? "?" : ""
        rows.append([parameter.name + optional, parameter.type.description, parameter.text])
        let options = fieldRows(optionFields(parameter.type))
        rows += options.map { ["  " + $0[0], $0[1], $0[2]] }
      }
      parts.append("Arguments\n" + API.columns(rows, indent: 2))
    }
    let results = function.results.filter { !$0.name.isEmpty || !$0.text.isEmpty }
    if !results.isEmpty {
      let rows = function.results.map { [$0.type.description, $0.name, $0.text] }
      parts.append("Returns\n" + API.columns(rows, indent: 2))
    }
    if let places = function.placeList { parts.append("May be called in: \(places).") }
    return parts
  }

  /// The fields of an options table, which are shown right below the argument.
  private func optionFields(_ type: LuaType) -> [Field] {
    guard case .named(let name) = type, name.hasSuffix("Options") || name.hasSuffix("Info") else {
      return []
    }
    return fields(of: name)
  }

  private func details(_ entry: Entry, _ content: Class) -> [String] {
    var parts: [String] = []
    let fields = fields(of: entry.name)
    if !fields.isEmpty { parts.append("Fields\n" + API.columns(fieldRows(fields), indent: 2)) }
    let methods = methods(of: entry.name)
    if !methods.isEmpty { parts.append("Methods\n" + API.columns(rows(methods), indent: 2)) }
    if !content.operators.isEmpty {
      let variable = Entry.variable(for: entry.name.split(separator: ".").last ?? "")
      let rows = content.operators.map { ["\($0.usage(on: variable))", "→ \($0.result)"] }
      parts.append("Operators\n" + API.columns(rows, indent: 2))
    }
    return parts
  }

  private func fieldRows(_ fields: [Field]) -> [[String]] {
    fields.map { field in
      let text = field.text.split(separator: "\n").joined(separator: " ")
      return [field.label, field.type.description, text]
    }
  }

  private func rows(_ entries: [Entry]) -> [[String]] { entries.map { [$0.usage, $0.summary] } }

  private func seeAlso(_ types: [LuaType], besides name: String) -> String {
    var names: [String] = []
    for type in types.flatMap(\.names) where type != name && entry(type) != nil {
      if !names.contains(type) { names.append(type) }
    }
    return names.isEmpty
      ? "" : API.wrapped("See also: " + names.joined(separator: ", "), indent: 0)
  }

  // MARK: Layout

  /// Code without the marks that Markdown puts around it, indented.
  static func withoutFences(_ text: String) -> String {
    var isCode = false
    var lines: [Substring] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        isCode.toggle()
      } else {
        lines.append(isCode ? "    " + line : line)
      }
    }
    return lines.joined(separator: "\n")
  }

  /// Rows of cells; all but the last column as wide as needed, the last one wrapped.
  static func columns(_ rows: [[String]], indent: Int) -> String {
    let count = rows.map(\.count).max() ?? 0
    // A cell that is much wider than the others gets a line of its own.
    let widths = (0..<max(count - 1, 0))
      .map { column in
        rows.map { min($0[column].count, 30) }.max() ?? 0
      }
    var lines: [String] = []
    for row in rows {
      var line = String(repeating: " ", count: indent)
      var edge = indent
      for (cell, width) in zip(row, widths) {
        line += cell
        edge += width + 2
        if cell.count > width {
          lines.append(line)
          line = String(repeating: " ", count: edge)
        } else {
          line += String(repeating: " ", count: edge - line.count)
        }
      }
      lines.append(wrapped(row.last ?? "", indent: edge, first: line))
    }
    return lines.map(trimmed).joined(separator: "\n")
  }

  /// Words in lines of at most ``width`` characters.
  static func wrapped(_ text: String, indent: Int, first: String? = nil) -> String {
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = first ?? margin
    var isStart = true
    for word in text.split(separator: " ") {
      if !isStart, line.count + 1 + word.count > max(width, indent + 20) {
        lines.append(line)
        line = margin + word
      } else {
        line += (isStart ? "" : " ") + word
      }
      isStart = false
    }
    return (lines + [line]).joined(separator: "\n")
  }

  private static func trimmed(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { String($0.reversed().drop { $0 == " " }.reversed()) }.joined(separator: "\n")
  }
}

extension LuaType {
  /// The names in it, in order.
  var names: [String] {
    switch self {
    case .named(let name): [name]
    case .text, .number, .boolean: []
    case .list(let element): element.names
    case .map(let key, let value): key.names + value.names
    case .function(let parameters, let returns):
      parameters.flatMap { $0.type.names } + returns.flatMap(\.names)
    case .union(let types): types.flatMap(\.names)
    }
  }
}

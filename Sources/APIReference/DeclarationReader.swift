extension API {
  /// Reads a declaration file: LuaLS annotations, with `-- # Title` above each section.
  ///
  /// - Throws: ``APIError`` with code `malformed` and the line for annotations of another form.
  public init(parsing text: String) throws(APIError) {
    var reader = DeclarationReader()
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (offset, line) in lines.enumerated() {
      do throws(APIError) {
        try reader.read(line, offset + 1)
      } catch {
        throw APIError(.malformed, "line \(offset + 1): \(error.message)")
      }
    }
    try reader.end(lines.count)
    self.init(text: text, sections: reader.sections)
  }
}

/// Goes through a declaration file line by line; a block of `---` lines belongs to what follows it.
private struct DeclarationReader {
  var sections = [API.Section(title: "", introduction: "", entries: [])]
  private var block = Block()
  private var isInHeading = false
  /// Lua variables that stand for classes: `local Model = {}`.
  private var variables: [String: String] = [:]

  /// What the annotations so far say.
  private struct Block {
    var start = 0
    /// Text that belongs to no tag yet.
    var text: [Substring] = []
    /// Text that stood before `@class` or `@alias`.
    var head: [Substring] = []
    var type: LuaType?
    var className: String?
    var content = API.Class()
    var alias: (name: String, type: LuaType)?
    var function = API.Function()
    var deprecation: String?
    var isEmpty: Bool { start == 0 }
  }

  mutating func read(_ line: Substring, _ number: Int) throws(APIError) {
    if line.hasPrefix("---@meta") { return }
    if line.hasPrefix("---@") {
      if block.isEmpty { block.start = number }
      return try tag(line.dropFirst(4))
    }
    if line.hasPrefix("---") {
      if block.isEmpty { block.start = number }
      block.text.append(line.dropFirst(3))
      return
    }
    if line.hasPrefix("--") { return try comment(line.dropFirst(2), number) }
    isInHeading = false
    if line.isEmpty { return try end(number) }
    if line == "return cast" { return }
    try statement(line)
  }

  private mutating func comment(_ text: Substring, _ number: Int) throws(APIError) {
    try end(number)
    let line = text.hasPrefix(" ") ? text.dropFirst() : text
    if line.hasPrefix("# ") {
      sections.append(
        API.Section(title: String(line.dropFirst(2)), introduction: "", entries: []))
      isInHeading = true
    } else if isInHeading {
      sections[sections.count - 1].introduction += line + "\n"
    }
  }

  /// Ends a block that no statement follows: a class or an alias.
  mutating func end(_ number: Int) throws(APIError) {
    defer { block = Block() }
    if let alias = block.alias {
      add(alias.name, .alias(alias.type), block.head)
    } else if let name = block.className {
      add(name, .type(block.content), block.head)
    } else if !block.isEmpty {
      throw APIError(.malformed, "annotations without a declaration")
    }
  }

  // MARK: Tags

  private mutating func tag(_ line: Substring) throws(APIError) {
    let word = line.prefix { $0.isLetter }
    var reader = LuaTypeReader(line.dropFirst(word.count))
    switch word {
    case "class":
      block.className = reader.word()
      if reader.skip(":") {
        repeat { block.content.parents.append(reader.word()) } while reader.skip(",")
      }
      takeHead()
    case "alias":
      let name = reader.word()
      block.alias = (name, try reader.type())
      takeHead()
    case "field": try field(&reader)
    case "operator": try operation(&reader)
    case "type": block.type = try reader.type()
    case "param":
      let name = reader.word()
      let isOptional = reader.skip("?")
      block.function.parameters.append(
        API.Parameter(
          name: name, type: try reader.type(), isOptional: isOptional, text: reader.rest))
    case "return": try result(&reader)
    case "deprecated": block.deprecation = reader.rest
    default: throw APIError(.malformed, "unknown tag @\(word)")
    }
  }

  private mutating func takeHead() {
    block.head = block.text
    block.text = []
  }

  private mutating func field(_ reader: inout LuaTypeReader) throws(APIError) {
    let key: API.Key
    if reader.skip("[") {
      let type = try reader.type()
      try reader.expect("]")
      if case .number(let position) = type { key = .position(position) } else { key = .index(type) }
    } else {
      key = .name(reader.word())
    }
    let isOptional = reader.skip("?")
    let type = try reader.type()
    let text = block.text + [Substring(reader.rest)]
    block.content.fields.append(
      API.Field(key: key, type: type, isOptional: isOptional, text: joined(text)))
    block.text = []
  }

  private mutating func operation(_ reader: inout LuaTypeReader) throws(APIError) {
    let name = reader.word()
    var operand: LuaType?
    if reader.skip("(") {
      operand = try reader.type()
      try reader.expect(")")
    }
    try reader.expect(":")
    block.content.operators.append(
      API.Operator(name: name, operand: operand, result: try reader.type()))
  }

  /// `---@return TYPE name text`, or `---@return TYPE # text`.
  private mutating func result(_ reader: inout LuaTypeReader) throws(APIError) {
    repeat {
      let type = try reader.type()
      let isNamed = !reader.rest.hasPrefix("#") && !reader.rest.hasPrefix(",")
      let name = isNamed ? reader.word() : ""
      let isLast = !reader.rest.hasPrefix(",")
      let text = isLast ? reader.rest.drop { $0 == "#" || $0 == " " } : ""
      block.function.results.append(API.Result(type: type, name: name, text: String(text)))
    } while reader.skip(",")
  }

  // MARK: Statements

  private mutating func statement(_ line: Substring) throws(APIError) {
    defer { block = Block() }
    if line.hasPrefix("function ") {
      guard let open = line.firstIndex(of: "("), let close = line.lastIndex(of: ")") else {
        throw APIError(.malformed, "function without parentheses")
      }
      try function(
        line.dropFirst("function ".count)[..<open],
        line[line.index(after: open)..<close].split(separator: ",")
          .map {
            String($0.drop(while: \.isWhitespace))
          })
      return
    }
    let parts = line.split(separator: "=", maxSplits: 1)
    guard parts.count == 2 else { throw APIError(.malformed, "no declaration: \(line)") }
    let left = parts[0].split(separator: " ")
    if left.count == 2, left[0] == "local", let name = block.className {
      variables[String(left[1])] = name
      add(name, .type(block.content), block.head)
    } else if left.count == 1, let name = block.className, name == left[0] {
      add(name, .module, block.head)
    } else if left.count == 1, let type = block.type {
      add(String(left[0]), .value(type), block.text)
    } else if left.count == 1 {
      add(String(left[0]), .module, block.text)
    } else {
      throw APIError(.malformed, "no declaration: \(line)")
    }
  }

  private mutating func function(
    _ name: Substring, _ parameters: [String]
  ) throws(APIError) {
    guard parameters == block.function.parameters.map(\.name) else {
      throw APIError(.malformed, "parameters of \(name) and their annotations differ")
    }
    var whole = String(name)
    if let colon = name.firstIndex(of: ":") {
      guard let type = variables[String(name[..<colon])] else {
        throw APIError(.malformed, "method of an unknown class: \(name)")
      }
      whole = type + name[colon...]
    }
    try takePlaces()
    add(whole, .function(block.function), block.text)
  }

  /// Takes the line `Context: load, run.` out of the text.
  private mutating func takePlaces() throws(APIError) {
    guard let index = block.text.firstIndex(where: { $0.hasPrefix("Context: ") }) else { return }
    let names = block.text[index].dropFirst("Context: ".count).drop { $0 == " " }
      .prefix { $0 != "." }.split(separator: ",")
    var places: Set<API.Place> = []
    for name in names {
      guard let place = API.Place(rawValue: String(name.drop(while: \.isWhitespace))) else {
        throw APIError(.malformed, "unknown context '\(name)'")
      }
      places.insert(place)
    }
    block.function.places = places
    block.text.remove(at: index)
    // The paragraphs around it stay apart by one empty line.
    if index > 0, index < block.text.count, block.text[index].isEmpty,
      block.text[index - 1].isEmpty
    {
      block.text.remove(at: index)
    }
  }

  private mutating func add(_ name: String, _ kind: API.Kind, _ text: [Substring]) {
    let entry = API.Entry(
      name: name, kind: kind, text: joined(text), deprecation: block.deprecation,
      line: block.start)
    sections[sections.count - 1].entries.append(entry)
  }

  private func joined(_ lines: [Substring]) -> String {
    var lines = lines[...]
    while lines.first?.isEmpty == true { lines.removeFirst() }
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines.joined(separator: "\n")
  }
}

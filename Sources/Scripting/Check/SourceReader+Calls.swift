import APIReference

/// Names of the host, and calls of its functions.
extension SourceReader {
  // MARK: Names

  /// What `object.name` is; an unknown name of the host is reported.
  func member(_ name: String, of object: Shape, line: Int) -> Shape {
    if let path = object.path { return member(name, ofPath: path, line: line) }
    if let declared = object.declaredOptions {
      if !declared.contains(name), !findings.fieldsAdded.contains(name) {
        report(
          .warning, .option,
          "cast.options declares no '\(name)'" + NearestName.hint(for: name, among: declared),
          line: line)
      }
      return .unknown
    }
    if let field = object.table?.fields.last(where: { $0.name == name }) {
      // A table of the recipe's own may have changed since.
      return field.shape.path == nil ? .unknown : field.shape
    }
    let types = object.types ?? []
    if types.count == 1, case .map(_, let value) = types[0] { return .of(value, api) }
    if types == [.named("string")] { return member(name, ofPath: "string", line: line) }
    let classes = object.classes(api)
    guard !classes.isEmpty else { return .unknown }
    for type in classes {
      if let entry = api.entry("\(type):\(name)") { return shape(of: entry, line: line) }
      let fields = api.fields(of: type)
      if let field = fields.first(where: { $0.name == name }) { return .of(field.type, api) }
      if fields.contains(where: { $0.key == .index(.named("string")) }) { return .unknown }
    }
    report(.error, .unknownName, unknownField(name, classes), line: line)
    return .unknown
  }

  private func unknownField(_ name: String, _ classes: [String]) -> String {
    let known = classes.flatMap { type in
      api.methods(of: type).map(\.shortName) + api.fields(of: type).compactMap(\.name)
    }
    return "unknown field '\(name)' of \(classes.joined(separator: " or "))"
      + NearestName.hint(for: name, among: known)
  }

  private func member(_ name: String, ofPath path: String, line: Int) -> Shape {
    if path == "_G" { return variable(name, line: line) }
    let whole = "\(path).\(name)"
    if path == "cast" || path.hasPrefix("cast.") {
      if let entry = api.entry(path), case .module = entry.kind {
        return castMember(whole, of: path, line: line)
      }
      return .unknown
    }
    guard !path.contains("."), !findings.fieldsAdded.contains(whole) else { return .unknown }
    guard !isSurvey, !findings.isFull(), let complaint = names.complaint(whole) else {
      return Shape(path: whole)
    }
    let isRemoved = names.isRemoved(whole)
    report(.error, isRemoved ? .removed : .unknownName, complaint, line: line)
    return .unknown
  }

  private func castMember(_ whole: String, of module: String, line: Int) -> Shape {
    let members = api.members(of: module)
    guard let entry = members.first(where: { $0.name == whole }) else {
      let name = String(whole.dropFirst(module.count + 1))
      report(
        .error, .unknownName,
        "unknown field '\(name)' of \(module)"
          + NearestName.hint(for: name, among: members.map(\.shortName)), line: line)
      return .unknown
    }
    return shape(of: entry, line: line)
  }

  private func shape(of entry: API.Entry, line: Int) -> Shape {
    if let reason = entry.deprecation {
      report(.warning, .deprecated, "\(entry.name) is deprecated: \(reason)", line: line)
    }
    if case .value(let type) = entry.kind { return .of(type, api) }
    return Shape(path: entry.name, line: line)
  }

  // MARK: Calls

  /// `object:name(…)`.
  func callMethod(_ name: String, of object: Shape, line: Int) throws -> Shape {
    let callee = member(name, of: object, line: line)
    if let path = callee.path, object.path != nil, path.hasPrefix("cast.") {
      report(
        .error, .argument, "\(path) is a function, no method: write \(path)(…) with a dot",
        line: line)
      _ = try arguments { _ in nil }
      return .unknown
    }
    // `s:find(x)` passes the string on as the first argument.
    if let path = callee.path, !path.hasPrefix("cast.") {
      _ = try arguments { _ in nil }
      return standardResult(path, [object])
    }
    return try call(callee, isMethod: true, line: line)
  }

  /// `callee(…)`.
  func call(_ callee: Shape, isMethod: Bool = false, line: Int) throws -> Shape {
    guard let path = callee.path, let entry = api.entry(path),
      case .function(let function) = entry.kind
    else {
      let given = try arguments { _ in nil }
      return callee.path.map { standardResult($0, given, line: line) } ?? .unknown
    }
    let isPlain = path.contains(":") && !isMethod
    let given = try arguments { index in
      isPlain ? nil : parameter(index, of: function)?.type
    }
    if isPlain {
      checkColon(entry, given, line: line)
    } else {
      check(given, against: function, of: entry, line: line)
    }
    checkPlace(entry, function, line: line)
    return results(of: entry, function, given, line: line)
  }

  private func parameter(_ index: Int, of function: API.Function) -> API.Parameter? {
    if index < function.parameters.count { return function.parameters[index] }
    return function.parameters.last.flatMap { $0.name == "..." ? $0 : nil }
  }

  private func arguments(expecting types: (Int) -> LuaType?) throws -> [Shape] {
    if case .text(let bytes) = token.kind {
      let line = token.line
      advance()
      var shape = Shape.constant(.bytes(bytes))
      shape.line = line
      return [shape]
    }
    if isSign("{") { return [try expression(ofTable: types(0))] }
    try expect("(")
    if skip(")") { return [] }
    let shapes = try expressions(expecting: types)
    try expect(")")
    // What a local function is taken for is known the second time.
    for (index, shape) in shapes.enumerated() where isSurvey {
      if let id = shape.local, let type = types(index) { expected[id] = type }
    }
    return shapes
  }

  private func expression(ofTable type: LuaType?) throws -> Shape {
    let line = token.line
    var shape = try table(expecting: type)
    shape.line = line
    return shape
  }

  private func results(
    of entry: API.Entry, _ function: API.Function, _ given: [Shape], line: Int
  ) -> Shape {
    var shape = function.results.first.map { Shape.of($0.type, api) } ?? .unknown
    shape.results = function.results.map(\.type)
    shape.source = entry.name
    shape.isOpen = true
    shape.line = line
    switch entry.name {
    case "cast.recipe": readRecipe(given.first, line: line)
    case "cast.options": return readOptions(given.first, line: line)
    default: break
    }
    return shape
  }

  /// What functions of Lua itself give, as far as it matters here.
  private func standardResult(_ path: String, _ given: [Shape], line: Int = 0) -> Shape {
    switch path {
    case "assert":
      var shape = given.first ?? .unknown
      shape.local = nil
      return shape
    case "require":
      return require(given.first, line: line)
    case "tostring", "type", "string.format", "string.rep", "string.sub", "table.concat":
      return Shape(types: [.named("string")])
    case "os.time" where given.isEmpty, "os.date" where given.count < 2:
      need(
        "--allow-clock", "\(path) shows when the run began, unless it may see the clock",
        isConditional: true, line: line)
      return .unknown
    default: return .unknown
    }
  }

  private func require(_ argument: Shape?, line: Int) -> Shape {
    guard let name = argument?.text else {
      report(
        .warning, .module, "require of a name that is known only at run time is not followed",
        line: line)
      return .unknown
    }
    if name == "cast" { return Shape(path: "cast") }
    if isSurvey { required.append((name, line)) }
    return .unknown
  }

  // MARK: Checks

  private func checkColon(_ entry: API.Entry, _ given: [Shape], line: Int) {
    guard let first = given.first else {
      return report(.error, .argument, "write \(entry.usage) with a colon", line: line)
    }
    guard first.constant != nil || first.table != nil else { return }
    report(.error, .argument, "write \(entry.usage) with a colon", line: line)
  }

  private func checkPlace(_ entry: API.Entry, _ function: API.Function, line: Int) {
    guard let place, !function.places.contains(place) else { return }
    let allowed = API.Place.allCases.filter(function.places.contains).map(\.words)
    report(
      .error, .context,
      "\(entry.name) cannot be called in \(place.words) (allowed in: "
        + allowed.joined(separator: ", ") + ")", line: line)
  }

  private func check(
    _ given: [Shape], against function: API.Function, of entry: API.Entry, line: Int
  ) {
    let isOpen = given.last?.isOpen ?? false
    for (index, parameter) in function.parameters.enumerated() where parameter.name != "..." {
      let what = "bad argument #\(index + 1) '\(parameter.name)' to '\(entry.shortName)'"
      guard index < given.count else {
        let takesNothing = parameter.isOptional || parameter.type == .named("any")
        if !takesNothing, !isOpen {
          report(
            .error, .argument, "\(what) (\(readable(parameter.type)) expected, got no value)",
            line: line)
        }
        continue
      }
      checkNeeds(parameter, given[index], of: entry, line: line)
      var type = parameter.type
      if parameter.isOptional { type = .union([type, .named("nil")]) }
      check(given[index], as: type, what)
    }
  }
}

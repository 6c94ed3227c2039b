import APIReference

/// What a recipe will ask for: read off the types of paths and references.
extension SourceReader {
  func need(_ flag: String, _ reason: String, isConditional: Bool, line: Int) {
    guard !isSurvey else { return }
    findings.add(
      need: RecipeReport.Need(
        flag: flag, reason: reason, isConditional: isConditional, file: file, line: line))
  }

  /// Looks at an argument that is a path, a name of a result or a reference to a model.
  func checkNeeds(_ parameter: API.Parameter, _ given: Shape, of entry: API.Entry, line: Int) {
    for type in parameter.type.alternatives {
      switch type {
      case .named("cast.ReadPath"): checkRead(given, entry, line: line)
      case .named("cast.WritePath"): checkWrite(given, entry, line: line)
      case .named("cast.OutName"):
        need(
          "--out=DIR", "\(entry.spokenName)(\(quoted(given))) writes there", isConditional: false,
          line: line)
      case .named("cast.VariableName"):
        need(
          "--allow-env=\(given.text.map { String($0.prefix(80)) } ?? "NAME")",
          "\(entry.spokenName)(\(quoted(given)))", isConditional: false, line: line)
      case .named("cast.ModelReference"): checkModel(given, entry, line: line)
      default: continue
      }
    }
  }

  private func checkRead(_ given: Shape, _ entry: API.Entry, line: Int) {
    guard given.source != "cast.out" else { return }
    guard let path = given.text else {
      return need(
        "--allow-read=DIR",
        "\(entry.spokenName) reads a file that is named at run time, if it lies outside of the "
          + "recipe's folder", isConditional: true, line: line)
    }
    let absolute = PathText.absolute(path, from: folder)
    guard PathText.rest(of: absolute, below: folder) == nil else { return }
    if isClosed(absolute, path, line: line) { return }
    need(
      "--allow-read=\(PathText.split(absolute).folder)",
      "\(entry.spokenName)(\(quoted(given)))", isConditional: false, line: line)
  }

  private func checkWrite(_ given: Shape, _ entry: API.Entry, line: Int) {
    guard given.source != "cast.out" else { return }  // cast.out has asked already
    guard let path = given.text else {
      return need(
        "--allow-write=DIR",
        "\(entry.spokenName) writes a file that is named at run time", isConditional: true,
        line: line)
    }
    if path.hasPrefix("/"), isClosed(PathText.absolute(path, from: "/"), path, line: line) {
      return
    }
    let inner = PathText.split(path).folder
    need(
      "--allow-write=\(inner.isEmpty ? "." : inner)", "\(entry.spokenName)(\(quoted(given)))",
      isConditional: false, line: line)
  }

  /// No flag opens some folders.
  private func isClosed(_ absolute: String, _ path: String, line: Int) -> Bool {
    for folder in Capabilities.closed where PathText.rest(of: absolute, below: folder) != nil {
      report(
        .error, .permission, "\(path.prefix(80)): no flag opens \(folder) to a recipe", line: line)
      return true
    }
    return false
  }

  private func checkModel(_ given: Shape, _ entry: API.Entry, line: Int) {
    guard given.types != [.named("nil")] else { return }
    guard let reference = given.text else {
      return need(
        "--allow-model=GLOB", "\(entry.spokenName) opens a model that is named at run time",
        isConditional: true, line: line)
    }
    need(
      "--allow-model=\(reference.prefix(80))",
      "\(entry.spokenName)(\(quoted(given))), unless it is the model of the run (--model)",
      isConditional: false, line: line)
  }

  private func quoted(_ shape: Shape) -> String {
    guard let text = shape.text else { return "…" }
    return "\"\(text.prefix(60))\""
  }

  // MARK: What the recipe says of itself

  /// Reads the literals of `cast.recipe { … }`.
  func readRecipe(_ shape: Shape?, line: Int) {
    guard !isSurvey, let fields = shape?.table?.fields else { return }
    for (name, shape) in fields {
      switch name {
      case "name": findings.recipe.name = shape.text
      case "version": findings.recipe.version = shape.text
      case "about": findings.recipe.about = shape.text
      case "license": findings.recipe.license = shape.text
      case "api":
        guard case .integer(let level)? = shape.constant else { continue }
        findings.recipe.api = level
        guard level > CastLibrary.api else { continue }
        report(
          .error, .api,
          "the recipe needs API level \(level), this casthost has \(CastLibrary.api): a newer "
            + "casthost runs it", line: shape.line > 0 ? shape.line : line)
      default: continue
      }
    }
  }

  /// Reads the literals of `cast.options { … }`, as the host does when the recipe runs.
  func readOptions(_ shape: Shape?, line: Int) -> Shape {
    guard let table = shape?.table, table.isComplete else { return .unknown }
    let known = Set(table.fields.map(\.name))
    if !isSurvey, let value = table.constant {
      let place = Argument.Place.argument(position: 1, name: "options", function: "options")
      do {
        let declared = try ScriptOptions(
          Argument(value: value, place: place, machine: names.machine))
        findings.options = declared.declarations.map {
          RecipeReport.Option(
            name: $0.name, kind: $0.kind, fallback: $0.fallbackText, about: $0.about)
        }
      } catch {
        report(.error, .option, (error as? LuaError)?.message ?? "\(error)", line: line)
      }
    }
    return Shape(declaredOptions: known)
  }
}

extension API.Entry {
  /// The name as a recipe has it, without arguments.
  var spokenName: String { String(usage.prefix { $0 != "(" }) }
}

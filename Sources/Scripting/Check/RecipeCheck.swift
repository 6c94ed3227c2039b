public import APIReference

/// Reads a recipe and the modules that it requires, and tells what is wrong with them; runs nothing.
public struct RecipeCheck {
  /// The declarations that names are compared with.
  public var api = API.current
  /// Where `require` looks after the recipe's own folder and `lib` of the `Scripts` it lies in.
  public var libraryFolders: [String] = []
  /// Largest file, in bytes.
  var limit = ScriptLimits().sourceBytes
  /// Most modules that are followed.
  static let mostModules = 200

  /// A check against the declarations of this build.
  public init(libraryFolders: [String] = []) { self.libraryFolders = libraryFolders }

  /// Checks a recipe: a file, or a folder with `main.lua`.
  ///
  /// - Returns: What was found; a recipe that cannot be read is a problem, too.
  /// - Throws: ``LuaError`` where the machine has no memory for a state.
  public func report(on path: String) throws -> RecipeReport {
    var report = RecipeReport(path: path)
    func refuse(_ error: LuaError) -> RecipeReport {
      report.problems = [
        RecipeReport.Problem(
          severity: .error, kind: .file, message: error.message, file: path, line: 0)
      ]
      return report
    }
    guard let place = FileAccess.locateRecipe(path) else {
      return refuse(
        LuaError(.usage, "no such recipe (a .lua file or a folder with main.lua expected)"))
    }
    let source: [UInt8]
    do {
      source = try FileAccess.readRecipe(place.folder, place.name, limit: limit)
    } catch {
      return refuse(error)
    }
    // `dir` is checked as `dir/main.lua`: editors and people find a line by that.
    let isFolder = PathText.split(path).name != place.name && place.name == "main.lua"
    let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    let shown = isFolder ? trimmed + "/main.lua" : path
    return try check(source, shown: shown, folder: place.folder, report)
  }

  /// Checks a text as a recipe.
  ///
  /// - Throws: ``LuaError`` where the machine has no memory for a state.
  func report(on source: String, name: String, folder: String = "/recipe") throws -> RecipeReport {
    try check(Array(source.utf8), shown: name, folder: folder, RecipeReport(path: name))
  }

  private struct File {
    var shown: String
    var text: [UInt8]
  }

  private func check(
    _ source: [UInt8], shown: String, folder: String, _ empty: RecipeReport
  ) throws -> RecipeReport {
    var report = empty
    let host = try ScriptHost(ScriptHost.Settings(recipe: folder))
    host.machine.setGlobal("cast", host.cast)
    host.machine.setRequire(ModuleFinder(folders: [], limit: 0))
    let names = try SandboxNames(host.machine)
    let findings = Findings()
    findings.isTest = TestLibrary.isTestFile(shown)
    let finder = ModuleFinder(
      folders: ModuleFinder.folders(recipe: folder, libraries: libraryFolders), limit: limit)
    let prefix =
      shown.hasSuffix("/" + PathText.split(shown).name) ? PathText.split(shown).folder + "/" : ""
    var surveys: [(file: File, survey: SourceReader)] = []
    var waiting = [File(shown: shown, text: source)]
    var known: Set<String> = []
    while let file = waiting.popLast(), surveys.count < RecipeCheck.mostModules {
      report.files.append(file.shown)
      guard compiles(file, host.machine, findings) else { continue }
      let survey = SourceReader(
        file.text, file: file.shown, folder: folder, api: api, names: names, findings: findings)
      survey.read()
      surveys.append((file, survey))
      for (name, line) in survey.required where known.insert(name).inserted {
        do {
          let module = try finder.find(name)
          waiting.insert(File(shown: prefix + module.chunk, text: module.text), at: 0)
        } catch {
          findings.add(.error, .module, error.message, file: file.shown, line: line)
        }
      }
    }
    for (file, survey) in surveys {
      SourceReader(
        file.text, file: file.shown, folder: folder, api: api, names: names, findings: findings,
        after: survey
      )
      .read()
    }
    // What a file that does not compile declares is not known.
    if surveys.count == report.files.count { findings.checkGlobals(names) }
    fill(&report, findings)
    return report
  }

  /// Whether Lua compiles the file; reports where it does not.
  private func compiles(_ file: File, _ machine: LuaMachine, _ findings: Findings) -> Bool {
    do {
      _ = try machine.load(file.text, name: "source.lua")
      return true
    } catch {
      findings.add(.error, .syntax, error.message, file: file.shown, line: error.line ?? 0)
      return false
    }
  }

  private func fill(_ report: inout RecipeReport, _ findings: Findings) {
    report.name = findings.recipe.name
    report.version = findings.recipe.version
    report.about = findings.recipe.about
    report.license = findings.recipe.license
    report.api = findings.recipe.api
    report.options = findings.options
    report.needs = findings.needs
    report.problems = findings.sorted(report.files)
  }
}

import CLuaShim

/// What a recipe says about itself with `cast.recipe`.
public struct RecipeInfo: Sendable, Hashable {
  /// What it is called.
  public var name: String?
  /// Its own version.
  public var version: String?
  /// What it does.
  public var about: String?
  /// Under which licence it may be shared.
  public var license: String?
  /// The lowest API level that it needs.
  public var api: Int?
}

/// The part of `cast` that needs no model.
final class CastLibrary {
  /// The API level of this host; higher ones are refused by `cast.recipe`.
  static let api = 1

  let settings: ScriptHost.Settings
  let files: FileAccess
  private(set) var recipe = RecipeInfo()
  private var options: ScriptOptions?

  init(_ settings: ScriptHost.Settings, _ files: FileAccess) {
    self.settings = settings
    self.files = files
  }

  /// Declares everything in `cast` that needs no model.
  func declare(in cast: HostModule) {
    cast.value("version", .string(settings.version))
    cast.value("api", .integer(CastLibrary.api))
    cast.value("seed", .integer(Int(truncatingIfNeeded: settings.seed)))
    cast.value("args", .list(settings.arguments.map { .string($0) }))
    cast.native("random") { cl_push_builtin($0, "random") }
    cast.native("spairs") { cl_push_builtin($0, "spairs") }
    cast.module("tensor").fill { cl_tensor_constructors($0) }
    StatisticsLibrary.declare(in: cast.module("stats"))
    declareLog(in: cast.module("log"))
    declareJSON(in: cast.module("json"))
    declareRecipe(in: cast)
    declareFiles(in: cast)
    declareEnvironment(in: cast)
  }

  private func declareLog(in log: HostModule) {
    for (name, level) in [
      ("debug", ScriptConsole.Level.debug), ("info", .info), ("warn", .warning), ("error", .error),
    ] {
      log.native(name) { cl_push_log($0, Int32(level.rawValue)) }
    }
  }

  private func declareJSON(in json: HostModule) {
    json.value("null", .object(JSONNull.shared))
    json.function("encode") { call in
      let value = try call.argument(1, "value")
      let options = try call.options(2)
      let indent = try options["indent"].integer(default: 0, in: 0...16)
      try options.finish()
      return .bytes(try JSON.encode(value.value ?? .nil, indent: indent == 0 ? nil : indent))
    }
    json.function("decode") { call in try JSON.decode(call.argument(1, "text").bytes()) }
  }

  // MARK: The recipe

  private func declareRecipe(in cast: HostModule) {
    cast.function("recipe", in: .load) { [self] call in
      let fields = try call.options(1, "recipe")
      recipe.name = try optional(fields["name"])
      recipe.version = try optional(fields["version"])
      recipe.about = try optional(fields["about"])
      recipe.license = try optional(fields["license"])
      recipe.api =
        fields["api"].isMissing ? nil : try fields["api"].integer(in: 1...1_000_000)
      try fields.finish()
      guard recipe.api ?? 0 <= CastLibrary.api else {
        throw LuaError(
          .usage,
          "the recipe needs API level \(recipe.api ?? 0), this casthost has \(CastLibrary.api): "
            + "a newer casthost runs it")
      }
      return .nothing
    }
    cast.function("options", in: .load) { [self] call in
      guard options == nil else { throw LuaError(.script, "cast.options can be called only once") }
      let declared = try ScriptOptions(call.argument(1, "options"))
      options = declared
      if settings.asksForHelp { throw LuaError(.help, help(declared)) }
      do throws(LuaError) {
        return .table(try declared.values(from: settings.arguments))
      } catch {
        throw error.adding(note: "casthost run \(settings.recipe) -- --help lists the options")
      }
    }
  }

  private func optional(_ argument: Argument) throws -> String? {
    argument.isMissing ? nil : try argument.text()
  }

  private func help(_ options: ScriptOptions) -> String {
    var lines: [String] = []
    if let name = recipe.name {
      lines.append([name, recipe.version].compactMap { $0 }.joined(separator: " "))
    }
    if let about = recipe.about { lines.append(about) }
    lines.append("Usage: casthost run \(settings.recipe) -- [options]")
    return (lines + options.help.map { "  " + $0 }).joined(separator: "\n")
  }
}

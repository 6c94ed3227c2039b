import Engine
import Kernels
import TestSupport

@testable import Scripting

/// Runs recipes on a tiny random model and keeps what they print.
final class RecipeBench {
  let host: ScriptHost
  let model: Model
  let folder: TemporaryFolder
  private let lines: Lines

  /// What was printed and logged.
  private final class Lines {
    var printed: [String] = []
    var logged: [String] = []
    var progress: [String] = []
  }

  /// The steps of long work that were shown.
  var progress: [String] { lines.progress }

  /// What was logged.
  var logged: [String] { lines.logged }

  init(
    _ family: String = "llama", disablesFailingHooks: Bool = false, checksSharing: Bool = false,
    profiles: Bool = false
  ) throws {
    folder = try TemporaryFolder()
    let path = try TinyModel.write(architecture: family, in: folder)
    let model = try Model(path: path, lanes: Lanes(count: 2))
    self.model = model
    let lines = Lines()
    self.lines = lines
    var settings = ScriptHost.Settings(recipe: folder.file("recipe.lua"))
    settings.seed = 7
    settings.capabilities.readFolders = [folder.path]
    settings.capabilities.writeFolders = [folder.path]
    host = try ScriptHost(
      settings,
      console: ScriptConsole(
        print: { lines.printed.append($0) }, log: { lines.logged.append($0.text) }))
    host.attach(
      ModelAccess(
        open: { _ in model }, hash: { _ in "0123" },
        progress: { lines.progress.append("\($0) \($1)/\($2)") }),
      disablesFailingHooks: disablesFailingHooks, checksSharing: checksSharing,
      profiles: profiles)
  }

  /// Runs a recipe and returns the lines that it printed.
  func run(_ source: String) throws -> [String] {
    lines.printed = []
    try host.run(Array(("local model = cast.model()\n" + source).utf8), name: "recipe.lua")
    return lines.printed
  }

  /// Runs a recipe that must fail and returns the error.
  func failure(_ source: String, secondsLeft: Double? = nil) -> LuaError? {
    if let secondsLeft { host.machine.stopSwitch.setDeadline(seconds: secondsLeft) }
    do {
      _ = try run(source)
      return nil
    } catch {
      return error as? LuaError
    }
  }
}

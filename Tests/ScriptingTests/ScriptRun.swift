import Scripting

/// Runs recipes in tests and keeps what they wrote.
final class ScriptRun {
  var lines: [String] = []
  var log: [ScriptConsole.Record] = []
  var error: LuaError?

  /// Runs a text as a recipe, on a thread with the stack that scripts get.
  init(
    _ source: String, name: String = "recipe.lua", recipe: String = ".",
    stackSize: Int = 16 << 20, change: (inout ScriptHost.Settings) -> Void = { _ in }
  ) {
    var settings = ScriptHost.Settings(recipe: recipe)
    change(&settings)
    let console = ScriptConsole(
      print: { [unowned self] in lines.append($0) }, log: { [unowned self] in log.append($0) })
    do {
      try ScriptThread.run(stackSize: stackSize) {
        try ScriptHost(settings, console: console).run(Array(source.utf8), name: name)
      }
    } catch let error as LuaError {
      self.error = error
    } catch {
      self.error = LuaError(.script, "\(error)")
    }
  }

  /// What was printed, as one text.
  var output: String { lines.joined(separator: "\n") }
}

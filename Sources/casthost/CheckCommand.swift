import ArgumentParser

/// `casthost check`.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Finds mistakes in recipes without running them.",
    usage: "casthost check <recipe> … [--json]",
    discussion: """
        casthost check recipe.lua

      Tells syntax errors, variables and names that do not exist, options and arguments that \
      cannot be right, calls from where they are not allowed, and recipes for a newer casthost; \
      then which options the recipe has and which flags a run of it will ask for. Modules that \
      it requires are followed. Nothing of the recipe is run.

      Exit code 0 where there is no error, 1 where there is one; warnings do not count.
      """)

  @Argument(
    help: ArgumentHelp("Recipes: Lua files, or folders with main.lua.", valueName: "recipe"))
  var recipes: [String]

  @Flag(help: "Print one JSON object with all that was found.")
  var json = false

  func run() throws {
    try RecipeChecker(recipes: recipes, asksForJSON: json).run()
  }
}

import APIReference
import ArgumentParser

/// `casthost types`.
struct TypesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "types",
    abstract: "Installs the Lua API's declarations for editors.",
    discussion: """
        casthost types recipes

      Writes recipes/types/cast.d.lua and recipes/.luarc.json. Editors with the Lua language \
      server (LuaLS) then complete names and options, show help, and underline what is misspelt. \
      Run it again after an update of casthost. Your own files are left alone.
      """)

  @Argument(help: ArgumentHelp("The folder of the recipes.", valueName: "dir"))
  var folder = "."

  @Flag(help: "Replace files of your own that are in the way.")
  var force = false

  func run() throws {
    let installation = TypesInstallation(folder: folder, replaces: force)
    do {
      let (types, luarc) = try installation.install()
      tell(types, installation.declarations)
      tell(luarc, installation.luarc)
    } catch {
      throw CommandFailure(.failure, error.message)
    }
  }

  private func tell(_ outcome: TypesInstallation.Outcome, _ path: String) {
    switch outcome {
    case .written: Console.result("wrote \(path)")
    case .replaced: Console.result("replaced \(path)")
    case .upToDate: Console.result("\(path) is up to date")
    case .left(isComplete: true): Console.result("left \(path) as it is: it names \"types\"")
    case .left(isComplete: false):
      Console.result("left \(path) as it is")
      Console.note(
        "\(path) is your own: add \"types\" to its \"workspace.library\", or replace it with "
          + "--force.")
    }
  }
}

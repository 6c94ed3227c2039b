import APIReference
import ArgumentParser

/// `casthost help`: commands, and the Lua API.
struct HelpCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "help",
    abstract: "Explains a command, or a name of the Lua API.",
    usage: "casthost help [<command> | <name> | --markdown]",
    discussion: """
        casthost help run                  a command
        casthost help cast.vector.build    a function of the Lua API
        casthost help model:generate       a method
        casthost help steer                whatever is called that
        casthost help cast.Vector          what an object has

      Without a name it lists the commands and the whole API.
      """)

  @Flag(help: "Print the whole Lua API as one page of Markdown.")
  var markdown = false

  @Argument(help: ArgumentHelp("A command, or a name of the Lua API.", valueName: "name"))
  var words: [String] = []

  func run() throws {
    if markdown { return Console.stream(API.current.markdown) }
    guard let first = words.first else {
      return Console.result(Casthost.helpMessage() + "\n\n" + API.current.overview)
    }
    if let command = command() {
      Console.result(Casthost.helpMessage(for: command))
      // `vector` is a command, and a module of the API.
      let hits = words.count == 1 ? (try? API.current.find(first)) ?? [] : []
      let entries = hits.filter { $0.field == nil }
      if !entries.isEmpty {
        let names = entries.prefix(3).map { "casthost help \($0.name)" }.joined(separator: ", ")
        Console.result("In the Lua API: \(names)")
      }
      return
    }
    do {
      Console.result(try API.current.help(words.joined(separator: ".")))
    } catch {
      let commands = Casthost.configuration.subcommands.compactMap { $0.configuration.commandName }
      let meant = NearestName.of(first, among: commands)
      let hint = meant.map { " 'casthost help \($0)' explains a command." } ?? ""
      throw CommandFailure(.usage, error.message + hint)
    }
  }

  /// The command that the words name; nil if they name none.
  private func command() -> (any ParsableCommand.Type)? {
    var found: any ParsableCommand.Type = Casthost.self
    for word in words {
      let next = found.configuration.subcommands.first { $0.configuration.commandName == word }
      guard let next else { return nil }
      found = next
    }
    return found
  }
}

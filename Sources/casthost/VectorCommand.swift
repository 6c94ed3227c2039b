import ArgumentParser
import Foundation
import Steering
import Transformer

/// `casthost vector`.
struct VectorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vector",
    abstract: "Describes control vectors, and converts them between tools' files.",
    discussion: """
      A control vector has one direction for each of some layers; a recipe builds it with \
      cast.vector.build, keeps it with vector:save, and steers a model with it.

        casthost vector show Vectors/smollm2-135m-instruct.glad.mean_diff.gguf
        casthost vector convert evil_response_avg_diff.pt evil.gguf
      """,
    subcommands: [VectorShow.self, VectorConvert.self])
}

/// What a file of another tool does not say of itself.
struct ReadingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The tool that wrote the file, where its name and content leave a doubt: "
        + VectorConvention.all.map(\.name).joined(separator: ", ") + ".",
      valueName: "tool"))
  var convention: String?

  @Option(
    help: ArgumentHelp(
      "'applied' or 'read': which layer is meant, for a tool that reads at another than it steers.",
      valueName: "place"))
  var at: String?

  @Option(help: "The tool's number of the layer, for a .pt file of one direction.")
  var layer: Int?

  /// The vector of a file.
  func read(_ file: String) throws -> ControlVector {
    var reading = VectorReading(layer: layer)
    if let convention {
      reading.convention = VectorConvention.named(convention)
      if reading.convention == nil {
        throw CommandFailure(
          .usage,
          "vector: unknown convention '\(convention)' (expected one of "
            + VectorConvention.all.map { "'\($0.name)'" }.joined(separator: ", ")
            + "). Name the tool that wrote the file.")
      }
    }
    if let at {
      reading.place = VectorConvention.Place(rawValue: at)
      if reading.place == nil {
        throw CommandFailure(
          .usage, "vector: --at is '\(at)' (expected 'applied' or 'read'). Give one of them.")
      }
    }
    guard FileManager.default.fileExists(atPath: file) else {
      throw CommandFailure(.usage, "\(file): no such file. Give a control vector.")
    }
    return try ControlVectorFile.read(file, reading)
  }
}

/// `casthost vector show`.
struct VectorShow: ParsableCommand, TellsCauses {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows what a control vector is: how it was made, and each layer's direction.",
    discussion: """
      casthost vector show Vectors/smollm2-135m-instruct.glad.mean_diff.gguf

      Reads GGUF control vectors of casthost, llama.cpp, repeng and tools like them, safetensors, \
      .svec files, and .pt files of persona_vectors and CAA (nothing in them is run). 'norm' is the direction's \
      length and 'of stream' that length over the mean length of the residual stream there; \
      AUROC and d say how well the direction separates the pairs that it was built from.
      """)

  @Argument(help: "A control vector.")
  var file: String

  @OptionGroup var reading: ReadingOptions

  @OptionGroup var common: CommonOptions

  func run() throws {
    let vector = try reading.read(file)
    let passport = vector.passport
    var facts: [(String, String?)] = [
      ("file", file), ("width", String(vector.width)), ("layers", summary(of: vector.layers)),
      ("method", passport.method), ("model", passport.model),
      ("architecture", passport.architecture), ("arithmetic", passport.arithmetic),
      ("site", passport.site),
      ("position", passport.position), ("pairs", passport.pairs.map(String.init)),
      ("dataset", passport.dataset), ("seed", passport.seed.map { String($0) }),
      ("model sha256", passport.modelHash), ("made by", passport.version),
      ("convention", passport.layerConvention), ("read as", passport.origin),
      ("conversion", passport.conversion),
    ]
    facts += (passport.remarks ?? []).map { (remark) -> (String, String?) in ("note", remark) }
    Console.table(facts.compactMap { name, value in value.map { [name, $0] } })
    Console.result("")
    var rows = [["layer", "norm", "of stream", "AUROC", "d"]]
    for layer in vector.layers {
      let norm = vector.norms[layer] ?? 0
      let residual = passport.residualNorms?["\(layer)"]
      let separation = passport.separation?["\(layer)"]
      rows.append([
        "\(layer)", format(norm), residual.map { format(norm / $0) } ?? "",
        separation.map { format($0.auroc) } ?? "", separation.map { format($0.cohensD) } ?? "",
      ])
    }
    Console.table(rows)
  }

  private func format(_ value: Double) -> String { String(format: "%.4g", value) }
}

/// `casthost vector convert`.
struct VectorConvert: ParsableCommand, TellsCauses {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Writes a control vector in the form of another tool.",
    discussion: """
      casthost vector convert evil_response_avg_diff.pt evil.gguf
      casthost vector convert vec_layer_13_Llama-2-7b-chat-hf.pt refusal.svec

      The new file's ending says what it is: .gguf (llama.cpp, repeng), .safetensors or .svec \
      (IBM's activation-steering). Layers keep their meaning: what each file's numbers stand for is \
      in Docs/Interoperability.md.
      """)

  @Argument(help: "A control vector.")
  var file: String

  @Argument(help: "The file to write.")
  var target: String

  @Flag(help: "Replace a file that is there.")
  var force = false

  @OptionGroup var reading: ReadingOptions

  @OptionGroup var common: CommonOptions

  func run() throws {
    guard ControlVectorFile.endings.contains(where: { target.lowercased().hasSuffix($0) }) else {
      throw CommandFailure(
        .usage,
        "\(target): not the name of a vector that can be written (expected one that ends in "
          + "\(ControlVectorFile.endings.joined(separator: ", "))). Give another name.")
    }
    guard force || !FileManager.default.fileExists(atPath: target) else {
      throw CommandFailure(
        .usage, "\(target): the file is there already. Give another name, or --force.")
    }
    let vector = try reading.read(file)
    let notes = [
      vector.passport.conversion, try ControlVectorFile.write(vector, to: target),
    ]
    for note in notes.compactMap({ $0 }) + (vector.passport.remarks ?? []) { Console.note(note) }
    Console.result("\(target): layers \(summary(of: vector.layers))")
  }
}

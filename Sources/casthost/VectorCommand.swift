import ArgumentParser
import Foundation
import Steering
import Transformer

/// `casthost vector`.
struct VectorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vector",
    abstract: "Describes control vectors.",
    discussion: """
      A control vector has one direction for each of some layers; a recipe builds it with \
      cast.vector.build, keeps it with vector:save, and steers a model with it.

        casthost vector show Vectors/smollm2-135m-instruct.cheer.mean_diff.gguf
      """,
    subcommands: [VectorShow.self])
}

/// `casthost vector show`.
struct VectorShow: ParsableCommand, TellsCauses {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows what a control vector is: how it was made, and each layer's direction.",
    discussion: """
      casthost vector show Vectors/smollm2-135m-instruct.cheer.mean_diff.gguf

      Reads GGUF control vectors of casthost, llama.cpp and repeng. 'norm' is the direction's \
      length and 'of stream' that length over the mean length of the residual stream there; \
      AUROC and d say how well the direction separates the pairs that it was built from.
      """)

  @Argument(help: "A GGUF control vector.")
  var file: String

  @OptionGroup var common: CommonOptions

  func run() throws {
    guard FileManager.default.fileExists(atPath: file) else {
      throw CommandFailure(.usage, "\(file): no such file. Give a GGUF control vector.")
    }
    let vector = try ControlVectorFile.read(file)
    let passport = vector.passport
    let facts: [(String, String?)] = [
      ("file", file), ("width", String(vector.width)), ("layers", summary(of: vector.layers)),
      ("method", passport.method), ("model", passport.model),
      ("architecture", passport.architecture), ("arithmetic", passport.arithmetic),
      ("site", passport.site),
      ("position", passport.position), ("pairs", passport.pairs.map(String.init)),
      ("dataset", passport.dataset), ("seed", passport.seed.map { String($0) }),
      ("model sha256", passport.modelHash), ("made by", passport.version),
      ("convention", passport.layerConvention),
    ]
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

public import ArgumentParser
import Engine
import Foundation
public import Kernels
import ModelStore

/// Which model, and how many threads work on it.
struct ModelOptions: ParsableArguments {
  /// What a model may be called.
  static let help: ArgumentHelp = """
    A registered name, hf:owner/repo or hf:owner/repo:file.gguf, or the path of a .gguf file or a \
    model folder.
    """

  @Option(help: ModelOptions.help)
  var model = RegisteredModel.standard.name

  @Option(help: "Threads to compute on. (default: one per core)")
  var threads: Int?

  @Option(help: Arithmetic.help)
  var arithmetic = Arithmetic.precise

  func validate() throws {
    try check(threads: threads)
  }

  /// Opens the model.
  func open() throws -> Model {
    let file = try ModelStore(environment: Console.environment).locate(model)
    return try Model(
      path: file.path, name: ModelStore.name(of: model), arithmetic: arithmetic,
      lanes: Lanes(count: threadCount(threads)), startTime: Int(Date().timeIntervalSince1970))
  }
}

/// Refuses a number of threads that no machine has use for.
func check(threads: Int?) throws {
  if let threads, !(1...256).contains(threads) {
    throw ValidationError("--threads must be from 1 to 256 (found \(threads)).")
  }
}

/// The threads to compute on: what was asked for, or one per core that this process may use.
func threadCount(_ asked: Int?) -> Int { asked ?? ProcessInfo.processInfo.activeProcessorCount }

extension Arithmetic: ExpressibleByArgument {
  static let help: ArgumentHelp = """
    How products are computed: 'exact' in float32, 'precise' with activations of 16 bits (a \
    product's error is about 4e-5), 'fast' with 8 bits, as llama.cpp does (about 1e-2).
    """
}

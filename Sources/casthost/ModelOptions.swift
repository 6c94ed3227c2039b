import ArgumentParser
import Engine
import Foundation
import Kernels
import ModelStore

/// Which model, and how many threads work on it.
struct ModelOptions: ParsableArguments {
  @Option(help: "A registered name, or the path of a .gguf file.")
  var model = RegisteredModel.standard.name

  @Option(help: "Threads to compute on. (default: one per core)")
  var threads: Int?

  func validate() throws {
    if let threads, threads < 1 {
      throw ValidationError("--threads must be at least 1 (found \(threads)).")
    }
  }

  /// Opens the model.
  func open() throws -> Model {
    let file = try ModelStore(environment: Console.environment).locate(model)
    let name = RegisteredModel.named(model)?.name
    return try Model(path: file.path, name: name, lanes: Lanes(count: threadCount(threads)))
  }
}

/// The threads to compute on: what was asked for, or one per core that this process may use.
func threadCount(_ asked: Int?) -> Int { asked ?? ProcessInfo.processInfo.activeProcessorCount }

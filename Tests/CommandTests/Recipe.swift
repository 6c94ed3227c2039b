import Foundation
import TestSupport

/// A recipe in a folder of its own, run on a tiny random model.
struct Recipe {
  /// The tiny model, written once for all tests.
  private static let model = Result {
    try TinyModel.write(architecture: "llama", in: TemporaryFolder())
  }

  private let command: Command
  let folder: ScratchFolder

  var path: String { folder.url.appendingPathComponent("recipe.lua").path }

  /// Writes the recipe.
  ///
  /// - Throws: Where no folder can be made.
  init(_ source: String) throws {
    command = try Command()
    folder = try ScratchFolder()
    try source.write(toFile: path, atomically: false, encoding: .utf8)
  }

  /// The path of the tiny model.
  static func tinyModel() throws -> String { try model.get() }

  /// Runs it with these words after its path; on the tiny model, unless told otherwise.
  func run(
    _ arguments: [String] = [], model: String? = nil,
    meanwhile: @escaping @Sendable (pid_t) async throws -> Void = { _ in }
  ) async throws -> Command.Outcome {
    let model = try model ?? Self.tinyModel()
    return try await command.run(
      ["run", path, "--threads=1", "--model=\(model)"] + arguments, meanwhile: meanwhile)
  }

  /// The files beside the recipe.
  var otherFiles: [String] { folder.contents().filter { $0 != "recipe.lua" } }
}

extension Command.Outcome {
  /// The first line on standard error, without what every failure begins with.
  var complaint: String {
    let line = errors.split(separator: "\n").first ?? ""
    return String(line.trimmingPrefix("casthost: "))
  }
}

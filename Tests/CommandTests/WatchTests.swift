import Foundation
import TestSupport
import Testing

@Suite("casthost run --watch", .timeLimit(.minutes(1)))
struct WatchTests {
  private struct Late: Error {}

  /// Waits until a file has a content.
  private static func await(_ file: URL, _ text: String) async throws {
    for _ in 0..<400 {
      if (try? String(contentsOf: file, encoding: .utf8)) == text { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw Late()
  }

  private static func source(_ mark: String, writing file: URL) -> String {
    """
    local lib = require("lib")
    count = rawget(_G, "count") == nil and 1 or 2
    assert(cast.write("\(file.path)", "\(mark) " .. lib .. " " .. count .. " " .. cast.model().name))
    """
  }

  @Test("runs again with a fresh state when recipe or module is saved, on the model as it was")
  func again() async throws {
    let recipe = try Recipe("")
    let folder = recipe.folder.url
    let out = folder.appendingPathComponent("n.txt")
    let path = recipe.path
    @Sendable func save(_ source: String) throws {
      try source.write(toFile: path, atomically: true, encoding: .utf8)
    }
    try save(Self.source("a", writing: out))
    let model = folder.appendingPathComponent("m.gguf")
    try FileManager.default.copyItem(
      at: URL(fileURLWithPath: try Recipe.tinyModel()), to: model)
    let age = Date(timeIntervalSince1970: 1_000_000_000)
    try FileManager.default.setAttributes([.modificationDate: age], ofItemAtPath: model.path)
    try "return 'one'"
      .write(
        to: folder.appendingPathComponent("lib.lua"), atomically: true, encoding: .utf8)
    let outcome = try await recipe.run(
      ["--watch", "--allow-write=\(folder.path)", "--force"], model: model.path
    ) { process in
      try await Self.await(out, "a one 1 m")
      // Another file of the same age in the model's place: it would not open.
      try Data("no model".utf8).write(to: model, options: .atomic)
      try FileManager.default.setAttributes([.modificationDate: age], ofItemAtPath: model.path)
      try save(Self.source("b", writing: out))
      try await Self.await(out, "b one 1 m")
      try "return 'two'"
        .write(
          to: folder.appendingPathComponent("lib.lua"), atomically: true, encoding: .utf8)
      try await Self.await(out, "b two 1 m")
      try save("oh no")
      try await Task.sleep(for: .seconds(1))
      try save(Self.source("c", writing: out))
      try await Self.await(out, "c two 1 m")
      kill(process, SIGINT)
    }
    #expect(outcome.status == 130)
    #expect(outcome.errors.contains("watch: recipe.lua changed, running again."))
    #expect(outcome.errors.contains("watch: lib.lua changed, running again."))
    #expect(outcome.errors.contains("waiting for a change of recipe.lua and 1 module"))
    #expect(outcome.errors.contains("recipe.lua:1: syntax error"))
    #expect(!outcome.errors.contains("\u{1b}"))
  }
}

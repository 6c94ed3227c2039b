import Foundation
import TestSupport
import Testing

@Suite("casthost repl, from a pipe", .timeLimit(.minutes(1)))
struct ReplTests {
  private func enter(_ lines: String) async throws -> Command.Outcome {
    try await Command()
      .run(
        ["repl", "--threads=1", "--model=\(Recipe.tinyModel())"], input: lines)
  }

  @Test("prints values and nothing else, and keeps variables and the model")
  func values() async throws {
    let outcome = try await enter(
      """
      model = cast.model()
      =model.n_layers
      for i = 1, 2 do
        print(i)
      end
      x = { 1, name = "a" }
      x
      cast.tensor.ones(2)
      """)
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.prefix(4) == ["2", "1", "2", "{ 1, name = \"a\" }"])
    #expect(lines.last?.contains("tensor") == true)
  }

  @Test("describe shows what a model can do")
  func describe() async throws {
    let outcome = try await enter("describe(cast.model())\n")
    #expect(outcome.output.contains("model:generate(prompt [, options])"))
  }

  @Test("an error is told, the rest still runs, and the end is 1")
  func errors() async throws {
    let outcome = try await enter("error('no')\n1 + 1\n")
    #expect(outcome.status == 1)
    #expect(outcome.output == "2\n")
    #expect(outcome.errors.hasPrefix("casthost: repl.lua:1: no\n"))
    #expect(outcome.errors.hasSuffix("casthost: repl: 1 of the entries failed.\n"))
  }

  @Test("an entry that is not complete at the end is an error")
  func incomplete() async throws {
    let outcome = try await enter("for i = 1, 2 do\n")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("the input ends within an entry"))
  }

  @Test("nothing may be written, and a pipe leaves no history")
  func sandbox() async throws {
    let command = try Command()
    let outcome = try await command.run(
      ["repl"], input: "cast.write('x.txt', 'y')\n")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("--allow-write"))
    #expect(
      !FileManager.default.fileExists(
        atPath: command.cache.appendingPathComponent("casthost/repl-history").path))
  }
}

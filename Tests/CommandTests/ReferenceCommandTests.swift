import Foundation
import TestSupport
import Testing

@Suite("casthost help, types, check", .timeLimit(.minutes(1)))
struct ReferenceCommandTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  // MARK: help

  @Test(
    "help explains names of the API and commands",
    arguments: [
      (["cast.vector.build"], "cast.vector.build(model, dataset [, options])"),
      (["model:generate"], "max_tokens?"),
      (["steer"], "model:steer(vector [, options])"),
      (["cast.vector"], "cast.vector.load(path"),
      (["run"], "casthost run recipe.lua -- --scale=6"),
      (["models", "pull"], "casthost models pull qwen2.5-coder-0.5b-instruct"),
      (["vector"], "In the Lua API: casthost help cast.vector"),
      ([], "model:generate_batch"),
      ([], "casthost models pull"),
    ])
  func help(words: [String], part: String) async throws {
    let outcome = try await Command().run(["help"] + words)
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    #expect(outcome.output.contains(part))
  }

  @Test("a misspelt name gets a suggestion and exit code 2")
  func misspelt() async throws {
    let outcome = try await Command().run(["help", "cast.vectr.build"])
    #expect(outcome.status == 2)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains("did you mean 'cast.vector.build'"))
    let command = try await Command().run(["help", "modles"])
    #expect(command.errors.contains("'casthost help models'"))
  }

  @Test("help --markdown prints Docs/Lua-API.md")
  func markdown() async throws {
    let outcome = try await Command().run(["help", "--markdown"])
    let page = try String(
      contentsOf: Self.root.appendingPathComponent("Docs/Lua-API.md"), encoding: .utf8)
    #expect(
      outcome.output.trimmingCharacters(in: .newlines) == page.trimmingCharacters(in: .newlines))
  }

  @Test("a copy of the binary elsewhere finds the declarations")
  func copied() async throws {
    let folder = try ScratchFolder()
    let binary = try #require(Command.binary)
    let copy = folder.url.appendingPathComponent("casthost")
    try FileManager.default.copyItem(at: binary, to: copy)
    let process = Process()
    let pipe = Pipe()
    process.executableURL = copy
    process.arguments = ["help", "cast.read"]
    process.currentDirectoryURL = folder.url
    process.standardOutput = pipe
    try process.run()
    let output = try #require(try pipe.fileHandleForReading.readToEnd())
    process.waitUntilExit()
    #expect(String(decoding: output, as: UTF8.self).hasPrefix("cast.read(path)"))
  }

  // MARK: types

  @Test("types says what it wrote, and leaves a file of the user's alone")
  func types() async throws {
    let folder = try ScratchFolder()
    let path = folder.url.path
    let first = try await Command().run(["types", path])
    #expect(first.status == 0)
    #expect(first.output == "wrote \(path)/types/cast.d.lua\nwrote \(path)/.luarc.json\n")
    let second = try await Command().run(["types", path])
    #expect(second.output.contains("cast.d.lua is up to date"))
    try "mine".write(toFile: path + "/.luarc.json", atomically: true, encoding: .utf8)
    let third = try await Command().run(["types", path])
    #expect(third.status == 0)
    #expect(third.errors.contains("--force"))
    try "mine".write(toFile: path + "/types/cast.d.lua", atomically: true, encoding: .utf8)
    let fourth = try await Command().run(["types", path])
    #expect(fourth.status == 1)
    #expect(fourth.errors.contains("--force"))
    let forced = try await Command().run(["types", path, "--force"])
    #expect(forced.output.contains("replaced \(path)/.luarc.json"))
  }

  // MARK: check

  @Test("check tells what is wrong with file and line, runs nothing, and ends in 1")
  func check() async throws {
    let recipe = try Recipe("print('ran')\ncast.vectr.build()\ncast.write('x', 'y')\n")
    let outcome = try await Command().run(["check", recipe.path])
    #expect(outcome.status == 1)
    #expect(
      outcome.output.contains(
        "\(recipe.path):2: error: unknown field 'vectr' of cast (did you mean 'vector'?)"))
    #expect(outcome.output.contains("--allow-write=."))
    #expect(!outcome.output.contains("ran"))
    #expect(outcome.errors == "casthost: check: 1 error.\n")
    #expect(recipe.otherFiles.isEmpty)
  }

  @Test("check is content with the quickstart and shows its options and needs")
  func quickstart() async throws {
    let path = Self.root.appendingPathComponent("Scripts/quickstart.lua").path
    let outcome = try await Command().run(["check", path])
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    #expect(outcome.output.hasPrefix("\(path): fine\n  quickstart 1.0, API level 1\n"))
    #expect(outcome.output.contains("--scale  number"))
    #expect(outcome.output.contains("--allow-write=DIR"))
  }

  @Test("check --json is one JSON object with all reports")
  func json() async throws {
    struct Answer: Decodable {
      struct Report: Decodable {
        struct Problem: Decodable {
          let severity, kind, message, file: String
          let line: Int
        }
        let path: String
        let files: [String]
        let problems: [Problem]
      }
      let ok: Bool
      let recipes: [Report]
    }
    let good = try Recipe("cast.recipe { name = 'a' }")
    let bad = try Recipe("local x = \n")
    let outcome = try await Command().run(["check", "--json", good.path, bad.path])
    #expect(outcome.status == 1)
    let answer = try JSONDecoder().decode(Answer.self, from: Data(outcome.output.utf8))
    #expect(!answer.ok)
    #expect(answer.recipes.map(\.path) == [good.path, bad.path])
    #expect(answer.recipes[0].problems.isEmpty)
    #expect(answer.recipes[1].problems.map(\.kind) == ["syntax"])
    #expect(answer.recipes[1].problems.map(\.line) == [2])
  }
}

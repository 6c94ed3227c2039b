import Foundation
import TestSupport
import Testing

@Suite("Manifests and locks", .timeLimit(.minutes(1)))
struct ManifestTests {
  private static let source = """
    local o = cast.options{scale = {1.0, "strength"}}
    local part = require "part"
    local r = cast.model():generate("the user", {max_tokens = 4})
    print(part, cast.read("data.txt"), o.scale, 0.125, table.concat(r.tokens, " "))
    """

  private func recipe() throws -> Recipe {
    let recipe = try Recipe(Self.source)
    try write("return 'module'", "part.lua", recipe)
    try write("abc", "data.txt", recipe)
    return recipe
  }

  private func write(_ text: String, _ name: String, _ recipe: Recipe) throws {
    try Data(text.utf8).write(to: recipe.folder.url.appendingPathComponent(name))
  }

  private func json(_ path: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  // SHA-256 of "abc", FIPS 180-2, appendix B.1.
  private static let hashOfABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

  @Test("a manifest names what the run used, and is the same for the same run")
  func manifest() async throws {
    let recipe = try recipe()
    let out = try ScratchFolder()
    let path = out.url.appendingPathComponent("m.json").path
    #expect(
      try await recipe.run(["--manifest=\(path)", "--seed=3", "--", "--scale=2"]).status == 0)
    let manifest = try json(path)
    #expect(manifest["seed"] as? Int == 3)
    #expect(manifest["options"] as? [String] == ["--scale=2"])
    #expect(manifest["arithmetic"] as? String == "precise")
    #expect(manifest["error"] == nil)
    let read = try #require(manifest["read"] as? [[String: String]])
    #expect(read == [["path": "data.txt", "sha256": Self.hashOfABC]])
    let modules = try #require(manifest["modules"] as? [[String: String]])
    #expect(modules.map { $0["path"] } == ["part.lua"])
    let models = try #require(manifest["models"] as? [[String: String]])
    #expect(models.count == 1)
    #expect(models.first?["sha256"]?.count == 64 && models.first?["tokenizer"]?.count == 64)
    let first = try Data(contentsOf: URL(fileURLWithPath: path))
    _ = try await recipe.run(["--manifest=\(path)", "--seed=3", "--", "--scale=2"])
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == first)
  }

  @Test("the manifest of a failed run has the error, in the folder of --out")
  func failed() async throws {
    let recipe = try Recipe("assert(cast.write(cast.out('a.txt'), 'abc')) error('oops')")
    let out = try ScratchFolder()
    #expect(try await recipe.run(["--out=\(out.url.path)"]).status == 1)
    let manifest = try json(out.url.path + "/manifest.json")
    #expect((manifest["error"] as? String)?.contains("oops") == true)
    let written = try #require(manifest["written"] as? [[String: String]])
    #expect(written == [["path": "out:a.txt", "sha256": Self.hashOfABC]])
  }

  @Test("a locked run verifies, and whatever changes is told in a sentence")
  func lock() async throws {
    let recipe = try recipe()
    let command = try Command()
    let model = try Recipe.tinyModel()
    let locked = try await command.run([
      "lock", recipe.path, "--model=\(model)", "--", "--scale=2",
    ])
    #expect(locked.status == 0, "\(locked.errors)")
    #expect(locked.output.hasPrefix("module\tabc\t2.0\t0.125\t"))
    #expect(recipe.otherFiles == ["data.txt", "part.lua", "recipe.lua.lock"])
    let lock = recipe.path + ".lock"
    let same = try await command.run(["verify", lock])
    #expect(same.status == 0, "\(same.errors)")
    #expect(same.output == "equal: the output is the same, byte for byte.\n")

    try write("return 'another'", "part.lua", recipe)
    try write("abd", "data.txt", recipe)
    let other = try await command.run(["verify", lock])
    #expect(other.status == 1)
    #expect(other.output.contains("module part.lua differs (locked "))
    #expect(other.output.contains("file read, data.txt differs (locked ba7816bf8f01, found "))
    #expect(other.output.contains("differs: line 1 differs:"))
  }

  @Test("numbers may be off by the tolerance, words may not")
  func tolerance() async throws {
    let command = try Command()
    let recipe = try Recipe("print('layer12 a 1000.0 -2.5e-3')")
    #expect(try await command.run(["lock", recipe.path]).status == 0)
    let lock = recipe.path + ".lock"
    func verify(_ source: String, _ arguments: [String]) async throws -> String {
      try write(source, "recipe.lua", recipe)
      return try await command.run(["verify", lock] + arguments).output
    }
    let near = "print('layer12 a 1000.1 -2.5001e-3')"
    #expect(try await verify(near, ["--tolerance=1e-3"]).contains("equal: every number"))
    #expect(try await verify(near, []).contains("differs: line 1"))
    #expect(try await verify(near, ["--tolerance=1e-5"]).contains("differs: line 1"))
    let word = "print('layer13 a 1000.0 -2.5e-3')"
    #expect(try await verify(word, ["--tolerance=1"]).contains("differs: line 1"))
  }

  @Test("a lock gives a recipe no permission")
  func permissions() async throws {
    let command = try Command()
    let secret = try ScratchFolder()
    try Data("abc".utf8).write(to: secret.url.appendingPathComponent("secret"))
    let recipe = try Recipe("print(cast.read('\(secret.url.path)/secret'))")
    let flag = "--allow-read=\(secret.url.path)"
    #expect(try await command.run(["lock", recipe.path, flag]).output == "abc\n")
    let refused = try await command.run(["verify", recipe.path + ".lock"])
    #expect(refused.status == 3)
    #expect(refused.errors.contains("the run was locked with \(flag)"))
    #expect(try await command.run(["verify", recipe.path + ".lock", flag]).status == 0)
  }

  @Test("what is no lock is refused in a sentence")
  func damaged() async throws {
    let recipe = try recipe()
    try write("{}", "x.lock", recipe)
    let path = recipe.folder.url.appendingPathComponent("x.lock").path
    let outcome = try await Command().run(["verify", path])
    #expect(outcome.status == 1)
    #expect(outcome.complaint.contains("not a lock of this casthost"))
    let absent = try await Command().run(["verify", path + ".none"])
    #expect(absent.status == 2)
  }
}

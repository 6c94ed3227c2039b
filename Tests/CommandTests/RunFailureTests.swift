import Foundation
import TestSupport
import Testing

@Suite("How casthost run fails", .timeLimit(.minutes(1)))
struct RunFailureTests {
  @Test(
    "An end has its exit code and says where and why",
    arguments: [
      ("local x = = 3", 1, "recipe.lua:1: unexpected symbol near '='"),
      ("\n\nerror('no luck')", 1, "recipe.lua:3: no luck"),
      ("cast.modle()", 1, "recipe.lua:1: unknown field 'modle' of cast (did you mean 'model'?)"),
      ("\u{1b}Lua", 1, "recipe.lua: compiled chunk, not Lua text: recipes are text files"),
      ("cast.out('x')", 3, "recipe.lua:1: x: this run writes nothing; allow it with --out=DIR"),
      ("cast.write('/x/y', '')", 3, "recipe.lua:1: /x/y: permission denied"),
      ("cast.model('gemma-3-270m')", 3, "recipe.lua:1: cast.model('gemma-3-270m') is not allowed"),
      (
        "local t = {} while true do t[#t + 1] = ('x'):rep(1e6) .. #t end", 125,
        "recipe.lua:1: memory limit exceeded (16 MiB of Lua values, --lua-memory)"
      ),
      (
        "local t = {} while true do t[#t + 1] = cast.tensor.zeros(1000, 1000) end", 125,
        "recipe.lua:1: tensor memory limit exceeded (16 MiB, --tensor-memory)"
      ),
    ])
  func end(source: String, status: Int, complaint: String) async throws {
    let outcome = try await Recipe(source).run(["--lua-memory=16", "--tensor-memory=16"])
    #expect(outcome.status == status)
    #expect(outcome.complaint.hasPrefix(complaint))
    #expect(outcome.output.isEmpty)
  }

  @Test("A recipe that runs too long ends in 124 and names the limit")
  func timeLimit() async throws {
    let outcome = try await Recipe("while true do end").run(["--time-limit=1"])
    #expect(outcome.status == 124)
    #expect(outcome.complaint == "recipe.lua:1: time limit exceeded (1.0 s, --time-limit)")
  }

  @Test("An error in a nested function has a traceback of files and lines")
  func traceback() async throws {
    let outcome = try await Recipe(
      """
      local function inner(t) return t.x.y end
      local function outer() local r = inner({}) return r end
      outer()
      """
    )
    .run()
    #expect(outcome.status == 1)
    #expect(
      outcome.errors == """
        casthost: recipe.lua:1: attempt to index a nil value (field 'x')
        stack traceback:
          recipe.lua:1: in upvalue 'inner'
          recipe.lua:2: in local 'outer'
          recipe.lua:3: in main chunk

        """)
  }

  @Test("An error in a hook says which hook, layer and step")
  func hook() async throws {
    let source = """
      cast.on_layer(1, function(ctx)
        if ctx.step == 2 then error("boom") end
      end)
      cast.model():generate("the user", { max_tokens = 6 })
      print("done")
      """
    let outcome = try await Recipe(source).run()
    #expect(outcome.status == 1)
    #expect(outcome.complaint == "recipe.lua:2: boom")
    #expect(
      outcome.errors.contains(
        "in the on_layer hook registered at recipe.lua:1, layer 1, decode, step 2, row 0"))
    let tolerant = try await Recipe(source).run(["--on-hook-error=disable"])
    #expect(tolerant.status == 0)
    #expect(tolerant.output == "done\n")
    #expect(tolerant.errors.contains("error: hook disabled: recipe.lua:2: boom"))
  }

  @Test(
    "A layer that the model does not have is an error, never silence",
    arguments: [
      "cast.on_layer(7, function() end) cast.model():generate('a', {max_tokens = 1})",
      "cast.model():activations({'a'}, {layers = {7}})",
      "cast.vector.build(cast.model(), cast.dataset.pairs{{'a', 'b'}}, {layers = {7}})",
    ])
  func unknownLayer(source: String) async throws {
    let outcome = try await Recipe(source).run()
    #expect(outcome.status == 1)
    #expect(outcome.complaint.contains("layer 7"))
    #expect(outcome.complaint.contains("does not exist in this model (expected 0 to 1"))
  }

  @Test("A vector of another model's width is refused")
  func width() async throws {
    let folder = try TemporaryFolder()
    var wide = TinyModel(architecture: "llama")
    wide.width = 96
    wide.heads = 6
    let path = try wide.write(to: folder.file("wide.gguf"))
    let recipe = try Recipe(
      """
      local own = cast.model()
      local v = cast.vector.build(cast.model("\(path)"), cast.dataset.pairs { { "a", "b" } })
      own:generate("a", { max_tokens = 1, steer = { v, scale = 1 } })
      """)
    let outcome = try await recipe.run(["--allow-model=\(path)"])
    #expect(outcome.status == 1)
    #expect(outcome.complaint.contains("the vector is 96 wide (expected 64"))
  }

  @Test(
    "A recipe that cannot be read ends in 2 with one sentence",
    arguments: ["no-such-recipe.lua", ".", "/dev/null"])
  func unreadable(path: String) async throws {
    let outcome = try await Command().run(["run", path])
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("a .lua file or a folder with main.lua expected"))
    #expect(outcome.errors.split(separator: "\n").count == 1)
  }

  // MARK: Models

  @Test(
    "A model that cannot be opened is told in one sentence: no fault of the recipe",
    arguments: [
      ("", "the file is empty"), ("not a checkpoint", "not a GGUF file"),
      ("GGUF", "ends inside the version"),
    ])
  func damagedModel(content: String, complaint: String) async throws {
    let recipe = try Recipe("cast.model()")
    let file = recipe.folder.url.appendingPathComponent("bad.gguf").path
    try content.write(toFile: file, atomically: false, encoding: .utf8)
    let outcome = try await recipe.run(model: file)
    #expect(outcome.status == 1)
    #expect(outcome.complaint.hasPrefix(file + ": "))
    #expect(outcome.complaint.contains(complaint))
    #expect(outcome.errors.split(separator: "\n").count == 1)
  }

  @Test("A model cut off anywhere is an error of the file")
  func truncatedModel() async throws {
    let whole = try Data(contentsOf: URL(fileURLWithPath: Recipe.tinyModel()))
    let recipe = try Recipe("cast.model()")
    let file = recipe.folder.url.appendingPathComponent("cut.gguf")
    for length in [100, 4000, whole.count / 2, whole.count - 1] {
      try whole.prefix(length).write(to: file)
      let outcome = try await recipe.run(model: file.path)
      #expect(outcome.status == 1, "cut to \(length) bytes")
      #expect(outcome.complaint.hasPrefix(file.path + ": "), "cut to \(length) bytes")
    }
  }

  @Test("A model of another architecture names those that casthost runs")
  func otherArchitecture() async throws {
    let folder = try TemporaryFolder()
    let path = try TinyModel(architecture: "mamba").write(to: folder.file("mamba.gguf"))
    let outcome = try await Recipe("cast.model()").run(model: path)
    #expect(outcome.status == 1)
    #expect(outcome.complaint.contains("'mamba' is not supported (expected one of llama"))
  }

  @Test(
    "A model that does not exist ends in 2 before the recipe starts",
    arguments: ["no-such-name", "/no/such.gguf", "hf:model", "/tmp"])
  func missingModel(reference: String) async throws {
    let outcome = try await Recipe("print('started')").run(model: reference)
    #expect(outcome.status == 2)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.split(separator: "\n").count == 1)
  }

  @Test("Without a model in the cache, a recipe names the command that fetches it")
  func notDownloaded() async throws {
    let recipe = try Recipe("cast.model()")
    let outcome = try await Command().run(["run", recipe.path])
    #expect(outcome.status == 1)
    #expect(outcome.complaint.contains("Run: casthost models pull smollm2-135m-instruct"))
    #expect(outcome.errors.split(separator: "\n").count == 1)
  }
}

import Foundation
import TestSupport
import Testing

@Suite("casthost run", .timeLimit(.minutes(1)))
struct RunCommandTests {
  // MARK: Output

  @Test("What is printed goes to standard output, the log to standard error")
  func streams() async throws {
    let outcome = try await Recipe("print('result') cast.log.warn('careful')").run()
    #expect(outcome.status == 0)
    #expect(outcome.output == "result\n")
    #expect(outcome.errors == "warning: recipe.lua:1: careful\n")
  }

  @Test("Streamed text is the generated text, on standard output")
  func streaming() async throws {
    let outcome = try await Recipe(
      """
      local r = cast.model():generate("the user", {max_tokens = 8, stream = true})
      print("")
      print(r.text)
      """
    )
    .run()
    #expect(outcome.status == 0)
    let half = outcome.output.count / 2
    #expect(half > 3)
    #expect(outcome.output.prefix(half) == outcome.output.suffix(half))
    #expect(outcome.errors.isEmpty)
  }

  @Test("Two runs with one seed give the same bytes, and another seed gives others")
  func reproducible() async throws {
    let recipe = try Recipe(
      """
      print(cast.seed, cast.random(), math.random(1, 1000000))
      local r = cast.model():generate("the user", {max_tokens = 12, temperature = 1})
      print(table.concat(r.tokens, " "))
      """)
    let first = try await recipe.run(["--seed=7"])
    let second = try await recipe.run(["--seed=7"])
    let other = try await recipe.run(["--seed=8"])
    #expect(first.status == 0)
    #expect(first.output == second.output)
    #expect(first.output.split(separator: "\n").last != other.output.split(separator: "\n").last)
  }

  @Test("--check-cache computes more and prints the same")
  func checkCache() async throws {
    let recipe = try Recipe(
      """
      local model = cast.model()
      local v = cast.vector.build(model, cast.dataset.pairs{{"the user", "the no"}})
      local scores = model:score({"Yes and", "Yes or"}, {" Yes", " No"},
        {variants = {{v, scale = 2}, {v, scale = 1, positions = "response"}, false}})
      for _, s in ipairs(scores) do print(s[1][1], s[2][2]) end
      """)
    let plain = try await recipe.run()
    let checked = try await recipe.run(["--check-cache"])
    #expect(plain.status == 0 && checked.status == 0, "\(checked.errors)")
    #expect(plain.output.split(separator: "\n").count == 3)
    #expect(checked.output == plain.output)
  }

  // MARK: Options of the recipe

  private static let declaring = """
    local o = cast.options { scale = { 1.0, "strength of the push", min = 0 } }
    print(o.scale)
    """

  @Test("Words after -- fill the recipe's options")
  func options() async throws {
    let outcome = try await Recipe(Self.declaring).run(["--", "--scale=2"])
    #expect(outcome.output == "2.0\n")
  }

  @Test("-- --help shows the recipe's options, and runs nothing")
  func optionsHelp() async throws {
    let outcome = try await Recipe(Self.declaring).run(["--", "--help"])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("--scale=…  strength of the push"))
    #expect(!outcome.output.contains("1.0\n"))
  }

  @Test("-- --help opens no model, and says that a recipe declares no options")
  func noOptions() async throws {
    let outcome = try await Recipe("cast.model() print('too far')")
      .run(
        ["--", "--help"], model: "/no/such.gguf")
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("declares no options"))
    #expect(!outcome.output.contains("too far"))
  }

  @Test(
    "A wrong option of the recipe ends in 2, without a traceback and with the command for help",
    arguments: [
      (["--", "--scal=2"], "unknown option '--scal' (did you mean 'scale'?)"),
      (["--", "--scale=two"], "option '--scale': number expected, got 'two'"),
      (["--", "--scale=-1"], "option '--scale': at least 0 expected, got '-1'"),
    ])
  func wrongOption(arguments: [String], complaint: String) async throws {
    let outcome = try await Recipe(Self.declaring).run(arguments)
    #expect(outcome.status == 2)
    #expect(outcome.complaint == "recipe.lua:1: \(complaint)")
    #expect(outcome.errors.contains("recipe.lua -- --help lists the options"))
    #expect(!outcome.errors.contains("traceback"))
  }

  @Test("An option of the recipe before -- is a usage error that says where it belongs")
  func misplacedOption() async throws {
    let outcome = try await Recipe(Self.declaring).run(["--scale=2"])
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("go after '--'"))
  }

  // MARK: Files

  @Test("--out makes its folder and is the only place that is written")
  func out() async throws {
    let recipe = try Recipe(
      """
      assert(cast.write(cast.out("sub/a.txt"), "kept"))
      local ok, message = pcall(cast.write, "elsewhere.txt", "x")
      print(ok, message:match("%-%-allow%-write") )
      """)
    let out = recipe.folder.url.appendingPathComponent("deep/er").path
    let outcome = try await recipe.run(["--out=\(out)"])
    #expect(outcome.status == 0)
    #expect(outcome.output == "false\t--allow-write\n")
    #expect(
      recipe.otherFiles == [
        "deep", "deep/er", "deep/er/manifest.json", "deep/er/sub", "deep/er/sub/a.txt",
      ])
    #expect(try String(contentsOfFile: out + "/sub/a.txt", encoding: .utf8) == "kept")
  }

  @Test("A folder of --out that cannot be made ends in 2 before the recipe starts")
  func unusableOut() async throws {
    let recipe = try Recipe("print('started')")
    let outcome = try await recipe.run(["--out=\(recipe.path)/results"])
    #expect(outcome.status == 2)
    #expect(outcome.output.isEmpty)
    #expect(outcome.complaint.contains("the folder cannot be made"))
  }

  @Test(
    "A vector that does not fit on the disk is an error of the recipe and leaves no file",
    .enabled(if: SmallDisk.isAvailable, "needs the right to mount a small file system"))
  func fullDisk() async throws {
    let disk = try SmallDisk(bytes: 4096)
    let outcome = try await Recipe(
      """
      local v = cast.vector.build(cast.model(), cast.dataset.pairs { { "a", "b" }, { "c", "d" } })
      assert(cast.write(cast.out("full"), ("x"):rep(4096)))
      assert(v:save(cast.out("v.gguf")))
      """
    )
    .run(["--out=\(disk.url.path)"])
    #expect(outcome.status == 1)
    #expect(outcome.complaint.contains("No space left on device"))
    #expect(FileManager.default.subpaths(atPath: disk.url.path) == ["full"])
  }
}

import Foundation
import TestSupport
import Testing

@Suite("Several recipes in one run", .timeLimit(.minutes(1)))
struct SeriesTests {
  /// Recipes in one folder.
  private struct Folder {
    let scratch: ScratchFolder
    var path: String { scratch.url.path }

    init(_ recipes: [String: String]) throws {
      scratch = try ScratchFolder(recipes)
    }

    func run(_ words: [String]) async throws -> Command.Outcome {
      try await Command()
        .run(
          ["run"] + words.map { $0.replacing("@", with: path + "/") }
            + (words.contains("--") ? [] : ["--threads=1"]))
    }
  }

  private func model() throws -> String { try "--model=\(Recipe.tinyModel())" }

  /// Leaves behind whatever it can.
  private static let litters = """
    rawset(_G, "leftover", 1)
    string.format = function() return "spoilt" end
    math.random()
    local model = cast.model()
    local v = cast.vector.build(model, cast.dataset.pairs { { "a", "b" }, { "c", "d" } })
    model:steer(v, { scale = 50 })
    cast.on_layer("all", function(ctx) ctx.hidden:scale_(-3) end)
    cast.on_token(function(ctx) ctx:bias(5, 100) end)
    cast.metric("mine", function() return 1 end)
    model:generate("the user", { max_tokens = 4 })
    print("littered")
    """

  private static let looks = """
    print(rawget(_G, "leftover"), string.format("%d", 3), math.random(1000000), cast.random())
    local model = cast.model()
    print(table.concat(model:generate("the user", { max_tokens = 8, temperature = 1 }).tokens, " "))
    print(model:logprobs("the user and the"):sum())
    print(pcall(cast.sweep, { prompts = { "a" }, metrics = { "mine" },
      run = function() return "x" end }))
    """

  @Test("Globals, hooks, steering, metrics and draws of one are not those of the next")
  func isolation() async throws {
    let folder = try Folder(["a.lua": Self.litters, "b.lua": Self.looks])
    let alone = try await folder.run(["@b.lua", model()])
    let after = try await folder.run(["@a.lua", "--recipe", "@b.lua", model()])
    #expect(alone.status == 0 && after.status == 0, "\(after.errors)")
    #expect(alone.output.hasPrefix("nil\t3\t"))
    #expect(after.output == "littered\n" + alone.output)
    #expect(after.errors.contains("run: \(folder.path)/a.lua\n"))
    #expect(after.errors.contains("run: \(folder.path)/b.lua\n"))
  }

  @Test("Each has its options, its folder and its results")
  func ownThings() async throws {
    let source = """
      local o = cast.options { n = { 1, "a number" } }
      print(o.n, cast.read("mine.txt"))
      assert(cast.write(cast.out("n.txt"), tostring(o.n)))
      """
    let folder = try Folder([
      "x/r.lua": source, "x/mine.txt": "x", "y/r.lua": source, "y/mine.txt": "y",
      "z/main.lua": source, "z/mine.txt": "z", "out/keep": "",
    ])
    let outcome = try await folder.run([
      "--recipe=@x/r.lua", "--recipe=@y/r.lua", "--recipe=@z", "--out=@out", "--", "--n=7", "--",
      "--n=8",
    ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output == "7\tx\n8\ty\n1\tz\n")
    for (name, n) in [("r", "7"), ("r-2", "8"), ("z", "1")] {
      let text = try String(contentsOfFile: "\(folder.path)/out/\(name)/n.txt", encoding: .utf8)
      #expect(text == n)
      let manifest = try String(
        contentsOfFile: "\(folder.path)/out/\(name)/manifest.json", encoding: .utf8)
      #expect(manifest.contains("\"path\" : \"out:n.txt\""))
    }
  }

  @Test("One may not read what lies beside another")
  func folders() async throws {
    let folder = try Folder([
      "x/a.lua": "print(cast.read('x.txt'))", "x/x.txt": "x",
      "y/b.lua": "cast.read('../x/x.txt')",
    ])
    let outcome = try await folder.run(["@x/a.lua", "--recipe=@y/b.lua"])
    #expect(outcome.status == 3)
    #expect(outcome.output == "x\n")
    #expect(outcome.errors.contains("permission denied"))
  }

  @Test("A failure is told, the others run, and the run ends in its exit code")
  func failure() async throws {
    let folder = try Folder([
      "a.lua": "error('broken')", "b.lua": "print('fine')", "c.lua": "cast.out('x')",
    ])
    let outcome = try await folder.run(["@a.lua", "--recipe=@b.lua", "--recipe=@c.lua"])
    #expect(outcome.status == 1)
    #expect(outcome.output == "fine\n")
    #expect(outcome.errors.contains("casthost: a.lua:1: broken\n"))
    #expect(outcome.errors.contains("this run writes nothing"))
    #expect(
      outcome.errors.hasSuffix(
        "casthost: run: 2 of 3 recipes failed (\(folder.path)/a.lua, \(folder.path)/c.lua).\n"))
    let denied = try await folder.run(["@c.lua", "--recipe=@a.lua"])
    #expect(denied.status == 3, "the first failure's")
  }

  @Test("Ctrl-C ends all of them", .enabled(if: FileManager.default.fileExists(atPath: "/proc")))
  func interruption() async throws {
    let folder = try Folder([
      "a.lua": "print('started') while true do end", "b.lua": "print('too far')",
    ])
    let outcome = try await Command()
      .run(["run", "\(folder.path)/a.lua", "--recipe=\(folder.path)/b.lua"]) { process in
        while !Command.awaitsInterrupts(process) { try await Task.sleep(for: .milliseconds(10)) }
        kill(process, SIGINT)
      }
    #expect(outcome.status == 130)
    #expect(!outcome.output.contains("too far"))
  }

  @Test(
    "What cannot be meant for several is a usage error",
    arguments: [
      (["@a.lua", "--recipe=@b.lua", "--watch"], "--watch takes one recipe"),
      (["@a.lua", "--recipe=@b.lua", "--manifest=@m.json"], "--manifest takes one recipe"),
      (["@a.lua", "--recipe=@b.lua", "--", "--", "--", "x"], "more '--' than recipes"),
      ([], "Missing expected argument '<recipe>'"),
    ])
  func usage(words: [String], complaint: String) async throws {
    let folder = try Folder(["a.lua": "print('ran')", "b.lua": "print('ran')"])
    let outcome = try await folder.run(words)
    #expect(outcome.status == 2)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains(complaint), "\(outcome.errors)")
  }
}

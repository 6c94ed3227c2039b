import Foundation
import TestSupport
import Testing

@Suite("casthost run --profile, --allow-env, modules", .timeLimit(.minutes(1)))
struct RunExtrasTests {
  @Test("--context is in the manifest, and more than the model was made for is refused")
  func context() async throws {
    let recipe = try Recipe("print(cast.model().name)")
    let folder = try ScratchFolder()
    let manifest = folder.url.appendingPathComponent("manifest.json")
    let run = try await recipe.run(["--context=8", "--manifest=\(manifest.path)"])
    #expect(run.status == 0, "\(run.errors)")
    #expect(try String(contentsOf: manifest, encoding: .utf8).contains("\"context\" : 8"))
    let refused = try await recipe.run(["--context=1000000000"])
    #expect(refused.status == 1)
    #expect(refused.errors.contains("a context of 1000000000 tokens is asked for (expected"))
    let none = try await recipe.run(["--context=0"])
    #expect(none.errors.contains("--context must be at least 1 (found 0)."))
  }

  // MARK: --profile

  @Test("--profile tells calls and times of every hook and metric on standard error")
  func profile() async throws {
    let recipe = try Recipe(
      """
      local model = cast.model()
      cast.on_layer("all", function() local x = 0 for i = 1, 20000 do x = x + i end end)
      cast.on_layer(0, cast.ops.scale(1.5))
      cast.on_token(function() end)
      local size = cast.metric("size", function(s) return #s.text end)
      cast.sweep { prompts = { "a", "b", "c" }, metrics = { size }, run = function(p)
        return model:generate(p, { max_tokens = 2 })
      end }
      print("done")
      """)
    // A busy machine takes time from Lua too.
    let patience = "--lua-time=30"
    let plain = try await recipe.run([patience])
    let profiled = try await recipe.run([patience, "--profile"])
    #expect(profiled.status == 0)
    #expect(profiled.output == plain.output)
    #expect(plain.errors.isEmpty)
    let lines = profiled.errors.split(separator: "\n").map(String.init)
    #expect(lines[0].contains(#/^profile: [\d.]+ (s|ms) in all, of which$/#))
    #expect(
      lines[1].split(separator: " ").joined(separator: " ")
        == "hook registered at calls total mean share")
    // Two layers, for each prompt and each token but the last.
    let rows = lines[2...5].sorted()
    #expect(rows[0].contains(#/^  metric +size +3 /#))
    let times = #/[\d.]+ (ms|s|µs) +[\d.]+ (µs|ms) +[\d.]+ %$/#
    #expect(rows[1].contains(#/^  on_layer +recipe.lua:2 +12 /#) && rows[1].contains(times))
    #expect(rows[2].contains(#/^  on_layer, declared +recipe.lua:3 +6 /#))
    #expect(rows[3].contains(#/^  on_token +recipe.lua:4 +6 /#))
    #expect(lines[6].contains("A metric's time has that of the models it runs"))
    #expect(lines.count == 7)
  }

  @Test("--profile tells what there is after a failure too, and that nothing was called")
  func profileOfFailure() async throws {
    let failed = try await Recipe(
      """
      cast.on_layer(1, function(ctx) error("stop here") end)
      cast.model():generate("a", { max_tokens = 2 })
      """
    )
    .run(["--profile"])
    #expect(failed.status == 1)
    #expect(failed.errors.contains(#/on_layer +recipe.lua:1 +1 /#))
    #expect(failed.errors.contains("stop here"))
    let idle = try await Recipe("print(1)").run(["--profile"])
    #expect(idle.errors.contains("no hook or metric was called"))
  }

  // MARK: --allow-env

  private func run(
    _ source: String, _ flags: [String], _ environment: [String: String?]
  ) async throws -> Command.Outcome {
    let recipe = try Recipe(source)
    return try await Command().run(["run", recipe.path] + flags, environment: environment)
  }

  @Test("cast.env gives what --allow-env names, nil where it is not set")
  func environment() async throws {
    let source = "print(cast.env('CAST_A'), cast.env('CAST_B'), cast.env('CAST_EMPTY'))"
    let variables: [String: String?] = ["CAST_A": "é = 1", "CAST_B": nil, "CAST_EMPTY": ""]
    let flags = [["--allow-env=CAST_A,CAST_B", "--allow-env=CAST_EMPTY"], ["--allow-all"]]
    for flags in flags {
      let outcome = try await run(source, flags, variables)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output == "é = 1\tnil\t\n")
    }
  }

  @Test("A variable that is not allowed raises with the flag, set or not, in a module too")
  func deniedVariable() async throws {
    for name in ["HOME", "CAST_NEVER_SET"] {
      let outcome = try await run("cast.env('\(name)')", ["--allow-env=CAST_A"], [:])
      #expect(outcome.status == 3)
      #expect(
        outcome.complaint
          == "recipe.lua:1: \(name): this run does not see that variable; allow it with "
          + "--allow-env=\(name)")
    }
  }

  @Test("casthost check tells which variables a recipe asks for")
  func checkedVariables() async throws {
    let recipe = try Recipe("local n = 'B' .. cast.seed\nprint(cast.env('CAST_A'), cast.env(n))")
    let outcome = try await Command().run(["check", recipe.path])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains(#/--allow-env=CAST_A +cast.env\("CAST_A"\) +line 2/#))
    #expect(outcome.output.contains(#/--allow-env=NAME +cast.env\(…\) +line 2/#))
  }

  // MARK: Modules

  /// Files below a folder called Scripts.
  private func scripts(_ files: [String: String]) throws -> ScratchFolder {
    let folder = try ScratchFolder()
    for (name, source) in files {
      let file = folder.url.appendingPathComponent(name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try source.write(to: file, atomically: false, encoding: .utf8)
    }
    return folder
  }

  @Test("Modules are found beside the recipe, then in lib of the Scripts that it lies in")
  func modules() async throws {
    let folder = try scripts([
      "Scripts/lib/both.lua": "return 'lib'", "Scripts/lib/far/deep.lua": "return 'deep'",
      "Scripts/more/recipe.lua":
        "print(require 'both', require 'far.deep', pcall(require, 'none'))",
      "Scripts/more/both.lua": "return 'beside'",
      "Scripts/folder/main.lua": "print(require 'both', require 'part')",
      "Scripts/folder/part.lua": "return 'part'",
      "elsewhere/recipe.lua": "require 'both'",
    ])
    let path = folder.url.path
    let file = try await Command().run(["run", "\(path)/Scripts/more/recipe.lua"])
    #expect(file.status == 0, "\(file.errors)")
    #expect(file.output.hasPrefix("beside\tdeep\tfalse\t"))
    #expect(
      file.output.contains("looked for none.lua in \(path)/Scripts/more, \(path)/Scripts/lib"))
    let whole = try await Command().run(["run", "\(path)/Scripts/folder"])
    #expect(whole.output == "lib\tpart\n", "a folder with main.lua: \(whole.errors)")
    let relative = try await Command().run(["run", "folder/"], in: "\(path)/Scripts")
    #expect(relative.output == "lib\tpart\n", "\(relative.errors)")
    let check = try await Command().run(["check", "\(path)/Scripts/folder"])
    #expect(check.status == 0, "\(check.output)")
    let outside = try await Command().run(["run", "\(path)/elsewhere/recipe.lua"])
    #expect(outside.status == 1)
    #expect(outside.errors.contains("module 'both' not found"))
  }

  @Test("lib holds modules, not files to read, and a link out of it is refused")
  func libraryIsNoLeak() async throws {
    let folder = try scripts([
      "Scripts/lib/tool.lua": "return 1", "Scripts/lib/text.txt": "x", "secret.lua": "return 2",
      "Scripts/r/recipe.lua":
        "print(pcall(cast.read, '../lib/text.txt')) print(pcall(require, 'link'))",
    ])
    try FileManager.default.createSymbolicLink(
      atPath: folder.url.appendingPathComponent("Scripts/lib/link.lua").path,
      withDestinationPath: folder.url.appendingPathComponent("secret.lua").path)
    let outcome = try await Command()
      .run(["run", folder.url.appendingPathComponent("Scripts/r/recipe.lua").path])
    #expect(outcome.status == 0)
    let lines = outcome.output.split(separator: "\n")
    #expect(lines[0].hasPrefix("false") && lines[0].contains("permission denied"))
    #expect(lines[1].hasPrefix("false") && lines[1].contains("leads out of its folder"))
  }
}

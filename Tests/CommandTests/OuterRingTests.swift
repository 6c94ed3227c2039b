import Foundation
import Scripting
import Subprocess
import SystemPackage
import TestSupport
import Testing

@Suite("The outer ring", .timeLimit(.minutes(1)))
struct OuterRingTests {
  @Test(
    "a process inside it reads and writes what was named, starts threads, and nothing else",
    .enabled(if: OuterRing.closesFiles, "this kernel has no Landlock"))
  func closes() async throws {
    let probe = try #require(Command.built("RingProbe"))
    let readable = try ScratchFolder()
    let writable = try ScratchFolder()
    try Data("x".utf8).write(to: readable.url.appendingPathComponent("file"))
    let result = try await Subprocess.run(
      .path(FilePath(probe.path)), arguments: [readable.url.path, writable.url.path],
      output: .string(limit: 1 << 16), error: .string(limit: 1 << 16))
    let expected = """
      files: on 
      calls: on 
      read a readable file: done
      write a readable file: EACCES
      make a file in a readable folder: EACCES
      make a file in a writable folder: done
      rename it: done
      move it out: EACCES
      read /etc/passwd: EACCES
      read the parent's environment: EACCES
      read the parent's memory: EACCES
      write its memory: EACCES
      read its thread's state: done
      write /dev/null: done
      change a mode: EPERM
      make a socket: EPERM
      connect an old socket: EPERM
      run a program: EPERM
      become a program: EPERM
      signal the parent: EPERM
      signal itself: done
      start a thread: done

      """
    #expect(result.standardOutput == expected, "\(result.standardError)")
  }

  @Test(
    "every thread of a run is inside it, the ones that compute and the one that waits",
    .enabled(if: OuterRing.closesFiles, "this kernel has no Landlock"))
  func everyThread() async throws {
    let recipe = try Recipe("assert(cast.write(cast.out('started'), '')) while true do end")
    let out = recipe.folder.url.appendingPathComponent("out").path
    let outcome = try await recipe.run(["--out=\(out)", "--time-limit=300"]) { process in
      while !FileManager.default.fileExists(atPath: out + "/started") {
        try await Task.sleep(for: .milliseconds(10))
      }
      let tasks = "/proc/\(process)/task"
      let threads = try FileManager.default.contentsOfDirectory(atPath: tasks)
      #expect(threads.count > 1)
      for thread in threads {
        let text = try String(contentsOfFile: "\(tasks)/\(thread)/status", encoding: .utf8)
        #expect(text.contains("Seccomp:\t2\n") && text.contains("NoNewPrivs:\t1\n"))
        let powers = text.split(separator: "\n").first { $0.hasPrefix("CapEff:") }?.suffix(16)
        // Those over files: DAC_OVERRIDE, DAC_READ_SEARCH and FOWNER.
        #expect(powers.flatMap { UInt64($0, radix: 16) }.map { $0 & ~0b1110 } == 0)
      }
      kill(process, SIGTERM)
    }
    #expect(outcome.status == 130)
  }

  @Test("--verbose tells what is closed, and --no-outer-ring says that nothing is")
  func told() async throws {
    let recipe = try Recipe("print(1)")
    let verbose = try await recipe.run(["--verbose"])
    #expect(verbose.errors.hasPrefix("outer ring: files o"))
    let open = try await recipe.run(["--no-outer-ring"])
    #expect(open.errors == "outer ring: off (--no-outer-ring)\n")
    #expect(open.output == "1\n")
    let trusted = try await recipe.run(["--verbose", "--allow-all"])
    #expect(trusted.errors.contains("files off (--allow-all)"))
  }

  @Test("a recipe inside it does all that it may: modules, datasets, other models, results")
  func works() async throws {
    let recipe = try Recipe(
      """
      local m = require "part"
      local other = cast.model(cast.options{other = {"", ""}}.other)
      local set = cast.dataset.pairs{{"the user", "a user"}, {"the cat", "a cat"}}
      local v = cast.vector.build(other, set, {layers = {1}})
      assert(v:save(cast.out("a/v.gguf")))
      assert(cast.vector.load(cast.out("a/v.gguf")))
      print(m, cast.read("data.txt"), cast.model():generate("the user", {max_tokens = 2}).stop_reason)
      """)
    let folder = recipe.folder.url
    try Data("return 'module'".utf8).write(to: folder.appendingPathComponent("part.lua"))
    try Data("text".utf8).write(to: folder.appendingPathComponent("data.txt"))
    let other = try TinyModel.write(architecture: "llama", in: TemporaryFolder())
    let out = try ScratchFolder()
    let outcome = try await recipe.run([
      "--allow-model=\(other)", "--out=\(out.url.path)/results", "--", "--other=\(other)",
    ])
    #expect(outcome.errors == "")
    #expect(outcome.output == "module\ttext\tlength\n")
    #expect(
      out.contents() == ["results", "results/a", "results/a/v.gguf", "results/manifest.json"])
  }

  @Test("the root of a pattern holds all that the pattern matches")
  func roots() {
    #expect(OuterRing.root(ofPattern: "/models/a.gguf") == "/models/a.gguf")
    #expect(OuterRing.root(ofPattern: "/models/*.gguf") == "/models")
    #expect(OuterRing.root(ofPattern: "/models/a?/b") == "/models")
    #expect(OuterRing.root(ofPattern: "smol*") == ".")
    #expect(OuterRing.root(ofPattern: "/a*") == "/")
    #expect(OuterRing.root(ofPattern: "*") == "/")
  }
}

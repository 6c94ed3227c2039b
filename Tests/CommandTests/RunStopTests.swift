import Foundation
import TestSupport
import Testing

@Suite("Stopping casthost run", .timeLimit(.minutes(1)))
struct RunStopTests {
  @Test(
    "A signal ends a recipe in 130, wherever it is",
    arguments: [
      "while true do end",
      "while true do pcall(function() while true do end end) end",
      "local m = cast.model() while true do m:generate('the user', {max_tokens = 500}) end",
    ], [SIGINT, SIGTERM])
  func interrupted(source: String, signal: Int32) async throws {
    let recipe = try Recipe("assert(cast.write(cast.out('started'), ''))\n" + source)
    let out = recipe.folder.url.appendingPathComponent("out").path
    let outcome = try await recipe.run(["--out=\(out)"]) { process in
      while !FileManager.default.fileExists(atPath: out + "/started") {
        try await Task.sleep(for: .milliseconds(10))
      }
      try await Task.sleep(for: .milliseconds(50))
      kill(process, signal)
    }
    #expect(outcome.status == 130)
    #expect(outcome.complaint.hasSuffix("interrupted"))
    #expect(recipe.otherFiles == ["out", "out/manifest.json", "out/started"])
  }

  @Test(
    "A script that only the process's end can stop ends as it expects, after 2 seconds of grace",
    arguments: ["78-sort-long-strings.lua"])
  func endedFromOutside(name: String) async throws {
    let source = try String(contentsOf: Self.hostile.appendingPathComponent(name), encoding: .utf8)
    #expect(source.hasPrefix("-- expect: exit: 124\n"))
    let outcome = try await Recipe(source).run(["--time-limit=3"])
    #expect(outcome.status == 124)
    #expect(outcome.complaint.hasPrefix("time limit exceeded (--time-limit)"))
  }

  private static let hostile = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("ScriptingTests/Hostile")

  @Test("A reader that goes away ends the run")
  func closedPipe() async throws {
    let recipe = try Recipe("while true do print('more') end")
    let binary = try #require(Command.binary)
    let process = Process()
    let pipe = Pipe()
    process.executableURL = binary
    process.arguments = ["run", recipe.path, "--time-limit=20"]
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    #expect(try pipe.fileHandleForReading.read(upToCount: 5) == Data("more\n".utf8))
    try pipe.fileHandleForReading.close()
    process.waitUntilExit()
    #expect(process.terminationStatus != 0)
    #expect(process.terminationStatus != 124)
  }

  @Test("Closed standard output is not taken by a file that the recipe writes")
  func closedOutput() async throws {
    let recipe = try Recipe("assert(cast.write(cast.out('a'), 'kept')) print('lost')")
    let binary = try #require(Command.binary)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [
      "-c", "exec \"$0\" run \"$1\" --out \"$2\" >&- 2>&-", binary.path, recipe.path,
      recipe.folder.url.path + "/out",
    ]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 1)
    let kept = try String(contentsOfFile: recipe.folder.url.path + "/out/a", encoding: .utf8)
    #expect(kept == "kept")
  }
}

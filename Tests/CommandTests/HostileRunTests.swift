import Foundation
import TestSupport
import Testing

/// A hostile script with the ends that it allows, written in its first lines.
struct Hostile: CustomTestStringConvertible, Sendable {
  let path: String
  let source: String

  /// Seconds for the whole run: short where it is to end by that.
  var timeLimit: Int {
    expectations.contains { $0.contains("time limit") || $0 == "exit: 124" } ? 1 : 60
  }

  var testDescription: String { URL(fileURLWithPath: path).lastPathComponent }

  var expectations: [Substring] {
    source.split(separator: "\n").filter { $0.hasPrefix("-- expect: ") }.map { $0.dropFirst(11) }
  }

  static let all: [Hostile] = {
    let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let folders = [
      here.appendingPathComponent("Hostile").path,
      here.deletingLastPathComponent().appendingPathComponent("ScriptingTests/Hostile").path,
    ]
    return folders.flatMap { folder in
      ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        .filter { $0.hasSuffix(".lua") }
        .compactMap { file in
          (try? String(contentsOfFile: folder + "/" + file, encoding: .utf8))
            .map { Hostile(path: folder + "/" + file, source: $0) }
        }
    }
  }()

  func allows(_ outcome: Command.Outcome) -> Bool {
    expectations.contains { expectation in
      if expectation == "ok" { return outcome.status == 0 }
      if expectation.hasPrefix("exit: ") {
        return outcome.status == Int(expectation.dropFirst("exit: ".count))
      }
      // The error's own status, never that of a crash.
      return [1, 2, 3, 124, 125].contains(outcome.status)
        && outcome.errors.contains(expectation.dropFirst("error: ".count))
    }
  }
}

@Suite("Hostile scripts, each in a process of its own", .timeLimit(.minutes(2)))
struct HostileRunTests {
  @Test(
    "each ends as expected, in bounded time, and prints no control characters",
    arguments: Hostile.all)
  func ends(script: Hostile) async throws {
    let command = try Command()
    let out = try ScratchFolder()
    let clock = ContinuousClock()
    let start = clock.now
    let outcome = try await command.run([
      "run", script.path, "--model=\(try Recipe.tinyModel())", "--threads=1",
      "--time-limit=\(script.timeLimit)",
      "--lua-memory=64", "--tensor-memory=64", "--out=\(out.url.path)", "--force",
    ])
    #expect(script.allows(outcome), "status \(outcome.status): \(outcome.errors.prefix(2000))")
    #expect(clock.now - start < .seconds(90))
    let written = outcome.output + outcome.errors
    #expect(written.utf8.allSatisfy { $0 >= 0x20 || $0 == 9 || $0 == 10 })
  }

  @Test("all are there")
  func complete() {
    #expect(Hostile.all.count >= 75)
  }

  @Test("a second signal ends at once what no hook can end")
  func twoSignals() async throws {
    let recipe = try Recipe(
      """
      assert(cast.write(cast.out("started"), ""))
      local model = cast.model()
      while true do model:generate(("the user "):rep(40), {max_tokens = 500}) end
      """)
    let out = recipe.folder.url.appendingPathComponent("out").path
    let outcome = try await recipe.run(["--out=\(out)"]) { process in
      while !FileManager.default.fileExists(atPath: out + "/started") {
        try await Task.sleep(for: .milliseconds(10))
      }
      kill(process, SIGINT)
      try await Task.sleep(for: .milliseconds(20))
      kill(process, SIGINT)
    }
    #expect(outcome.status == 130)
  }

  @Test("a file is whole or not there when a run is ended in the middle of writing")
  func tornFiles() async throws {
    let recipe = try Recipe(
      """
      local text = ("x"):rep(4000000)
      for i = 1, 250 do assert(cast.write(cast.out(i .. ".txt"), text)) end
      """)
    let out = recipe.folder.url.appendingPathComponent("out").path
    _ = try await recipe.run(["--out=\(out)"]) { process in
      while !FileManager.default.fileExists(atPath: out + "/2.txt") {
        try await Task.sleep(for: .milliseconds(1))
      }
      kill(process, SIGKILL)
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: out)
      .filter { $0.hasSuffix(".txt") }
    #expect(files.count >= 2)
    for file in files {
      let attributes = try FileManager.default.attributesOfItem(atPath: out + "/" + file)
      #expect(attributes[.size] as? Int == 4_000_000)
    }
  }
}

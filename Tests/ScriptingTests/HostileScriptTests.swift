import Foundation
import Scripting
import Testing

/// A script of the folder `Hostile`, with the ends that are allowed, written in its first lines.
struct HostileScript: CustomTestStringConvertible, Sendable {
  let name: String
  let source: String
  let expectations: [String]

  var testDescription: String { name }

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Hostile")

  static let all: [HostileScript] = {
    let files = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
    return (files ?? []).filter { $0.hasSuffix(".lua") }.sorted()
      .compactMap { file in
        let url = folder.appendingPathComponent(file)
        guard let source = try? String(contentsOf: url, encoding: .utf8) else { return nil }
        let expectations = source.split(separator: "\n")
          .compactMap { line in
            line.hasPrefix("-- expect: ") ? String(line.dropFirst(11)) : nil
          }
        return HostileScript(name: file, source: source, expectations: expectations)
      }
  }()

  /// Whether the script may be run in this process: not if it may only end with the process.
  var endsByItself: Bool { expectations.contains { !$0.hasPrefix("exit: ") } }

  func allows(_ error: LuaError?) -> Bool {
    expectations.contains { expectation in
      guard let error else { return expectation == "ok" }
      return expectation.hasPrefix("error: ")
        && error.description.contains(expectation.dropFirst("error: ".count))
    }
  }
}

@Suite("Hostile scripts")
struct HostileScriptTests {
  @Test("all scripts are there and say what they expect")
  func complete() {
    #expect(HostileScript.all.count >= 60)
    #expect(HostileScript.all.allSatisfy { !$0.expectations.isEmpty })
  }

  @Test(
    "every script ends as expected, in bounded time and memory, on a small stack",
    arguments: HostileScript.all.filter(\.endsByItself))
  func ends(script: HostileScript) {
    let clock = ContinuousClock()
    var run: ScriptRun?
    let elapsed = clock.measure {
      run = ScriptRun(
        script.source, name: script.name, recipe: HostileScript.folder.path + "/" + script.name,
        stackSize: 1 << 20
      ) { settings in
        settings.limits.runSeconds = 1
        settings.limits.luaMemory = 64 << 20
        settings.limits.hardMemory = 1 << 30
        settings.limits.tensorMemory = 64 << 20
      }
    }
    #expect(script.allows(run?.error), "ended with: \(run?.error?.report ?? "ok")")
    #expect(elapsed < .seconds(20))
    #expect(
      run?.lines.allSatisfy { $0.utf8.allSatisfy { $0 >= 0x20 || $0 == 9 || $0 == 10 } } == true)
  }
}

import Foundation
import TestSupport
import Testing

@Suite("casthost doctor", .timeLimit(.minutes(2)))
struct DoctorTests {
  private struct Answer: Decodable {
    struct Check: Decodable {
      let name, status, text: String
      let remedy: String?
    }
    let ok: Bool
    let checks: [Check]
  }

  @Test("tells about the machine, models, Lua and the sandbox; every warning has a remedy")
  func json() async throws {
    let outcome = try await Command().run(["doctor", "--json", "--threads=1"])
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    let answer = try JSONDecoder().decode(Answer.self, from: Data(outcome.output.utf8))
    let names = Set(answer.checks.map(\.name))
    #expect(
      names.isSuperset(of: [
        "casthost", "processor", "kernels", "threads", "memory", "huge pages", "models", "lua",
        "landlock", "seccomp", "speed",
      ]))
    #expect(answer.ok == answer.checks.allSatisfy { $0.status == "ok" })
    for check in answer.checks {
      #expect(!check.text.isEmpty)
      #expect((check.status == "warn") == (check.remedy != nil), "\(check)")
    }
    #expect(answer.checks.first { $0.name == "lua" }?.text.hasPrefix("Lua 5.4") == true)
    let model = answer.checks.first { $0.name == "smollm2-135m-instruct" }
    #expect(model?.remedy == "Run: casthost models pull smollm2-135m-instruct")
  }

  @Test("a model that is damaged is found by its checksum")
  func damaged() async throws {
    let command = try Command()
    let folder = command.cache.appendingPathComponent("casthost/models")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data("damaged".utf8)
      .write(
        to: folder.appendingPathComponent("smollm2-135m-instruct-q4_1.gguf"))
    let outcome = try await command.run(["doctor", "--threads=1"])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("warn  smollm2-135m-instruct  damaged"))
    #expect(outcome.output.contains("Run: casthost models pull smollm2-135m-instruct\n"))
    #expect(outcome.output.contains("GB/s"))
  }
}

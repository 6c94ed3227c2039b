import Foundation
import TestSupport
import Testing

@Suite("Sweeps that are killed", .timeLimit(.minutes(15)))
struct KilledSweepTests {
  /// A sweep with everything in it: a steered vector, sampled texts, a baseline, draws of a metric.
  private static let source = """
    local model = cast.model()
    local data = cast.dataset.pairs{{"the user", "a user"}, {"the cat", "a cat"}}
    local v = cast.vector.build(model, data, {layers = {0, 1}})
    local report = cast.sweep{
      name = "killed", vector = v, grid = {layers = {0, 1}, scale = {-40, -20, 0, 20, 40}},
      prompts = {"the user", "the cat", "a user", "a cat", "the", "a"},
      generate = {max_tokens = 24, temperature = 1},
      metrics = {"length", "repetition", cast.metrics.log_odds(" a", " the"),
        drawn = function(s) return math.random() + #s.text - #s.baseline.text end},
    }
    for _, name in ipairs{"r.json", "r.csv", "r.html"} do assert(report:save(cast.out(name))) end
    print(report)
    """

  private struct Results: Equatable {
    let output: String
    let files: [String: Data]
  }

  private func results(_ out: String, _ output: String) throws -> Results {
    var files: [String: Data] = [:]
    for name in ["r.json", "r.csv", "r.html"] {
      files[name] = try Data(contentsOf: URL(fileURLWithPath: out + "/" + name))
    }
    return Results(output: output, files: files)
  }

  @Test(
    "killed twenty times at random points, a sweep ends with the very bytes of one that was not")
  func twentyTimes() async throws {
    let recipe = try Recipe(Self.source)
    let folder = recipe.folder.url.path
    let begun = ContinuousClock.now
    let whole = try await recipe.run(["--out=\(folder)/whole"])
    #expect(whole.status == 0, "\(whole.errors)")
    var seconds = (ContinuousClock.now - begun) / .seconds(1)
    var random = SeededGenerator(seed: 20)
    var kills = 0
    var held: [Int] = []
    // Early kills hit the opening and the first outputs, late ones the saving of the report.
    for attempt in 0..<100 where kills < 20 {
      // A killed saver may have left whole files, which the next one may not replace.
      for name in ["r.json", "r.csv", "r.html"] {
        try? FileManager.default.removeItem(atPath: "\(folder)/killed/\(name)")
      }
      let delay = Double.random(in: 0.02...max(0.1, seconds * 0.9), using: &random)
      let outcome = try await recipe.run(["--out=\(folder)/killed"]) { process in
        try await Task.sleep(for: .milliseconds(Int(delay * 1000)))
        kill(process, SIGKILL)
      }
      if outcome.status == 128 + Int(SIGKILL) { kills += 1 }
      held.append(Self.count(of: outcome.errors))
      if outcome.status == 0, attempt > 0 {
        // It came through: begin again, so that there is something left to kill.
        // The first run may have been slowed down by others.
        seconds *= 0.8
        try? FileManager.default.removeItem(atPath: "\(folder)/killed")
      }
    }
    #expect(kills == 20)
    for name in ["r.json", "r.csv", "r.html"] {
      try? FileManager.default.removeItem(atPath: "\(folder)/killed/\(name)")
    }
    let last = try await recipe.run(["--out=\(folder)/killed"])
    #expect(last.status == 0, "\(last.errors)")
    #expect(
      try results("\(folder)/killed", last.output) == results("\(folder)/whole", whole.output))
    let journals = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/killed")
      .filter { $0.hasPrefix("killed.sqlite") }
    #expect(journals == ["killed.sqlite"])
    // Some runs did go on from what an earlier one had kept.
    #expect((held + [Self.count(of: last.errors)]).contains { $0 > 0 })
  }

  /// How many outputs a run found, as it says.
  private static func count(of errors: String) -> Int {
    let line = errors.split(separator: "\n").first { $0.contains(" outputs are in ") }
    return line?.split(separator: " ").compactMap { Int($0) }.first ?? 0
  }

  @Test("the file is kept inside the outer ring, and a second run finds it in use")
  func confined() async throws {
    let recipe = try Recipe(
      """
      cast.sweep{name = "one", prompts = {"a"}, metrics = {"refusal"}, run = function(p)
        if cast.args[1] == "wait" then cast.write(cast.out("started"), "") while true do end end
        return p
      end}
      """)
    let folder = recipe.folder.url.path
    let out = "--out=\(folder)/out"
    let waiting = try await recipe.run([out, "--", "wait"]) { process in
      while !FileManager.default.fileExists(atPath: "\(folder)/out/started") {
        try await Task.sleep(for: .milliseconds(10))
      }
      let second = try await recipe.run([out])
      #expect(second.complaint.contains("one.sqlite: another run has it open"))
      kill(process, SIGKILL)
    }
    #expect(waiting.status == 128 + Int(SIGKILL))
    let third = try await recipe.run([out, "--verbose"])
    #expect(third.status == 0, "\(third.errors)")
    let fourth = try await recipe.run([out])
    #expect(fourth.errors.contains("1 of 1 outputs are in"), "\(fourth.errors)")
  }
}

import Checkpoint
import Foundation
import TestSupport
import Testing

/// Each recipe of `Scripts/examples` shows what its header says.
@Suite(
  "The examples on the default model", .serialized, .timeLimit(.minutes(5)),
  .enabled(if: RealModel.smolLM2 != nil, "needs the default model in the cache"))
struct ExamplesTests {
  /// The checkout.
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  private static let folder = root.appendingPathComponent("Scripts/examples").path

  /// What a recipe printed, by lines.
  private struct Table {
    let lines: [String]

    /// The numbers of the first line that begins with a label, behind it.
    func numbers(_ label: String) throws -> [Double] {
      let line = try #require(lines.first { $0.hasPrefix(label) }, "a line '\(label)…'")
      return line.dropFirst(label.count).split { " /%".contains($0) }.compactMap { Double($0) }
    }
  }

  private func run(_ name: String, _ arguments: [String] = []) async throws -> Table {
    let model = try #require(RealModel.smolLM2)
    let outcome = try await Command()
      .run(["run", "\(Self.folder)/\(name).lua", "--model=\(model)"] + arguments)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.isEmpty)
    return Table(lines: outcome.output.split(separator: "\n").map(String.init))
  }

  @Test("blend: each vector moves its own quantity, their sum moves both")
  func blend() async throws {
    let table = try await run("blend")
    let none = try table.numbers("none  ")
    let glad = try table.numbers("glad  ")
    let formal = try table.numbers("formal  ")
    let both = try table.numbers("both  ")
    #expect(glad[0] > none[0] + 1.5 && abs(formal[0] - none[0]) < 1)
    #expect(formal[1] > none[1] + 5)
    #expect(both[0] > none[0] + 1.5 && both[1] > none[1] + 5)
  }

  @Test("conditional: questions about food are steered, others are left to the last bit")
  func conditional() async throws {
    let table = try await run("conditional")
    let rows = table.lines.compactMap {
      $0.firstMatch(of: /^ *(-?[\d.]+)  (yes|no) +([-+][\d.]+)  (.*)$/)?.output
    }
    let threshold = try #require(
      table.lines[0].firstMatch(of: /above (-?[\d.]+)/).flatMap { Double($0.1) })
    #expect(rows.count == 10)
    for row in rows {
      let similarity = try #require(Double(row.1))
      let change = try #require(Double(row.3))
      #expect((similarity > threshold) == (row.2 == "yes"))
      #expect(row.2 == "yes" ? change > 0.5 : change == 0)
    }
    #expect(rows.prefix(5).count { $0.2 == "yes" } >= 4, "food")
    #expect(rows.suffix(5).count { $0.2 == "yes" } == 0, "anything else")
  }

  @Test("schedule: a push that fades cheers as a lasting one does, and costs less perplexity")
  func schedule() async throws {
    let table = try await run("schedule")
    let none = try table.numbers("none  ")
    let lasting = try table.numbers("lasting  ")
    let fading = try table.numbers("fading  ")
    #expect(lasting[1] > none[1] && fading[1] >= lasting[1] - 1)
    #expect(lasting[0] > 1.3 * none[0] && fading[0] < 1.2 * none[0])
  }

  @Test("ablate: without the direction good and bad news are closer, without a random one not")
  func ablate() async throws {
    let table = try await run("ablate")
    let gap = { try table.numbers($0)[2] }
    let nothing = try gap("nothing")
    #expect(try gap("gladness") < 0.5 * nothing)
    let random = try (gap("random 1") + gap("random 2") + gap("random 3")) / 3
    #expect(random > 0.75 * nothing)
  }

  @Test("orthogonalise: the side effect goes, the effect stays")
  func orthogonalise() async throws {
    let table = try await run("orthogonalise")
    let confounded = try table.numbers("confounded")
    let clean = try table.numbers("orthogonalised")
    #expect(confounded[0] > 0.3 && abs(clean[0]) < 1e-3, "cosine with glad")
    #expect(confounded[1] > 2 && abs(clean[1]) < 0.4 * confounded[1])
    #expect(clean[2] > 0.75 * confounded[2])
  }

  @Test("build_method: turned pairs mislead the mean, not the method of the recipe")
  func buildMethod() async throws {
    let table = try await run("build_method")
    let rows = table.lines.filter { $0.hasPrefix("15 correct") }
    let numbers = rows.map { $0.split(separator: " ").suffix(3).compactMap { Double($0) } }
    try #require(numbers.map(\.count) == [3, 3])
    let reference = try table.numbers("20 correct pairs      mean_diff")
    #expect(numbers[0][0] < 0.9 && numbers[1][0] > 0.95, "cosine")
    #expect(numbers[0][1] < 0.7 * reference[1], "length")
    expectClose(numbers[1][1], reference[1], relative: 0.1, "length")
    #expect(numbers[0][2] < reference[2] - 0.3 && numbers[1][2] > reference[2] - 0.3, "effect")
  }

  @Test("metric: exclamations rise with the strength, and so does the price")
  func metric() async throws {
    let folder = try ScratchFolder()
    let table = try await run("metric", ["--out=\(folder.url.path)", "--", "--save"])
    let rows = table.lines.filter { $0.hasPrefix("10") || $0.hasPrefix("14") }
      .map { $0.split(separator: " ").compactMap { Double($0) } }
    try #require(rows.count == 8)
    for row in rows {
      #expect(row[1] == 0 ? row[2] == 0 : row[2] > 0, "layer \(row[0]), scale \(row[1])")
      #expect((0...1).contains(row[2]))
    }
    for layer in [rows[0..<4], rows[4..<8]] {
      #expect(layer.map { $0[3] } == layer.map { $0[3] }.sorted(), "perplexity")
    }
    let best = try #require(table.lines.last?.firstMatch(of: /layer (\d+), strength ([\d.]+)/))
    let affordable = rows.filter { $0[3] <= 6 }.max { $0[2] < $1[2] }
    #expect(Double(best.1) == affordable?[0] && Double(best.2) == affordable?[1])
    #expect(folder.contents() == ["manifest.json", "sweep.csv"])
  }

  /// Writes a vector as repeng's `export_gguf` lays it out, at blocks 9 to 11.
  ///
  /// Each has length 1 and lies on the glad direction that casthost ships. The layout was compared
  /// once with what the Python package gguf writes by repeng's calls: the same keys, types, names
  /// and bytes of tensors.
  private func writeVectorOfRepeng(to path: String) throws {
    let width = 576
    let shipped = try Data(
      contentsOf: Self.root.appendingPathComponent(
        "Vectors/smollm2-135m-instruct.glad.mean_diff.gguf"))
    let direction = Data(shipped.suffix(width * 4))
      .withUnsafeBytes { bytes in
        (0..<width).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
      }
    let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
    var writer = GGUFWriter()
    writer.set("general.architecture", "controlvector")
    writer.set("controlvector.model_hint", "llama")
    writer.set("controlvector.layer_count", UInt32(3))
    for layer in 9...11 {
      writer.add("direction.\(layer)", shape: [width], floats: direction.map { $0 / length })
    }
    try writer.write(to: path)
  }

  @Test("other_tool: a file in repeng's layout is read and pushes both ways")
  func otherTool() async throws {
    let folder = try ScratchFolder()
    let path = folder.url.appendingPathComponent("happy.gguf").path
    try writeVectorOfRepeng(to: path)
    let table = try await run(
      "other_tool", ["--allow-read=\(folder.url.path)", "--", "--vector=\(path)", "--share=0.05"])
    #expect(table.lines[0] == "happy.gguf: 3 layers, 9 to 11; method not told")
    let sad = try table.numbers("   -0.05")[0]
    let plain = try table.numbers("   +0.00")[0]
    let happy = try table.numbers("   +0.05")[0]
    #expect(sad < plain - 1.5 && happy > plain + 1.5)
  }

  @Test("score: the steered model prefers more of the matching answers")
  func score() async throws {
    let table = try await run("score")
    #expect(table.lines[0] == "cheerful.jsonl: 12 pairs make the vector, 12 are scored")
    let (less, plain, more) = try (
      table.numbers("    -2.0"), table.numbers("    +0.0"), table.numbers("    +2.0")
    )
    #expect(less[0] <= plain[0] && plain[0] < more[0], "matching answers")
    #expect(less[2] < plain[2] - 1 && more[2] > plain[2] + 1, "margin")
  }

  @Test("watch: good words project further than bad ones, and the answer stays the same")
  func watch() async throws {
    let table = try await run("watch")
    var projections: [String: Double] = [:]
    for line in table.lines {
      guard let match = line.firstMatch(of: /\|[+ ]{12} +([-+][\d.]+) (.*)$/) else { continue }
      projections[String(match.2)] = Double(match.1)
    }
    let best = try #require(projections[" best"])
    let plain = try #require(projections[" the"])
    #expect(best > plain)
    #expect(table.lines.last == "the answer is the same as without the hook: 40 tokens")
  }

  @Test("casthost check finds nothing in them, and every one has a test and a header")
  func check() async throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder)
      .filter { $0.hasSuffix(".lua") }.sorted()
    #expect(
      names.map { String($0.dropLast(4)) } == [
        "ablate", "blend", "build_method", "conditional", "metric", "orthogonalise", "other_tool",
        "schedule", "score", "watch",
      ])
    let paths = names.map { "\(Self.folder)/\($0)" }
    let outcome = try await Command().run(["check"] + paths)
    #expect(outcome.status == 0)
    for path in paths { #expect(outcome.output.contains("\(path): fine\n")) }
    #expect(!outcome.output.contains("warning:") && !outcome.output.contains("error:"))
    for path in paths {
      let text = try String(contentsOfFile: path, encoding: .utf8)
      #expect(text.hasPrefix("-- ") && text.contains("\n--   casthost run Scripts/examples/"))
    }
  }
}

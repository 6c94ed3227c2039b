import Foundation
import TestSupport
import Testing

@Suite(
  "The quickstart on the default model",
  .enabled(if: RealModel.smolLM2 != nil, "needs the default model in the cache"))
struct QuickstartTests {
  /// The checkout.
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  @Test(
    "The vector moves the number, random vectors do not, and the shipped vector comes out again")
  func effect() async throws {
    let folder = try ScratchFolder()
    let saved = folder.url.appendingPathComponent("glad.gguf").path
    let outcome = try await Command()
      .run([
        "run", Self.root.appendingPathComponent("Scripts/quickstart.lua").path,
        "--model=\(try #require(RealModel.smolLM2))", "--allow-write=\(folder.url.path)", "--",
        "--save=\(saved)",
      ])
    #expect(outcome.status == 0, "\(outcome.errors)")

    let numbers = outcome.output
      .matches(
        of: /scale (\S+): love minus hate (\S+) nats \(random vectors (\S+)\)/
      )
      .compactMap { match -> [Double]? in
        let values = [match.1, match.2, match.3].compactMap { Double($0) }
        return values.count == 3 ? values : nil
      }
    try #require(numbers.map { $0[0] } == [-1, 0, 1])
    let (vector, random) = (numbers.map { $0[1] }, numbers.map { $0[2] })
    #expect(vector[1] == random[1], "scale 0 changes nothing")
    #expect(vector[0] < vector[1] - 1 && vector[2] > vector[1] + 1)
    #expect(abs(random[0] - random[1]) < 0.5 && abs(random[2] - random[1]) < 0.5)

    // The passport names the model as it was given, here by path; the directions must be equal.
    let made = try Data(contentsOf: URL(fileURLWithPath: saved))
    let shipped = try Data(
      contentsOf: Self.root.appendingPathComponent(
        "Vectors/smollm2-135m-instruct.glad.mean_diff.gguf"))
    let directionBytes = 576 * 4
    #expect(made.suffix(directionBytes) == shipped.suffix(directionBytes))
  }

  @Test("A shipped vector comes out of its recipe again, above all random directions")
  func vectors() async throws {
    let folder = try ScratchFolder()
    let name = "smollm2-135m-instruct.formal.mean_diff.gguf"
    let outcome = try await Command()
      .run([
        "run", Self.root.appendingPathComponent("Scripts/vectors.lua").path,
        "--model=\(try #require(RealModel.smolLM2))", "--out=\(folder.url.path)", "--",
        "--only=formal.mean_diff", "--controls=40",
      ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("above 40 of 40 random directions"))
    let made = try Data(contentsOf: folder.url.appendingPathComponent(name))
    let shipped = try Data(contentsOf: Self.root.appendingPathComponent("Vectors/\(name)"))
    let directionBytes = 7 * 576 * 4
    #expect(made.suffix(directionBytes) == shipped.suffix(directionBytes))
  }
}

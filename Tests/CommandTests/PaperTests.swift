import Foundation
import TestSupport
import Testing

/// The recipes of `Scripts/paper`, at settings that take seconds.
@Suite(
  "The paper's experiments on the default model", .serialized, .timeLimit(.minutes(10)),
  .enabled(
    if: RealModel.smolLM2 != nil && Shared.folder != nil,
    "needs the default model in the cache, and ../shared"))
struct PaperTests {
  /// The checkout.
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private func run(
    _ name: String, out: ScratchFolder, _ options: [String]
  ) async throws -> [String] {
    let data = try #require(Shared.folder).appendingPathComponent("datasets").path
    let outcome = try await Command()
      .run(
        [
          "run", Self.root.appendingPathComponent("Scripts/paper/\(name).lua").path,
          "--model=\(try #require(RealModel.smolLM2))", "--allow-read=\(data)",
          "--out=\(out.url.path)", "--", "--data=\(data)/mwe", "--train=24", "--test=8",
          "--validation=8",
        ] + options)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome.output.split(separator: "\n").map(String.init)
  }

  /// The numbers of a line.
  private func numbers(_ line: some StringProtocol) -> [Double] {
    line.split { !"0123456789.-+e".contains($0) }.compactMap { Double($0) }
  }

  @Test("e1: a push moves answers, scale 0 does nothing, and the pages are written")
  func layers() async throws {
    let out = try ScratchFolder()
    let lines = try await run(
      "e1_layer_strength", out: out,
      [
        "--behaviours=openness", "--every=15", "--scales=-4,0,4", "--controls=19", "--texts=2",
        "--tokens=8",
      ])
    let rows = lines.filter { $0.contains(" %  ") }.map { numbers($0) }
    try #require(rows.count == 2, "two layers")
    for row in rows {
      // Layer, depth, then p at -4, 0 and 4.
      #expect(row[3] == rows[0][3], "no layer matters at scale 0")
    }
    let best = try #require(lines.first { $0.hasPrefix("best cell: layer") }.map { numbers($0) })
    #expect(try #require(best.last) > 0, "the KL that the push costs")
    #expect(lines.contains { $0.contains("random directions of equal norm") })
    #expect(lines.contains { $0.contains("shuffled labels: mean") })
    for name in ["e1-openness.html", "e1-texts-openness.html", "e1-openness.sqlite"] {
      #expect(FileManager.default.fileExists(atPath: out.url.appendingPathComponent(name).path))
    }
    let page = try String(
      contentsOf: out.url.appendingPathComponent("e1-openness.html"), encoding: .utf8)
    #expect(page.contains("Controls") && page.contains("19 random directions of equal norm"))
  }

  @Test("e2: three sources are compared at settings that each chose for itself")
  func sources() async throws {
    let lines = try await run(
      "e2_caa_vs_actadd", out: try ScratchFolder(),
      [
        "--behaviours=power-seeking-inclination", "--every=15", "--scales=0,2,4",
        "--controls=19",
      ])
    for name in ["caa", "description", "act_add"] {
      #expect(
        lines.count { $0.hasPrefix(name.padding(toLength: 13, withPad: " ", startingAt: 0)) } == 1)
    }
    let curves = lines.filter { $0.contains("p by strength") }.map { numbers($0) }
    #expect(curves.count == 3 && Set(curves.map { $0[1] }).count == 1, "equal at strength 0")
  }

  @Test("e3: the vector of all pairs is the pool's, and more pairs are closer to it")
  func samples() async throws {
    let lines = try await run(
      "e3_samples", out: try ScratchFolder(),
      ["--behaviours=agreeableness", "--counts=2,8,24", "--draws=3"])
    let rows = lines.filter { $0.firstMatch(of: /^ +\d+  0\./) != nil }.map { numbers($0) }
    try #require(rows.count == 3)
    let cosines = rows.map { $0[5] }
    #expect(cosines[0] < cosines[1] && cosines[1] < cosines[2] && cosines[2] > 0.9995)
    #expect(rows[2][4] < 1e-3, "all draws of the whole pool are the same vector")
    let change = try #require(
      lines.first { $0.hasPrefix("change of p with 24 pairs: ") }.map { numbers($0) })
    // Whether there is a curve to fit follows from the interval.
    let hasEffect = change[2] > 0 || change[3] < 0
    #expect(lines.contains { $0.hasPrefix(hasEffect ? "fit: " : "no effect, so no curve") })
  }

  @Test("e6: a push costs, more at a larger strength, next to random directions")
  func perplexity() async throws {
    let data = try #require(Shared.folder).appendingPathComponent("datasets").path
    let lines = try await run(
      "e6_perplexity", out: try ScratchFolder(),
      [
        "--behaviours=openness", "--layers=14", "--scales=1,8", "--draws=2", "--characters=1000",
        "--wiki=\(data)/wikitext-2/test.txt", "--ood=\(data)/ood/open-ended/practical",
      ])
    for text in ["wiki", "id", "ood"] {
      let rows =
        lines.filter { $0.hasPrefix(text.padding(toLength: 6, withPad: " ", startingAt: 0)) }
        .map { numbers($0) }
      try #require(rows.count == 2, "\(text)")
      #expect(rows[1][2] > rows[0][2] && rows[1][2] > 1, "\(text): eight times the vector")
    }
  }
}

import Foundation
import TestSupport
import Testing

@Suite("casthost bench", .timeLimit(.minutes(2)))
struct BenchCommandTests {
  private struct Report: Decodable {
    struct Figure: Decodable {
      let work, unit, counts: String
      let tokens: Int?
      let median, least, most, spread: Double
      let samples: Int
    }
    let threads: Int
    let arithmetic: String
    let openMilliseconds: Double
    let results: [Figure]
  }

  private func bench(_ work: String, _ arguments: String...) async throws -> Report {
    let words =
      try [
        "bench", "--json", "--threads=1", "--work=\(work)", "--model=\(Recipe.tinyModel())",
      ] + arguments
    let outcome = try await Command().run(words)
    #expect(outcome.status == 0)
    return try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
  }

  @Test("Each figure has a positive median between the least and the most, and says what it counts")
  func speech() async throws {
    let report = try await bench("decode,prefill", "--repeats=2")
    #expect(report.threads == 1)
    #expect(report.arithmetic == "precise")
    #expect(report.openMilliseconds > 0)
    #expect(
      report.results.map(\.work) == [
        "prefill_128", "prefill_512", "decode", "decode_weights", "decode_read",
        "read_bandwidth_beside_decode", "decode_share",
      ])
    for figure in report.results {
      #expect(0 < figure.least && figure.least <= figure.median && figure.median <= figure.most)
      #expect(figure.spread >= 0 && figure.spread <= figure.most - figure.least)
      #expect(!figure.counts.isEmpty)
      #expect(figure.samples == (figure.work == "decode_weights" ? 1 : 2))
    }
  }

  @Test("The weights that a token reads are all matrices of the checkpoint, the embedding not")
  func weights() async throws {
    let report = try await bench("decode", "--repeats=1")
    let found = report.results.first { $0.work == "decode_weights" }?.median ?? 0
    // Two blocks of width 64 with 96 inside, 4 heads of 16 and 2 of keys, and the head; float32.
    // Outputs are padded to multiples of 32.
    let block = 64 * 64 * 2 + 32 * 64 * 2 + 96 * 64 * 3
    let vocabulary = (TinyVocabulary.bytePairs.tokens.count + 31) / 32 * 32
    #expect(found == Double(4 * (2 * block + 64 * vocabulary)) / 1e6)
  }

  @Test("Batches are measured with steering and without, and so is what it costs")
  func batch() async throws {
    let report = try await bench("batch", "--repeats=1")
    #expect(
      report.results.map(\.work) == [
        "batch_16", "batch_16_steered", "batch_16_steering_cost", "decode_steering_cost",
        "prefill_128_steering_cost",
      ])
    #expect(report.results.map(\.unit) == ["tokens/s", "tokens/s", "%", "%", "%"])
    #expect(report.results.allSatisfy { $0.median > -100 })
  }

  @Test("Kernels are measured for each kind of matrix, at one row and at many")
  func kernels() async throws {
    let report = try await bench("kernels", "--repeats=1")
    let names = report.results.map(\.work)
    #expect(names.first == "read_bandwidth")
    #expect(names.contains("F32 96x64 rows_1"))
    #expect(names.contains("F32 64x96 rows_512"))
    #expect(names.count == Set(names).count)
    #expect(report.results.allSatisfy { $0.least > 0 })
  }

  @Test("A build and a grid on pairs of a file count that file's prompts")
  func steering() async throws {
    let file = try ScratchFolder()
    let path = file.url.appendingPathComponent("pairs.jsonl").path
    let line = #"{"positive": "Yes it is", "negative": "Yes it was"}"#
    try Array(repeating: line, count: 3).joined(separator: "\n")
      .write(toFile: path, atomically: false, encoding: .utf8)
    let report = try await bench(
      "build,grid", "--repeats=1", "--items=2", "--grid-layers=1", "--pairs=\(path)")
    #expect(report.results.map(\.work) == ["build_3_pairs", "grid_all", "grid_response"])
    #expect(report.results.allSatisfy { $0.unit == "s" && $0.median > 0 && $0.tokens ?? 0 > 0 })
    #expect(report.results[1].counts.contains("2 layers x 9 strengths x 2 items"))
    #expect(report.results[1].counts.contains("scaled up from 1 of them"))
  }

  @Test(
    "A wrong option ends in 2 with what was expected",
    arguments: [
      ("--work=kernels,speed", "--work 'speed' is unknown (expected kernels,prefill,decode"),
      ("--work=", "Missing value for '--work <work>'"),
      ("--repeats=0", "--repeats must be from 1 to 1000 (found 0)"),
      ("--items=0", "--items must be from 1 to 100000 (found 0)"),
      ("--grid-layers=0", "--grid-layers must be at least 1 (found 0)"),
      ("--pairs=/no/such.jsonl", "/no/such.jsonl: cannot be read"),
    ])
  func wrong(option: String, complaint: String) async throws {
    let work = option.hasPrefix("--work") ? [] : ["--work=build"]
    let outcome = try await Command()
      .run(["bench", option, "--model=\(Recipe.tinyModel())"] + work)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains(complaint))
  }

  @Test("An interrupted bench ends in 130")
  func interrupted() async throws {
    let outcome = try await Command()
      .run(
        ["bench", "--repeats=1000", "--threads=1", "--model=\(Recipe.tinyModel())"]
      ) { process in
        while !Command.awaitsInterrupts(process) {
          try await Task.sleep(for: .milliseconds(10))
        }
        try await Task.sleep(for: .milliseconds(100))
        kill(process, SIGINT)
      }
    #expect(outcome.status == 130)
    #expect(outcome.errors == "casthost: interrupted.\n")
  }
}

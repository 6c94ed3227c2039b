import ArgumentParser
import Engine
import Foundation
import Kernels
import Transformer

/// `casthost bench`.
struct BenchCommand: ParsableCommand, TellsCauses {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures how fast a model reads and writes on this machine.",
    discussion: """
      casthost bench
      casthost bench --model qwen2.5-coder-0.5b-instruct --threads 2 --json

      Prints tokens per second: the median of the repeats, and the least and the most. 'prefill' \
      reads a prompt of that many tokens, 'decode' writes one token after another, \
      'decode_16_rows' writes 16 answers at once. Compare ratios of alternating runs, not \
      numbers of different days.
      """)

  @OptionGroup var model: ModelOptions

  @Option(help: "How often each work is measured.")
  var repeats = 5

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (1...1000).contains(repeats) else {
      throw ValidationError("--repeats must be from 1 to 1000 (found \(repeats)).")
    }
  }

  func run() throws {
    let begun = ContinuousClock.now
    let model = try model.open()
    let opened = (ContinuousClock.now - begun) / .milliseconds(1)
    let session = Session(model)
    var results: [Work] = []
    for prompt in [128, 512] where prompt < model.sizes.contextLength {
      results.append(
        try Work("prefill_\(prompt)", repeats) {
          Double(prompt) / (try run(session, prompt: prompt, tokens: 1).promptSeconds)
        })
    }
    results.append(
      try Work("decode", repeats) {
        // The first token belongs to the prompt; 32 steps follow it.
        32 / (try run(session, prompt: 128, tokens: 33).decodeSeconds)
      })
    results.append(
      try Work("decode_16_rows", repeats) {
        let requests = (0..<16).map { self.request(session, prompt: 16 + $0, tokens: 17) }
        return 16 * 16 / (try session.generate(requests)[0].decodeSeconds)
      })
    try show(results, model: model, openedIn: opened)
  }

  /// One kind of work and its measurements, tokens per second.
  private struct Work: Encodable {
    let work: String
    let median: Double
    let least: Double
    let most: Double

    init(_ work: String, _ repeats: Int, _ measure: () throws -> Double) throws {
      _ = try measure()  // warms caches and the threads
      let rates = try (0..<repeats)
        .map { _ in
          try Task.checkCancellation()
          return try measure()
        }
        .sorted()
      self.work = work
      median = (rates[(repeats - 1) / 2] + rates[repeats / 2]) / 2
      least = rates[0]
      most = rates[repeats - 1]
    }
  }

  private struct Report: Encodable {
    let model: String
    let threads: Int
    let openMilliseconds: Double
    let results: [Work]
  }

  private func request(_ session: Session, prompt: Int, tokens: Int) -> GenerationRequest {
    let size = session.model.vocabularySize
    var request = GenerationRequest(prompt: (0..<prompt).map { Int32(($0 * 7 + 11) % (size / 2)) })
    request.maxTokens = tokens
    request.ignoresEnd = true
    return request
  }

  private func run(_ session: Session, prompt: Int, tokens: Int) throws -> Generation {
    try session.generate([request(session, prompt: prompt, tokens: tokens)])[0]
  }

  private func show(_ results: [Work], model: Model, openedIn milliseconds: Double) throws {
    let threads = model.lanes.count
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      let report = Report(
        model: model.name, threads: threads, openMilliseconds: milliseconds, results: results)
      Console.result(String(decoding: try encoder.encode(report), as: UTF8.self))
      return
    }
    Console.result("\(model.name), \(threads) threads, opened in \(Int(milliseconds)) ms")
    Console.table(
      [["work", "tokens/s", "least", "most"]]
        + results.map { work in
          [work.work] + [work.median, work.least, work.most].map { String(format: "%.1f", $0) }
        })
  }
}

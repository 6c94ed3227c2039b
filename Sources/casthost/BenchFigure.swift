import Engine
import Foundation
import Kernels
import Statistics

/// Something that was measured several times.
struct BenchFigure: Encodable {
  /// What was measured, for example `prefill_128`.
  let work: String
  /// `tokens/s`, `GB/s` (10⁹ bytes), `GFLOP/s` (10⁹, a multiply-add is two), `s`, `MB` or `%`.
  let unit: String
  /// What one sample covers and counts.
  let counts: String
  /// Tokens of the prompts of one sample, where that is what it covers.
  let tokens: Int?
  let median: Double
  let least: Double
  let most: Double
  /// Width of the middle half of the samples, in the figure's unit.
  let spread: Double
  let samples: Int

  /// Summarises samples; there is at least one.
  init(
    _ work: String, _ unit: String, counts: String, tokens: Int? = nil, _ samples: [Double]
  ) {
    let sorted = samples.sorted()
    func quantile(_ share: Double) -> Double { Moments.quantile(share, of: sorted) }
    self.work = work
    self.unit = unit
    self.counts = counts
    self.tokens = tokens
    median = quantile(0.5)
    least = quantile(0)
    most = quantile(1)
    spread = quantile(0.75) - quantile(0.25)
    self.samples = samples.count
  }
}

/// Takes samples.
struct BenchSampler {
  let repeats: Int

  /// Measures several times, after once to warm caches and threads.
  func samples(_ measure: () throws -> Double) throws -> [Double] {
    _ = try sample(measure)
    return try (0..<repeats).map { _ in try sample(measure) }
  }

  /// Measures two things in turn, A B B A …, so that a machine that gets slower slows both.
  ///
  /// - Returns: The samples of each pair, after one pair to warm up.
  func pairs(
    _ count: Int, _ first: () throws -> Double, _ second: () throws -> Double
  ) throws -> [(first: Double, second: Double)] {
    _ = try sample(second)
    _ = try sample(first)
    return try (0..<count)
      .map { pair in
        if pair % 2 == 0 {
          let found = try sample(first)
          return (found, try sample(second))
        }
        let found = try sample(second)
        return (try sample(first), found)
      }
  }

  private func sample(_ measure: () throws -> Double) throws -> Double {
    try Task.checkCancellation()
    return try measure()
  }
}

/// Seconds that a piece of work takes.
func seconds(_ work: () throws -> Void) rethrows -> Double {
  let begun = ContinuousClock.now
  try work()
  return (ContinuousClock.now - begun) / .seconds(1)
}

/// What `casthost bench` found.
struct BenchReport: Encodable {
  private let version = casthostVersion
  private let model: String
  private let threads: Int
  private let arithmetic: String
  /// The instruction set of the kernels.
  private let kernels: String
  private let openMilliseconds: Double
  private let results: [BenchFigure]

  init(_ model: Model, openMilliseconds: Double, _ results: [BenchFigure]) {
    self.model = model.name
    threads = model.lanes.count
    arithmetic = model.arithmetic.rawValue
    kernels = Machine.kernels
    self.openMilliseconds = openMilliseconds
    self.results = results
  }

  /// What was measured where, one line.
  var title: String {
    "\(model), \(arithmetic), \(threads) threads, \(kernels), opened in \(Int(openMilliseconds)) ms"
  }

  /// The figures as rows of a table.
  var rows: [[String]] {
    [["work", "median", "least", "most", "spread", "unit", "counts"]]
      + results.map { figure in
        [figure.work]
          + [figure.median, figure.least, figure.most, figure.spread]
          .map { String(format: abs($0) < 10 ? "%.2f" : "%.1f", $0) }
          + [figure.unit, figure.counts]
      }
  }
}

import TestSupport
import Testing

@testable import Statistics

/// Compared with SciPy, scikit-learn and NumPy: `Scripts/dev/record_statistics.py`.
@Suite("Statistics and their references")
struct StatisticsGoldenTests {
  private struct Recorded: Decodable {
    struct Resampled: Decodable {
      let seed: UInt64
      let count: Int
      let statistic: String
      let method: String
      let level: Double
      let interval: [Double]
    }
    struct Test: Decodable {
      let alternative: String
      let p: Double
    }
    struct Drawn: Decodable {
      let seed: UInt64
      let count: Int
      let p: Double
    }
    let skewed, differences, many, first, second, x, y: [Double]
    let bootstrap: [Resampled]
    let permutation: [Test]
    let drawn: Drawn
    let auroc, cohensD, pearson, spearman: Double
    let ranks, line, points, cumulative, shares, quantiles, quantileOfX, raw, holm: [Double]
    let binomial, bounds: [[Double]]
  }

  private let golden: Recorded

  init() throws { golden = try Golden.recorded("statistics.json", as: Recorded.self) }

  private func expect(_ found: [Double], _ wanted: [Double], within tolerance: Double) {
    #expect(found.count == wanted.count)
    for (a, b) in zip(found, wanted) { #expect(abs(a - b) <= tolerance, "\(a) and \(b)") }
  }

  @Test("bootstrap intervals are SciPy's on the same resamples within 1e-9")
  func bootstrap() throws {
    for one in golden.bootstrap {
      var random = SeededGenerator(seed: one.seed)
      let found = Bootstrap.interval(
        of: golden.skewed, level: one.level, count: one.count,
        method: try #require(Bootstrap.Method(rawValue: one.method)), using: &random,
        one.statistic == "mean" ? Moments.mean : Moments.median)
      expect([found.lower, found.upper], one.interval, within: 1e-9)
    }
  }

  @Test("all sign changes give SciPy's p values, exactly")
  func exactPermutation() throws {
    for one in golden.permutation {
      var random = SeededGenerator(seed: 0)
      let found = Permutation.signFlips(
        golden.differences, try #require(Alternative(rawValue: one.alternative)), using: &random)
      #expect(found.isExact)
      #expect(abs(found.p - one.p) < 1e-12, "\(one.alternative): \(found.p) and \(one.p)")
    }
  }

  @Test("random sign changes give what the same draws give in NumPy")
  func drawnPermutation() {
    var random = SeededGenerator(seed: golden.drawn.seed)
    let found = Permutation.signFlips(
      golden.many, .greater, count: golden.drawn.count, using: &random)
    #expect(!found.isExact)
    #expect(abs(found.p - golden.drawn.p) < 1e-12)
  }

  @Test("ranks, correlations, lines, AUROC and d are SciPy's and scikit-learn's within 1e-12")
  func correlations() throws {
    expect(Ranks.of(golden.x), golden.ranks, within: 0)
    #expect(abs(Ranks.auroc(golden.first, golden.second) - golden.auroc) < 1e-12)
    #expect(abs(Moments.cohensD(golden.first, golden.second) - golden.cohensD) < 1e-12)
    #expect(abs(Regression.pearson(golden.x, golden.y) - golden.pearson) < 1e-12)
    #expect(abs(Regression.spearman(golden.x, golden.y) - golden.spearman) < 1e-12)
    let line = try #require(Regression.line(golden.x, golden.y))
    expect(
      [line.slope, line.intercept, line.correlation, line.slopeError], golden.line, within: 1e-12)
  }

  @Test("the normal distribution is SciPy's within 1e-14, its quantiles within 1e-9")
  func normal() {
    expect(golden.points.map(Normal.cumulative), golden.cumulative, within: 1e-14)
    expect(golden.shares.map(Normal.quantile), golden.quantiles, within: 1e-9)
    let sorted = golden.x.sorted()
    let shares = [0.0, 0.1, 0.33, 0.5, 0.975, 1.0]
    expect(shares.map { Moments.quantile($0, of: sorted) }, golden.quantileOfX, within: 1e-14)
  }

  @Test("Holm's p values follow its definition, binomial tails SciPy's within 1e-12")
  func others() {
    expect(MultipleTests.holm(golden.raw), golden.holm, within: 1e-15)
    for row in golden.binomial {
      let found = Binomial.atLeast(Int(row[0]), of: Int(row[1]), chance: row[2])
      #expect(abs(found - row[3]) <= 1e-12 * max(1, row[3]), "\(row): \(found)")
    }
    for row in golden.bounds {
      #expect(Binomial.bound(of: Int(row[0]), chance: row[1], risk: row[2]) == Int(row[3]))
    }
  }
}

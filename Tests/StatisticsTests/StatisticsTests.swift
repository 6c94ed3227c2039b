import TestSupport
import Testing

@testable import Statistics

@Suite("Statistics")
struct StatisticsTests {
  private func normal(_ random: inout SeededGenerator) -> Double {
    // The sum of twelve uniform numbers, near enough to a normal one.
    (0..<12).reduce(-6.0) { sum, _ in sum + Double(random.next() >> 11) * 0x1p-53 }
  }

  @Test("what does not vary has intervals of one point and no correlation")
  func constants() {
    var random = SeededGenerator(seed: 1)
    for method in Bootstrap.Method.allCases {
      let found = Bootstrap.interval(of: [2, 2, 2], method: method, using: &random, Moments.mean)
      #expect(found == Interval(lower: 2, upper: 2))
    }
    #expect(
      Bootstrap.interval(of: [7], using: &random, Moments.mean) == Interval(lower: 7, upper: 7))
    #expect(Regression.line([1, 1], [0, 5]) == nil)
    #expect(Regression.spearman([1, 2, 3], [4, 4, 4]) == 0)
    #expect(Moments.cohensD([1, 1], [0, 0]) == 0)
    #expect(Ranks.auroc([], [1]) == 0.5)
  }

  @Test("an interval of 90 % covers the mean about nine times of ten")
  func coverage() {
    var random = SeededGenerator(seed: 11)
    var covered = 0
    for _ in 0..<200 {
      let sample = (0..<20).map { _ in normal(&random) + 3 }
      let found = Bootstrap.interval(
        of: sample, level: 0.9, count: 200, using: &random, Moments.mean)
      covered += found.lower <= 3 && 3 <= found.upper ? 1 : 0
    }
    // Of 200 with a chance of 0.9 at least 165 but for one time in 1000; bootstrap intervals of 20
    // values are a little short, 0.87 or so.
    #expect((160...196).contains(covered), "\(covered)")
  }

  @Test("one-sided p values of sign changes add up to 1 and the data's own arrangement")
  func sides() {
    var random = SeededGenerator(seed: 0)
    let values = [0.3, -1.2, 2.5, 0.7, -0.1, 1.1]
    let up = Permutation.signFlips(values, .greater, using: &random).p
    let down = Permutation.signFlips(values, .less, using: &random).p
    #expect(abs(up + down - (1 + 1.0 / 64)) < 1e-12)
    #expect(Permutation.signFlips([1, 1, 1], .greater, using: &random).p == 0.125)
    // No p value is 0, however strong the effect.
    let many = [Double](repeating: 1, count: 50)
    #expect(Permutation.signFlips(many, .greater, count: 99, using: &random).p == 0.01)
  }

  @Test("a rank among controls counts ties against the effect")
  func rank() {
    #expect(Permutation.rank(3, among: [1, 2, 3, 4]).p == 0.6)
    #expect(Permutation.rank(5, among: [1, 2, 3, 4]).p == 0.2)
    #expect(Permutation.rank(-5, among: [1, 2, 3, 4], .less).p == 0.2)
    #expect(Permutation.rank(-3, among: [1, 2, -3, 4], .twoSided).p == 0.6)
  }

  @Test("steerability by hand: two items that follow and one that goes the other way")
  func steerability() throws {
    let found = try #require(
      Steerability(scales: [-1, 0, 1], values: [[0, 1, 2], [1, 1, 4], [1, 0, -1]]))
    #expect(found.slopes == [1, 1.5, -1])
    #expect(abs(found.mean - 0.5) < 1e-12 && abs(found.antiSteerable - 1.0 / 3) < 1e-12)
    // Only the second item bends: residuals 0.5, −1, 0.5.
    #expect(abs(found.meanSquare - 0.5 / 3) < 1e-12)
    #expect(Steerability(scales: [1, 1], values: [[1, 2]]) == nil)
  }

  // MARK: Evidence

  private func evidence(
    _ changes: [Double], _ controls: [Double], shuffled: [Double] = []
  ) -> Evidence {
    var random = SeededGenerator(seed: 5)
    var options = Evidence.Options()
    options.resamples = 200
    return Evidence(
      changes: changes, random: controls, shuffled: shuffled, options, using: &random)
  }

  private func line(_ evidence: Evidence, orders: [Double] = []) -> String {
    Verdict(evidence, adjusted: evidence.p, level: 0.05, unit: "nats", orders: orders).line
  }

  @Test("the verdict says what the effect was compared with")
  func verdicts() {
    let controls = (1...39).map { Double($0) / 100 - 0.2 }
    let strong = [1.5, 2.0, 1.75, 2.25, 1.9, 2.1, 1.8, 2.2]
    #expect(
      line(evidence(strong, controls)).hasPrefix("stands out: +1.94 nats [1.7"), "strong")
    #expect(
      line(evidence(strong, controls)).hasSuffix("above 39 of 39 random directions, p = 0.025"))
    #expect(
      line(evidence(strong, controls, shuffled: [1, 2, 3]))
        .hasSuffix("above 39 of 39 random directions and 1 of 3 shuffled labels, p = 0.75"))
    #expect(
      line(evidence(strong, controls), orders: [4, -0.12])
        .hasSuffix(
          "p = 0.025, but -0.12 with the answers in one of the two orders"))
    let mixed = [9.0, -1, -1, -1, -1, -1, 1, -1]
    #expect(line(evidence(mixed, controls)).hasPrefix("does not stand out: +0.5 nats"))
    #expect(line(evidence(mixed, controls)).hasSuffix("changes sign from question to question"))
    #expect(line(evidence(strong, strong)).hasPrefix("does not stand out"))
    let backwards = line(evidence(strong.map { -$0 }, controls))
    #expect(backwards.hasSuffix("p = 1, for it goes the other way"), "\(backwards)")
  }

  /// Directions whose effect on all items differs from setting to setting, as that of random
  /// directions on a model does: `[setting]`, the mean change.
  private func direction(_ random: inout SeededGenerator, settings: Int) -> [Double] {
    (0..<settings).map { _ in normal(&random) }
  }

  @Test("no wolf: of 400 random directions with their pick of settings at most 31 stand out")
  func noWolf() {
    var random = SeededGenerator(seed: 2024)
    var options = Evidence.Options()
    options.resamples = 2
    var (calls, itemCalls, fixedCalls) = (0, 0, 0)
    for _ in 0..<400 {
      func chosen() -> Double { direction(&random, settings: 6).max() ?? 0 }
      let effect = chosen()
      let changes = (0..<10).map { _ in effect + 0.5 * normal(&random) }
      func mean(_ effect: Double) -> Double { effect + 0.5 / 10.0.squareRoot() * normal(&random) }
      let honest = Evidence(
        changes: changes, random: (0..<19).map { _ in mean(chosen()) }, options, using: &random)
      let fixed = (0..<19).map { _ in mean(direction(&random, settings: 1)[0]) }
      calls += honest.p <= 0.05 ? 1 : 0
      itemCalls += honest.items.p <= 0.05 ? 1 : 0
      fixedCalls += Permutation.rank(honest.effect, among: fixed).p <= 0.05 ? 1 : 0
    }
    let bound = Binomial.bound(of: 400, chance: 0.05, risk: 0.01)
    #expect(bound == 31)
    #expect(calls <= bound, "\(calls)")
    // What the two shortcuts would have called: items alone, and controls without their pick.
    #expect(itemCalls > 200, "\(itemCalls)")
    #expect(fixedCalls > 60, "\(fixedCalls)")
  }
}

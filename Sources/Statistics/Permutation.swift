/// What speaks against the null hypothesis.
public enum Alternative: String, Sendable, CaseIterable {
  /// A large statistic.
  case greater
  /// A small one.
  case less
  /// One far from zero on either side.
  case twoSided = "two_sided"

  /// A number that is the larger, the more a statistic speaks against the null hypothesis.
  public func evidence(_ statistic: Double) -> Double {
    switch self {
    case .greater: statistic
    case .less: -statistic
    case .twoSided: abs(statistic)
    }
  }
}

/// A p value and where it comes from.
public struct TestResult: Sendable, Hashable {
  /// What was compared.
  public var statistic: Double
  /// The chance of a statistic at least as extreme, if the null hypothesis holds.
  public var p: Double
  /// Whether all rearrangements were looked at.
  public var isExact: Bool

  /// Makes a result.
  public init(statistic: Double, p: Double, isExact: Bool) {
    self.statistic = statistic
    self.p = p
    self.isExact = isExact
  }
}

/// Tests by rearranging what the null hypothesis says may be rearranged.
public enum Permutation {
  /// The paired test: whether the mean of differences is zero, by changing their signs.
  ///
  /// All 2ⁿ changes if that is no more than `count`, else as many random ones, and then
  /// p = (1 + extreme ones)/(1 + count): the data themselves are one of the arrangements
  /// ([Phipson and Smyth 2010](https://doi.org/10.2202/1544-6115.1585)).
  ///
  /// - Parameters:
  ///   - differences: One for each pair, at least one.
  ///   - alternative: What speaks against zero.
  ///   - count: Number of random changes, and the most that are all looked at.
  ///   - random: A bit of each 64 decides, a draw for each difference.
  /// - Returns: The mean difference and its p value.
  public static func signFlips(
    _ differences: [Double], _ alternative: Alternative = .twoSided, count: Int = 9_999,
    using random: inout some RandomNumberGenerator
  ) -> TestResult {
    precondition(!differences.isEmpty, "a test of no values")
    let observed = Moments.mean(differences)
    // Sums in another order differ in their last bits; equal ones must count as equal.
    let size = differences.reduce(0.0) { $0 + abs($1) } / Double(differences.count)
    let limit = alternative.evidence(observed) - 1e-12 * size
    func isExtreme(_ sum: Double) -> Bool {
      alternative.evidence(sum / Double(differences.count)) >= limit
    }
    if differences.count < 40, 1 << differences.count <= count {
      var extreme = 0
      for bits in 0..<(1 << differences.count) {
        var sum = 0.0
        for (index, difference) in differences.enumerated() {
          sum += bits >> index & 1 == 0 ? difference : -difference
        }
        extreme += isExtreme(sum) ? 1 : 0
      }
      return TestResult(
        statistic: observed, p: Double(extreme) / Double(1 << differences.count), isExact: true)
    }
    var extreme = 0
    for _ in 0..<count {
      var sum = 0.0
      for difference in differences { sum += random.next() >> 63 == 0 ? difference : -difference }
      extreme += isExtreme(sum) ? 1 : 0
    }
    return TestResult(
      statistic: observed, p: Double(extreme + 1) / Double(count + 1), isExact: false)
  }

  /// The rank of a statistic among those of controls: (1 + controls at least as extreme)/(1 + n).
  ///
  /// Exact for any distribution, if under the null hypothesis the statistic is one more draw of what
  /// the controls are draws of.
  public static func rank(
    _ observed: Double, among controls: [Double], _ alternative: Alternative = .greater
  ) -> TestResult {
    let limit = alternative.evidence(observed)
    let extreme = controls.count { alternative.evidence($0) >= limit }
    return TestResult(
      statistic: observed, p: Double(extreme + 1) / Double(controls.count + 1), isExact: true)
  }
}

/// Several tests at a time.
public enum MultipleTests {
  /// Holm's adjusted p values, in the order of the given ones: those at most α are rejected, with
  /// a chance of at most α that any of them is rejected wrongly.
  public static func holm(_ values: [Double]) -> [Double] {
    var adjusted = values
    var largest = 0.0
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    for (rank, index) in order.enumerated() {
      largest = max(largest, min(1, values[index] * Double(values.count - rank)))
      adjusted[index] = largest
    }
    return adjusted
  }
}

/// An interval of confidence.
public struct Interval: Sendable, Hashable {
  /// The lower end.
  public var lower: Double
  /// The upper end.
  public var upper: Double

  /// Makes an interval.
  public init(lower: Double, upper: Double) {
    self.lower = lower
    self.upper = upper
  }
}

/// Intervals from resampling the values with replacement.
///
/// [Efron 1987](https://doi.org/10.1080/01621459.1987.10478410).
public enum Bootstrap {
  /// How an interval is read off the resampled statistics.
  public enum Method: String, Sendable, CaseIterable {
    /// Bias-corrected and accelerated.
    case bca
    /// Their quantiles as they are.
    case percentile
  }

  /// The statistic of resamples.
  ///
  /// - Parameters:
  ///   - values: At least one.
  ///   - count: Number of resamples.
  ///   - random: Gives each index as the high half of 64 random bits times the number of values.
  ///   - statistic: Computes it.
  /// - Returns: `[count]`, in the order in which they were drawn.
  /// - Throws: What the statistic throws.
  public static func statistics(
    of values: [Double], count: Int, using random: inout some RandomNumberGenerator,
    _ statistic: ([Double]) throws -> Double
  ) rethrows -> [Double] {
    precondition(!values.isEmpty, "a resample of no values")
    var sample = values
    var found: [Double] = []
    found.reserveCapacity(count)
    for _ in 0..<count {
      for index in sample.indices {
        let drawn = random.next().multipliedFullWidth(by: UInt64(values.count)).high
        sample[index] = values[Int(drawn)]
      }
      found.append(try statistic(sample))
    }
    return found
  }

  /// An interval for a statistic of the population that the values are drawn from.
  ///
  /// - Parameters:
  ///   - values: At least one; each is a unit that was drawn by itself, so values of one question
  ///     belong into one.
  ///   - level: Confidence, between 0 and 1.
  ///   - count: Number of resamples.
  ///   - method: How the interval is read off.
  ///   - random: The resamples come from it.
  ///   - statistic: Computes it.
  /// - Returns: The interval; a point where the statistic does not vary.
  /// - Throws: What the statistic throws.
  public static func interval(
    of values: [Double], level: Double = 0.95, count: Int = 2_000, method: Method = .bca,
    using random: inout some RandomNumberGenerator,
    _ statistic: ([Double]) throws -> Double
  ) rethrows -> Interval {
    let drawn = try statistics(of: values, count: count, using: &random, statistic).sorted()
    var shares = [(1 - level) / 2, (1 + level) / 2]
    if method == .bca, values.count > 1 {
      let left = try values.indices.map { index in
        var rest = values
        rest.remove(at: index)
        return try statistic(rest)
      }
      shares = corrected(shares, try statistic(values), drawn: drawn, leaveOneOut: left)
    }
    return Interval(
      lower: Moments.quantile(shares[0], of: drawn), upper: Moments.quantile(shares[1], of: drawn))
  }

  /// The shares of a percentile interval, moved by bias and acceleration.
  static func corrected(
    _ shares: [Double], _ estimate: Double, drawn: [Double], leaveOneOut: [Double]
  ) -> [Double] {
    let below = drawn.reduce(0.0) { $0 + ($1 < estimate ? 1 : $1 == estimate ? 0.5 : 0) }
    let bias = Normal.quantile(below / Double(drawn.count))
    let center = Moments.mean(leaveOneOut)
    let (cubes, squares) = leaveOneOut.reduce((0.0, 0.0)) { sums, value in
      let distance = center - value
      return (sums.0 + distance * distance * distance, sums.1 + distance * distance)
    }
    guard squares > 0, bias.isFinite else { return shares }
    let acceleration = cubes / (6 * squares * squares.squareRoot())
    return shares.map { share in
      let moved = bias + Normal.quantile(share)
      return Normal.cumulative(bias + moved / (1 - acceleration * moved))
    }
  }
}

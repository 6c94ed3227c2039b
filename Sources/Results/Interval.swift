/// How sure a number of several values is.
public enum Interval {
  private static let draws = 1000

  /// The 95 % percentile bootstrap interval of a statistic: what it is of values drawn from the
  /// given ones, with replacement, 1000 times.
  ///
  /// - Parameters:
  ///   - values: One for each prompt.
  ///   - seed: The same seed draws the same.
  ///   - statistic: What is computed of them.
  /// - Returns: The interval; nil of fewer than two values.
  public static func bootstrap(
    _ values: [Double], seed: UInt64, _ statistic: ([Double]) -> Double
  ) -> ClosedRange<Double>? {
    guard values.count > 1 else { return nil }
    var state = seed
    var drawn = values
    let results = (0..<draws)
      .map { _ in
        for index in drawn.indices {
          drawn[index] = values[Int(next(&state) % UInt64(values.count))]
        }
        return statistic(drawn)
      }
      .sorted()
    guard results.allSatisfy(\.isFinite) else { return nil }
    return quantile(results, 0.025)...quantile(results, 0.975)
  }

  /// A quantile of sorted values, linear between them (type 7 of Hyndman and Fan).
  static func quantile(_ sorted: [Double], _ share: Double) -> Double {
    let place = share * Double(sorted.count - 1)
    let below = Int(place)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
  }

  // SplitMix64 (Steele et al. 2014).
  private static func next(_ state: inout UInt64) -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

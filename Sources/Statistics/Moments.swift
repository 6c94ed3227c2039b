/// Means, variances and what is made of them.
public enum Moments {
  /// The mean; 0 of no values.
  public static func mean(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
  }

  /// The variance of a sample (n − 1); 0 of fewer than two values.
  public static func variance(_ values: [Double]) -> Double {
    guard values.count > 1 else { return 0 }
    let center = mean(values)
    return values.reduce(0.0) { $0 + ($1 - center) * ($1 - center) } / Double(values.count - 1)
  }

  /// The deviation of a sample (n − 1).
  public static func deviation(_ values: [Double]) -> Double { variance(values).squareRoot() }

  /// Cohen's d: the difference of the means over √((s₁² + s₂²)/2); 0 where nothing varies.
  public static func cohensD(_ first: [Double], _ second: [Double]) -> Double {
    let pooled = ((variance(first) + variance(second)) / 2).squareRoot()
    return pooled > 0 ? (mean(first) - mean(second)) / pooled : 0
  }

  /// A quantile by linear interpolation between order statistics (NumPy's default).
  ///
  /// - Parameters:
  ///   - share: From 0 to 1.
  ///   - sorted: At least one value, ascending.
  /// - Returns: The quantile.
  public static func quantile(_ share: Double, of sorted: [Double]) -> Double {
    precondition(!sorted.isEmpty, "a quantile of no values")
    let place = min(max(share, 0), 1) * Double(sorted.count - 1)
    let below = Int(place)
    guard below + 1 < sorted.count else { return sorted[sorted.count - 1] }
    let rest = place - Double(below)
    // Both forms of the interpolation, as NumPy: the ends must come out exactly.
    let step = sorted[below + 1] - sorted[below]
    return rest >= 0.5 ? sorted[below + 1] - step * (1 - rest) : sorted[below] + step * rest
  }

  /// The middle value, or the mean of the two middle ones; 0 of no values.
  public static func median(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : quantile(0.5, of: values.sorted())
  }
}

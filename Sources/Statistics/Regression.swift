/// How one number goes with another.
public enum Regression {
  /// A line through points by least squares.
  public struct Line: Sendable, Hashable {
    /// y for each x.
    public var slope: Double
    /// y where x is 0.
    public var intercept: Double
    /// Pearson's correlation.
    public var correlation: Double
    /// The standard error of the slope; 0 for fewer than three points.
    public var slopeError: Double
    /// The mean square of what the line leaves.
    public var meanSquare: Double
  }

  /// The line through at least two points of different x; nil for fewer.
  public static func line(_ x: [Double], _ y: [Double]) -> Line? {
    precondition(x.count == y.count, "\(x.count) x and \(y.count) y")
    let (meanX, meanY) = (Moments.mean(x), Moments.mean(y))
    var (xx, xy, yy) = (0.0, 0.0, 0.0)
    for (a, b) in zip(x, y) {
      xx += (a - meanX) * (a - meanX)
      xy += (a - meanX) * (b - meanY)
      yy += (b - meanY) * (b - meanY)
    }
    guard x.count > 1, xx > 0 else { return nil }
    let slope = xy / xx
    let left = zip(x, y)
      .reduce(0.0) { sum, point in
        let rest = point.1 - meanY - slope * (point.0 - meanX)
        return sum + rest * rest
      }
    return Line(
      slope: slope, intercept: meanY - slope * meanX,
      correlation: yy > 0 ? min(1, max(-1, xy / (xx * yy).squareRoot())) : 0,
      slopeError: x.count > 2 ? (left / Double(x.count - 2) / xx).squareRoot() : 0,
      meanSquare: left / Double(x.count))
  }

  /// Pearson's correlation; 0 where one side does not vary.
  public static func pearson(_ x: [Double], _ y: [Double]) -> Double {
    line(x, y)?.correlation ?? 0
  }

  /// Spearman's correlation of the ranks; 0 where one side does not vary.
  public static func spearman(_ x: [Double], _ y: [Double]) -> Double {
    pearson(Ranks.of(x), Ranks.of(y))
  }
}

/// How readily a vector moves items, by the slopes of their dose-response lines.
///
/// [Tan, Chanin et al. 2024](https://arxiv.org/abs/2407.12404).
public struct Steerability: Sendable, Hashable {
  /// The slope of each item's line through (scale, value).
  public var slopes: [Double]
  /// Their mean.
  public var mean: Double
  /// Their deviation (n − 1).
  public var deviation: Double
  /// The share of items that the vector moves the wrong way: slope below 0.
  public var antiSteerable: Double
  /// The mean square of what the lines leave, over items.
  public var meanSquare: Double
  /// Spearman's correlation of scale and value, mean over items.
  public var rankCorrelation: Double

  /// Measures values, a row for each item and a column for each scale; nil for fewer than two
  /// different scales or no items.
  public init?(scales: [Double], values: [[Double]]) {
    let lines = values.compactMap { Regression.line(scales, $0) }
    guard !values.isEmpty, lines.count == values.count else { return nil }
    slopes = lines.map(\.slope)
    mean = Moments.mean(slopes)
    deviation = Moments.deviation(slopes)
    antiSteerable = Double(slopes.count { $0 < 0 }) / Double(slopes.count)
    meanSquare = Moments.mean(lines.map(\.meanSquare))
    rankCorrelation = Moments.mean(values.map { Regression.spearman(scales, $0) })
  }
}

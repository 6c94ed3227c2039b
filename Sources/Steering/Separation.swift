public import Kernels

/// How far a direction separates positive from negative activations, measured on projections.
public struct Separation: Sendable, Hashable, Codable {
  /// Chance that a random positive projects further than a random negative; ties count half.
  public var auroc: Double
  /// Difference of the means over the pooled standard deviation (Cohen's d).
  public var cohensD: Double
  /// Share of pairs whose positive projects further than its negative; ties count half.
  ///
  /// Nil where the activations are no pairs.
  public var pairedAccuracy: Double?

  /// Measures a direction on `[rows, width]` activations; for one row of each side d is 0.
  public init(
    _ direction: [Float], positive: Tensor, negative: Tensor, isPaired: Bool = true
  ) {
    let width = direction.count
    func projections(_ rows: Tensor) -> [Double] {
      (0..<rows.rows).map { VectorMath.dot(rows.row($0), direction, width) }
    }
    let (up, down) = (projections(positive), projections(negative))
    auroc = Separation.auroc(up, down)
    let (meanUp, varianceUp) = Separation.moments(up)
    let (meanDown, varianceDown) = Separation.moments(down)
    let pooled = ((varianceUp + varianceDown) / 2).squareRoot()
    cohensD = pooled > 0 ? (meanUp - meanDown) / pooled : 0
    let wins = zip(up, down).reduce(0.0) { $0 + ($1.0 > $1.1 ? 1 : $1.0 == $1.1 ? 0.5 : 0) }
    if isPaired {
      pairedAccuracy = up.isEmpty ? 0.5 : wins / Double(min(up.count, down.count))
    }
  }

  /// Area under the ROC curve by ranks (Mann–Whitney U), O(n log n).
  static func auroc(_ positive: [Double], _ negative: [Double]) -> Double {
    guard !positive.isEmpty, !negative.isEmpty else { return 0.5 }
    let all = (positive.map { ($0, true) } + negative.map { ($0, false) }).sorted { $0.0 < $1.0 }
    var rankSum = 0.0
    var start = 0
    while start < all.count {
      var end = start
      while end < all.count, all[end].0 == all[start].0 { end += 1 }
      let rank = Double(start + end + 1) / 2
      rankSum += rank * Double(all[start..<end].count { $0.1 })
      start = end
    }
    let count = Double(positive.count)
    return (rankSum - count * (count + 1) / 2) / (count * Double(negative.count))
  }

  /// Mean and sample variance.
  private static func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
    guard !values.isEmpty else { return (0, 0) }
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0.0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, values.count > 1 ? squares / Double(values.count - 1) : 0)
  }
}

public import Kernels
import Statistics

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
    auroc = Ranks.auroc(up, down)
    cohensD = Moments.cohensD(up, down)
    let wins = zip(up, down).reduce(0.0) { $0 + ($1.0 > $1.1 ? 1 : $1.0 == $1.1 ? 0.5 : 0) }
    if isPaired {
      pairedAccuracy = up.isEmpty ? 0.5 : wins / Double(min(up.count, down.count))
    }
  }
}

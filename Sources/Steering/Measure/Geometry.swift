public import Kernels
import Transformer

/// How rows of activations, or directions, lie to each other.
public enum Geometry {
  /// The mean cosine of all pairs of rows, zero rows left out; nil for fewer than two rows.
  ///
  /// Of differences of contrast pairs it foretells how well their mean steers
  /// ([Braun et al. 2025](https://arxiv.org/abs/2505.22637)).
  public static func meanPairwiseCosine(_ rows: Tensor) -> Double? {
    // Σ over i ≠ j of uᵢ·uⱼ is ‖Σ u‖² − n.
    var sum = [Double](repeating: 0, count: rows.columns)
    var count = 0
    for row in RowMath.rows(rows) {
      let norm = RowMath.norm(row)
      guard norm > 0 else { continue }
      count += 1
      for index in row.indices { sum[index] += row[index] / norm }
    }
    guard count > 1 else { return nil }
    return (RowMath.dot(sum, sum) - Double(count)) / Double(count * (count - 1))
  }

  /// The share of the rows' variance along their first principal component; nil where nothing
  /// varies.
  public static func explainedVariance(_ rows: Tensor) -> Double? {
    let centred = RowMath.centred(RowMath.rows(rows))
    let total = centred.reduce(0.0) { $0 + RowMath.dot($1, $1) }
    guard total > 0 else { return nil }
    let first = PrincipalComponent.direction(of: centred)
    let along = centred.reduce(0.0) { sum, row in
      let projection = RowMath.dot(row, first)
      return sum + projection * projection
    }
    return along / total
  }
}

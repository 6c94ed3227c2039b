import Kernels
import Transformer

/// Fisher's linear discriminant with a shrunk covariance.
///
/// w = Σ⁻¹(μ⁺ − μ⁻) with Σ = (1 − δ) S + δ (tr S / d) I, S the covariance of the rows around the
/// mean of their own side, and δ as Ledoit and Wolf estimate it
/// ([2004](https://doi.org/10.1016/S0047-259X(03)00096-4)).
enum Discriminant {
  /// Rows of both sides together: the Gram matrix of more takes too long to factorise.
  static let mostRows = LogisticProbe.mostRows

  /// w at length 1.
  ///
  /// - Throws: ``SteeringError`` for more than ``mostRows`` rows, or sides without any spread.
  static func direction(_ input: BuildMethod.Input) throws(SteeringError) -> [Float] {
    let count = input.positive.rows + input.negative.rows
    guard count <= mostRows else {
      throw SteeringError(
        .badOption,
        "vector.build: method 'lda' got \(count) activations (expected at most \(mostRows)). "
          + "Take fewer pairs, or position = 'last'.")
    }
    let rows =
      RowMath.centred(RowMath.rows(input.positive))
      + RowMath.centred(RowMath.rows(input.negative))
    let gram = RowMath.gram(rows)
    let spread = gram.indices.reduce(0.0) { $0 + gram[$1][$1] } / Double(count * input.width)
    guard spread > 0 else {
      throw SteeringError(
        .badOption,
        "vector.build: method 'lda' needs activations that differ within each side (layer "
          + "\(input.layer), \(count) activations). Give more pairs.")
    }
    let shrinkage = shrinkage(
      fourth: gram.indices.reduce(0.0) { $0 + gram[$1][$1] * gram[$1][$1] },
      square: gram.reduce(0.0) { $0 + RowMath.dot($1, $1) }, count: gram.count,
      width: input.width, spread: spread)
    // Woodbury: (aI + b XᵀX)⁻¹ m = (m − Xᵀ (a/b I + X Xᵀ)⁻¹ X m) / a, in as many dimensions as
    // there are rows.
    let difference = RowMath.differenceOfMeans(input)
    guard shrinkage < 1 else { return RowMath.unit(difference) }
    let ridge = shrinkage * spread * Double(count) / (1 - shrinkage)
    var matrix = gram
    for index in matrix.indices { matrix[index][index] += ridge }
    let projections = rows.map { RowMath.dot($0, difference) }
    guard let weights = RowMath.solve(matrix, projections) else {
      throw SteeringError(
        .notFinite,
        "vector.build: method 'lda' cannot invert the covariance at layer \(input.layer). "
          + "Give more pairs.")
    }
    let explained = RowMath.combine(rows, weights)
    return RowMath.unit(zip(difference, explained).map { $0 - $1 })
  }

  /// The same from sums over rows that were not kept.
  ///
  /// - Parameters:
  ///   - difference: μ⁺ − μ⁻.
  ///   - scatter: Σ (x − μ)(x − μ)ᵀ, μ the mean of x's side.
  ///   - fourth: Σ ‖x − μ‖⁴.
  ///   - count: Number of rows.
  ///   - layer: For messages.
  /// - Returns: w at length 1, `[width]`.
  /// - Throws: ``SteeringError`` for sides without any spread.
  static func direction(
    _ difference: [Double], scatter: SquareMatrix, fourth: Double, count: Int, _ layer: LayerIndex
  ) throws(SteeringError) -> [Double] {
    let width = scatter.size
    let spread = (0..<width).reduce(0.0) { $0 + scatter[$1, $1] } / Double(count * width)
    let shrinkage =
      spread > 0
      ? shrinkage(
        fourth: fourth, square: RowMath.dot(scatter.values, scatter.values), count: count,
        width: width, spread: spread) : 1
    guard
      let weights =
        scatter.scaled(
          by: (1 - shrinkage) / Double(count), plusDiagonal: shrinkage * spread
        )
        .solve(difference)
    else {
      throw SteeringError(
        .notFinite,
        "vector.build: method 'lda' cannot invert the covariance at layer \(layer). "
          + "Give pairs that differ within each side.")
    }
    let length = RowMath.norm(weights)
    return weights.map { length > 0 ? $0 / length : 0 }
  }

  /// δ, from 1e-6 to 1: with nothing shrunk at all, few rows have no inverse.
  ///
  /// `fourth` is Σ ‖x‖⁴ over centred rows, `square` the sum of the squared elements of Σ x xᵀ or of
  /// the Gram matrix.
  private static func shrinkage(
    fourth: Double, square: Double, count: Int, width: Int, spread: Double
  ) -> Double {
    let (count, width) = (Double(count), Double(width))
    let square = square / (count * count)
    let variance = (fourth / count - square) / (width * count)
    let distance = square / width - spread * spread
    guard distance > 0 else { return 1 }
    return min(max(min(variance, distance) / distance, 1e-6), 1)
  }
}

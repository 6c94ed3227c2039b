import Kernels

/// Sums from which means and covariances follow, of rows that need not be kept.
///
/// Rows are summed as they are from the first one, so that a large common part costs no digits.
final class RunningMoments {
  let width: Int
  private(set) var count = 0
  private let keepsSquares: Bool
  private let isShifted: Bool
  private var origin: [Double]
  private var sum: [Double]
  private var squares: SquareMatrix  // Σ y yᵀ, lower half; y is a row minus the origin
  private var lengths = 0.0  // Σ ‖y‖²
  private var squaredLengths = 0.0  // Σ ‖y‖⁴
  private var weighted: [Double]  // Σ ‖y‖² y

  /// Starts with no rows.
  ///
  /// - Parameters:
  ///   - width: Elements of a row.
  ///   - keepsSquares: Whether covariances are wanted too, `[width, width]`.
  ///   - isShifted: False where the squares are wanted as they are, not around the mean.
  init(width: Int, keepsSquares: Bool, isShifted: Bool = true) {
    self.width = width
    self.keepsSquares = keepsSquares
    self.isShifted = isShifted
    origin = Array(repeating: 0, count: width)
    sum = origin
    weighted = origin
    squares = SquareMatrix(diagonal: 0, size: keepsSquares ? width : 0)
  }

  /// Bytes that sums of squares take.
  static func bytes(width: Int) -> Int { width * width * MemoryLayout<Double>.size }

  func add(_ row: [Double]) {
    if count == 0, isShifted { origin = row }
    count += 1
    let shifted = isShifted ? RowMath.difference(row, origin) : row
    for index in 0..<width { sum[index] += shifted[index] }
    guard keepsSquares else { return }
    let square = RowMath.dot(shifted, shifted)
    lengths += square
    squaredLengths += square * square
    for index in 0..<width { weighted[index] += square * shifted[index] }
    squares.addLowerSquare(of: shifted)
  }

  func add(_ rows: Tensor) {
    for row in 0..<rows.rows { add(RowMath.row(rows, row)) }
  }

  var mean: [Double] { zip(origin, sum).map { $0 + $1 / Double(max(1, count)) } }

  /// Σ (x − mean)(x − mean)ᵀ.
  var scatter: SquareMatrix {
    var result = squares
    if count > 0 { result.addLowerSquare(of: sum, by: -1 / Double(count)) }
    return result.mirrored
  }

  /// Σ x xᵀ of rows as they are; only of sums that are not shifted.
  var product: SquareMatrix {
    precondition(!isShifted, "squares of shifted rows")
    return squares.mirrored
  }

  /// Σ ‖x − mean‖⁴.
  var centredFourth: Double {
    let n = Double(max(1, count))
    let m = sum.map { $0 / n }
    let square = RowMath.dot(m, m)
    let quadratic = RowMath.dot(m, squares.mirrored * m)
    return squaredLengths + 4 * quadratic + n * square * square - 4 * RowMath.dot(m, weighted)
      + 2 * square * lengths - 4 * square * RowMath.dot(m, sum)
  }
}

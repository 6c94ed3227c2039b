/// A weight matrix in the order in which the kernels read it.
///
/// Every output's sum runs over the inputs in one fixed order, whatever the number of rows it is
/// multiplied with, so a row alone and in a batch gets the same bits.
// Safety: written once while packing, read-only afterwards.
public final class PackedMatrix: @unchecked Sendable {
  /// Number of outputs.
  public let rows: Int
  /// Number of inputs.
  public let columns: Int
  private let source: WeightMatrix

  /// Packs a matrix; the source's bytes are not needed afterwards.
  public init(_ matrix: WeightMatrix, lanes: Lanes) {
    source = matrix
    rows = matrix.rows
    columns = matrix.columns
  }

  /// Computes `y[m, rows] = x[m, columns] · Wᵀ`.
  ///
  /// - Parameters:
  ///   - input: `[count, columns]`, row-major.
  ///   - count: Number of input rows.
  ///   - output: `[count, rows]`, row-major; must not overlap `input`.
  ///   - lanes: The threads to use.
  public func multiply(
    _ input: UnsafePointer<Float>, count: Int, into output: UnsafeMutablePointer<Float>,
    lanes: Lanes
  ) {
    let row = Tensor(count: columns)
    for index in 0..<rows {
      source.decodeRow(index, into: row.base)
      for item in 0..<count {
        output[item * rows + index] = Reference.dot(row.base, input + item * columns, columns)
      }
    }
  }
}

import CKernels

// Safety: written once while packing, read-only afterwards.
/// A weight matrix in the order in which the kernels read it.
///
/// Every output is one sum over the inputs in ascending order, whatever the number of rows it is
/// multiplied with, so a row alone and in a batch gets the same bits: those of
/// ``Reference/multiply(_:_:count:into:)``.
public final class PackedMatrix: @unchecked Sendable {
  /// Number of outputs.
  public let rows: Int
  /// Number of inputs.
  public let columns: Int
  /// How the elements are encoded.
  public let format: BlockFormat
  /// Bytes of the packed weights; about those of the checkpoint.
  public let byteCount: Int
  private let bytes: UnsafeMutableRawPointer

  /// Packs a matrix; the source's bytes are not needed afterwards.
  public init(_ matrix: WeightMatrix, lanes: Lanes) {
    rows = matrix.rows
    columns = matrix.columns
    format = matrix.format
    byteCount = ck_packed_bytes(Int32(format.rawValue), rows, columns)
    precondition(byteCount > 0, "\(rows) by \(columns) elements of \(format.name) are no matrix")
    guard let memory = ck_allocate_packed(byteCount) else {
      preconditionFailure("no memory for \(byteCount) bytes of weights")
    }
    bytes = memory
    ck_pack(lanes.pool, Int32(format.rawValue), rows, columns, matrix.bytes, bytes)
  }

  deinit { ck_free_packed(bytes) }

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
    precondition(count >= 0, "\(count) rows")
    var matrix = ck_matrix(
      format: Int32(format.rawValue), outputs: Int32(rows), inputs: Int32(columns),
      bytes: UnsafePointer(bytes.assumingMemoryBound(to: UInt8.self)))
    ck_multiply(lanes.pool, &matrix, count, input, columns, output, rows)
  }
}

import CKernels

// Safety: the bytes are read-only for the life of `owner`, so sharing them between threads is sound.
/// A weight matrix `[rows, columns]` as the checkpoint stores it, borrowed from the mapped file.
///
/// `rows` is the number of outputs. The memory belongs to `owner`, which the matrix keeps alive.
public struct WeightMatrix: @unchecked Sendable {
  /// How the elements are encoded.
  public let format: BlockFormat
  /// Number of outputs.
  public let rows: Int
  /// Number of inputs; a multiple of the format's block size.
  public let columns: Int
  /// First byte; `rows * format.byteCount(columns)` bytes follow.
  public let bytes: UnsafeRawPointer
  /// What keeps the bytes mapped.
  public let owner: AnyObject

  /// Describes borrowed bytes; the caller has checked that they are all there.
  public init(
    format: BlockFormat, rows: Int, columns: Int, bytes: UnsafeRawPointer, owner: AnyObject
  ) {
    self.format = format
    self.rows = rows
    self.columns = columns
    self.bytes = bytes
    self.owner = owner
  }

  /// Decodes one row into `columns` floats.
  public func decodeRow(_ index: Int, into row: UnsafeMutablePointer<Float>) {
    precondition(index >= 0 && index < rows, "row \(index) of \(rows)")
    format.decode(bytes + index * format.byteCount(columns), count: columns, into: row)
  }

  /// Some consecutive rows, still borrowed.
  public subscript(rows range: Range<Int>) -> WeightMatrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
    return WeightMatrix(
      format: format, rows: range.count, columns: columns,
      bytes: bytes + range.lowerBound * format.byteCount(columns), owner: owner)
  }

  /// A copy with the rows in another order.
  public func selecting(rows order: [Int]) -> WeightMatrix {
    let size = format.byteCount(columns)
    let copy = OwnedBytes(count: order.count * size)
    for (index, row) in order.enumerated() {
      precondition(row >= 0 && row < rows, "row \(row) of \(rows)")
      (copy.base + index * size).copyMemory(from: bytes + row * size, byteCount: size)
    }
    return WeightMatrix(
      format: format, rows: order.count, columns: columns, bytes: UnsafeRawPointer(copy.base),
      owner: copy)
  }

  /// A copy `[columns, rows]`; nil for formats whose elements cannot be moved one by one.
  public func transposed() -> WeightMatrix? {
    guard format.blockSize == 1 else { return nil }
    let copy = OwnedBytes(count: rows * columns * format.blockBytes)
    ck_transpose(bytes, rows, columns, format.blockBytes, copy.base)
    return WeightMatrix(
      format: format, rows: columns, columns: rows, bytes: UnsafeRawPointer(copy.base),
      owner: copy)
  }
}

/// Memory that is freed with its last user.
private final class OwnedBytes {
  let base: UnsafeMutableRawPointer

  init(count: Int) { base = .allocate(byteCount: max(count, 1), alignment: 64) }

  deinit { base.deallocate() }
}

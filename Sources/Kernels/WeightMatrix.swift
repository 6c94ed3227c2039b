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
}

public import Kernels

// Safety: the bytes are read-only for the life of `owner`.
/// A tensor as it lies in a file.
public struct StoredTensor: @unchecked Sendable {
  /// The tensor's name.
  public let name: String
  /// How its elements are encoded.
  public let format: BlockFormat
  /// Its shape, outermost dimension first; a matrix is `[outputs, inputs]`.
  public let shape: [Int]
  /// First byte.
  public let bytes: UnsafeRawPointer
  let owner: MappedFile

  /// Number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// The tensor as a matrix.
  ///
  /// - Throws: ``CheckpointError`` with code `wrongShape` unless it has two dimensions.
  public func matrix() throws(CheckpointError) -> WeightMatrix {
    guard shape.count == 2 else {
      throw CheckpointError(
        .wrongShape,
        "\(owner.path): tensor \(name) has shape \(shape) (expected two dimensions). "
          + "Convert the checkpoint again.")
    }
    return WeightMatrix(
      format: format, rows: shape[0], columns: shape[1], bytes: bytes, owner: owner)
  }

  /// The elements, decoded, outermost dimension first.
  public func floats() -> [Float] {
    let count = count
    return Array(unsafeUninitializedCapacity: count) { buffer, filled in
      if count > 0, let base = buffer.baseAddress {
        format.decode(bytes, count: count, into: base)
      }
      filled = count
    }
  }
}

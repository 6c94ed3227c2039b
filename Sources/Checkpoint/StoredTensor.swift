public import Kernels

// Safety: the bytes are read-only for the life of `owner`.
/// A tensor as it lies in a file.
public struct StoredTensor: @unchecked Sendable {
  /// The tensor's name.
  public let name: String
  /// How its elements are encoded.
  public let format: BlockFormat
  /// Its shape, outermost dimension first; a matrix is `[outputs, inputs]`.
  ///
  /// Never empty from GGUF; from safetensors it may be, and dimensions may be 0.
  public let shape: [Int]
  /// First of `byteCount` bytes, at any alignment; valid for as long as the tensor is kept.
  public let bytes: UnsafeRawPointer
  let owner: MappedFile

  /// Number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// Number of bytes.
  public var byteCount: Int { format.byteCount(count) }

  /// The tensor as a matrix, which keeps the file mapped.
  ///
  /// - Throws: ``CheckpointError`` with code `wrongShape` unless it has two dimensions, neither 0.
  public func matrix() throws(CheckpointError) -> WeightMatrix {
    guard shape.count == 2, !shape.contains(0) else {
      throw CheckpointError(
        .wrongShape,
        "\(owner.path): tensor \(name) has shape \(shape) (expected two dimensions). "
          + "Convert the checkpoint again.")
    }
    return WeightMatrix(
      format: format, rows: shape[0], columns: shape[1], bytes: bytes, owner: owner)
  }

  /// One matrix of a stack `[matrices, outputs, inputs]`, which keeps the file mapped.
  ///
  /// - Parameter index: 0-based; the tensor must have three dimensions.
  /// - Returns: `[outputs, inputs]`.
  public func matrix(_ index: Int) -> WeightMatrix {
    precondition(shape.count == 3 && (0..<shape[0]).contains(index), "\(name): matrix \(index)")
    let size = format.byteCount(shape[1] * shape[2])
    return WeightMatrix(
      format: format, rows: shape[1], columns: shape[2], bytes: bytes + index * size, owner: owner)
  }

  /// Lets the system take back the memory of some of a matrix's stored bytes, after they have been
  /// copied; does nothing where they are not a file's.
  public static func releasePages(of matrix: WeightMatrix, _ bytes: Range<Int>) {
    guard let file = matrix.owner as? MappedFile else { return }
    file.release(matrix.bytes + bytes.lowerBound, count: bytes.count)
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

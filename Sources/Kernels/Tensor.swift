/// A float32 array of rank 1 or 2, row-major, 64-byte aligned, owned by its reference.
///
/// The one buffer type of the engine: the residual stream, logits, activations and the tensors of
/// a recipe are all of this type, so nothing is converted on the way.
public final class Tensor {
  /// Number of rows; 1 for a vector.
  public let rows: Int
  /// Length of a row.
  public let columns: Int
  /// Whether the shape is `[columns]` rather than `[rows, columns]`.
  public let isVector: Bool
  /// First element; `rows * columns` floats follow.
  public let base: UnsafeMutablePointer<Float>

  /// Makes a tensor of shape `[rows, columns]`, filled with zeros.
  public init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    isVector = false
    base = Tensor.allocate(rows * columns)
  }

  /// Makes a vector of shape `[count]`, filled with zeros.
  public init(count: Int) {
    rows = 1
    columns = count
    isVector = true
    base = Tensor.allocate(count)
  }

  /// Makes a vector that holds the given values.
  public convenience init(_ values: [Float]) {
    self.init(count: values.count)
    for (index, value) in values.enumerated() { base[index] = value }
  }

  deinit { base.deallocate() }

  /// Number of elements.
  public var count: Int { rows * columns }

  /// The elements, row after row.
  public var elements: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: base, count: count)
  }

  /// First element of a row.
  public func row(_ index: Int) -> UnsafeMutablePointer<Float> {
    precondition(index >= 0 && index < rows, "row \(index) of \(rows)")
    return base + index * columns
  }

  /// A copy with the same shape.
  public func copy() -> Tensor {
    let other = isVector ? Tensor(count: columns) : Tensor(rows: rows, columns: columns)
    other.base.update(from: base, count: count)
    return other
  }

  /// The elements as an array, row after row.
  public var values: [Float] { Array(elements) }

  private static func allocate(_ count: Int) -> UnsafeMutablePointer<Float> {
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    raw.initializeMemory(as: Float.self, repeating: 0, count: max(count, 1))
    return raw.assumingMemoryBound(to: Float.self)
  }
}

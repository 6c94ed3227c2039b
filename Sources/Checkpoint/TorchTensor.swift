import Kernels

/// A tensor of a file of `torch.save`: a view of bytes in the file.
public struct TorchTensor: Sendable {
  /// How elements are stored.
  enum Element: Sendable {
    case float, half, bfloat16, double

    /// Bytes of an element.
    var size: Int {
      switch self {
      case .half, .bfloat16: 2
      case .float: 4
      case .double: 8
      }
    }
  }

  /// Elements in the file that tensors are views of.
  struct Storage: Sendable {
    let element: Element
    /// Where the first element lies in the file.
    let start: Int
    /// Number of elements.
    let count: Int
  }

  /// Its shape, outermost dimension first; empty for a number.
  public let shape: [Int]
  /// Number of elements.
  public let count: Int
  private let strides: [Int]
  private let offset: Int
  private let storage: Storage
  private let file: MappedFile

  /// Most dimensions.
  private static let mostDimensions = 8

  /// Makes a view; nil unless every element lies in the storage.
  init?(
    _ file: MappedFile, _ storage: Storage, offset: Int, shape: [Int], strides: [Int]
  ) {
    guard shape.count == strides.count, shape.count <= TorchTensor.mostDimensions, offset >= 0
    else { return nil }
    var count = 1
    var last = offset
    for (size, stride) in zip(shape, strides) {
      guard size >= 0, stride >= 0 else { return nil }
      let (product, overflows) = count.multipliedReportingOverflow(by: size)
      let (way, isFar) = max(0, size - 1).multipliedReportingOverflow(by: stride)
      let (end, isOutside) = last.addingReportingOverflow(way)
      guard !overflows, !isFar, !isOutside else { return nil }
      (count, last) = (product, end)
    }
    guard count == 0 || last < storage.count else { return nil }
    self.shape = shape
    self.count = count
    self.strides = strides
    self.offset = offset
    self.storage = storage
    self.file = file
  }

  /// The elements as float32, outermost dimension first; a float64 that is too large is infinite.
  public func floats() -> [Float] {
    guard count > 0 else { return [] }
    // Elements that lie side by side are decoded together.
    let row = strides.last == 1 ? shape[shape.count - 1] : 1
    let outer = strides.last == 1 ? shape.count - 1 : shape.count
    return Array(unsafeUninitializedCapacity: count) { buffer, filled in
      guard let base = buffer.baseAddress else { return }
      var place = [Int](repeating: 0, count: outer)
      var at = offset
      while filled < count {
        decode(at, row, into: base + filled)
        filled += row
        var dimension = outer - 1
        while dimension >= 0 {
          place[dimension] += 1
          // A dimension of one element may have any stride, so sums may go round.
          at &+= strides[dimension]
          if place[dimension] < shape[dimension] { break }
          at &-= shape[dimension] &* strides[dimension]
          place[dimension] = 0
          dimension -= 1
        }
      }
    }
  }

  private func decode(_ first: Int, _ count: Int, into values: UnsafeMutablePointer<Float>) {
    let bytes = file.base + storage.start + first * storage.element.size
    switch storage.element {
    case .float: BlockFormat.f32.decode(bytes, count: count, into: values)
    case .half: BlockFormat.f16.decode(bytes, count: count, into: values)
    case .bfloat16: BlockFormat.bf16.decode(bytes, count: count, into: values)
    case .double:
      for index in 0..<count {
        let bits = (bytes + 8 * index).loadUnaligned(as: UInt64.self)
        values[index] = Float(Double(bitPattern: UInt64(littleEndian: bits)))
      }
    }
  }
}

import Kernels
public import Transformer

/// An affine map f of the residual stream at each of several layers: what erases a concept, or keeps
/// only what a set of activations spans.
public struct AffineMap: Sendable, Hashable {
  /// The map of one layer.
  public enum AtLayer: Sendable, Hashable {
    /// f(h) = h − left (right·h − offset); `left` and `right` are `[width]`.
    case oblique(left: [Float], right: [Float], offset: Double)
    /// f(h) = M h; M is `[width, width]`, row-major.
    case matrix([Float])
  }

  /// The maps, by layer.
  public private(set) var layers: [LayerIndex: AtLayer]
  /// Elements of the rows that are mapped.
  public let width: Int
  /// What made it: `leace` or `conceptor`, or how two were combined.
  public var method: String

  /// Makes a map.
  public init(_ layers: [LayerIndex: AtLayer], width: Int, method: String) {
    self.layers = layers
    self.width = width
    self.method = method
  }

  /// The layers that are mapped, in order.
  public var indices: [LayerIndex] { layers.keys.sorted() }

  /// The matrix of a layer, `[width, width]`, row-major, without what is added to it.
  public func matrix(_ layer: LayerIndex) -> [Float]? {
    switch layers[layer] {
    case nil: return nil
    case .matrix(let values): return values
    case .oblique(let left, let right, _):
      var values: [Float] = []
      values.reserveCapacity(width * width)
      for row in 0..<width {
        for column in 0..<width {
          values.append((row == column ? 1 : 0) - left[row] * right[column])
        }
      }
      return values
    }
  }
}

extension AffineMap.AtLayer {
  /// h ← h + s (g f(h) − h).
  ///
  /// - Returns: The length of the change and of the row before it, residual-stream units.
  func apply(
    to row: UnsafeMutablePointer<Float>, scale: Float, gain: Float, width: Int
  ) -> (change: Double, before: Double) {
    let before = VectorMath.norm(row, width)
    var mapped = Array(UnsafeBufferPointer(start: row, count: width))
    switch self {
    case .oblique(let left, let right, let offset):
      let amount = VectorMath.dot(row, right, width) - offset
      VectorMath.addScaled(left, by: Float(-amount), width, to: &mapped)
    case .matrix(let values):
      values.withUnsafeBufferPointer { values in
        guard let base = values.baseAddress else { return }
        for index in 0..<width {
          mapped[index] = Float(VectorMath.dot(base + index * width, row, width))
        }
      }
    }
    var square = 0.0
    for index in 0..<width {
      let change = scale * (gain * mapped[index] - row[index])
      row[index] += change
      square += Double(change) * Double(change)
    }
    return (square.squareRoot(), before)
  }
}

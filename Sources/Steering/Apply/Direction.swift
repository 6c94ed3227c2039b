import Kernels
import Transformer

/// A layer's direction v, ready for use: its length is above 0, but for a token of a vector that
/// acts token by token.
struct Direction {
  /// `[width]`, residual-stream units; valid as long as the direction.
  var values: UnsafePointer<Float> { UnsafePointer(rows.row(row)) }
  // All directions of a steering lie together: at every row of every step they come from memory,
  // which the weights have swept out of the caches.
  private let rows: Tensor
  private let row: Int
  /// ‖v‖.
  let norm: Double
  /// What one unit of the scale is worth.
  let unit: Float
  /// For `ablate_affine`: the mean projection of the negative side on v̂, residual-stream units.
  var reference = 0.0
  /// `[width]`, length 1, orthogonal to v: with it, v spans the plane of a rotation.
  var across: [Float]?

  /// v is a row of a matrix.
  init(_ rows: Tensor, row: Int, norm: Double, unit: Float = 1) {
    self.rows = rows
    self.row = row
    self.norm = norm
    self.unit = unit
  }

  /// A copy of the elements.
  var elements: [Float] { Array(UnsafeBufferPointer(start: values, count: rows.columns)) }

  /// The part of another vector's direction at the layer that is orthogonal to this one, at
  /// length 1.
  ///
  /// - Throws: ``SteeringError`` where the two span no plane.
  func across(_ plane: ControlVector, _ layer: LayerIndex) throws(SteeringError) -> [Float] {
    guard let other = plane[layer] else {
      throw SteeringError(
        .unknownLayer,
        "steer: the plane's vector has no layer \(layer) (it has \(summary(of: plane.layers))). "
          + "Build both vectors at the same layers.")
    }
    let width = rows.columns
    guard other.count == width else {
      throw SteeringError(
        .widthMismatch,
        "steer: the plane's vector is \(other.count) wide (expected \(width)). "
          + "Build both vectors from the same model.")
    }
    let factor = VectorMath.dot(other, values, width) / (norm * norm)
    let rest = zip(other, elements).map { Double($0) - factor * Double($1) }
    let length = rest.reduce(0.0) { $0 + $1 * $1 }.squareRoot()
    // What float32 leaves of two parallel vectors is no direction.
    guard length > 1e-6 * VectorMath.norm(other, other.count) else {
      throw SteeringError(
        .zeroDirection,
        "steer: the two vectors of the plane are parallel at layer \(layer) (expected two "
          + "directions). Choose another vector for 'plane'.")
    }
    return rest.map { Float($0 / length) }
  }
}

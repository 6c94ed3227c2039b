import Kernels
public import Transformer

extension ControlVector {
  /// The sum; a layer that only one vector has keeps that one's direction.
  ///
  /// - Throws: ``SteeringError`` with code `widthMismatch`.
  public static func + (
    left: ControlVector, right: ControlVector
  ) throws(SteeringError) -> ControlVector {
    try left.checkWidth(right)
    var sum = left.directions
    for (layer, direction) in right.directions {
      sum[layer] = sum[layer].map { zip($0, direction).map { $0 + $1 } } ?? direction
    }
    return try ControlVector(sum, passport: left.passport.combined("add", right.passport))
  }

  /// The difference; a layer that only `right` has is its negative.
  ///
  /// - Throws: ``SteeringError`` with code `widthMismatch`.
  public static func - (
    left: ControlVector, right: ControlVector
  ) throws(SteeringError) -> ControlVector {
    var difference = try left + (try right.scaled(by: -1))
    difference.passport = left.passport.combined("subtract", right.passport)
    return difference
  }

  /// Every direction times a factor.
  ///
  /// - Throws: ``SteeringError`` with code `notFinite` if an element overflows.
  public func scaled(by factor: Float) throws(SteeringError) -> ControlVector {
    var result = try ControlVector(
      directions.mapValues { $0.map { $0 * factor } }, passport: passport)
    // What the direction separates turns round with its sign, and a zero separates nothing.
    if factor <= 0 { result.passport.separation = nil }
    return result
  }

  /// Every direction at length 1; a zero direction stays zero.
  public var normalized: ControlVector {
    map { _, direction in
      let norm = VectorMath.norm(direction, width)
      return norm > 0 ? direction.map { Float(Double($0) / norm) } : direction
    }
  }

  /// What remains of each direction orthogonal to another vector's: v − (v·ŵ) ŵ.
  ///
  /// Layers that `other` does not have stay as they are.
  ///
  /// - Throws: ``SteeringError`` with code `widthMismatch` or `noCommonLayer`.
  public func projectedOut(_ other: ControlVector) throws(SteeringError) -> ControlVector {
    _ = try common(other)
    var result = map { layer, direction in
      guard let away = other[layer] else { return direction }
      let square = VectorMath.dot(away, away, width)
      guard square > 0 else { return direction }
      let factor = VectorMath.dot(direction, away, width) / square
      return zip(direction, away).map { Float(Double($0) - factor * Double($1)) }
    }
    result.passport = passport.combined("project_out", other.passport)
    return result
  }

  /// The cosine at each layer that both vectors have; 0 where one is zero.
  ///
  /// - Throws: ``SteeringError`` with code `widthMismatch` or `noCommonLayer`.
  public func cosines(_ other: ControlVector) throws(SteeringError) -> [LayerIndex: Double] {
    var cosines: [LayerIndex: Double] = [:]
    for layer in try common(other) {
      guard let left = self[layer], let right = other[layer] else { continue }
      cosines[layer] = VectorMath.cosine(left, right, width)
    }
    return cosines
  }

  private func checkWidth(_ other: ControlVector) throws(SteeringError) {
    guard width == other.width else {
      throw SteeringError(
        .widthMismatch,
        "vector: widths \(width) and \(other.width) differ (expected vectors of one model). "
          + "Build both from the same model.")
    }
  }

  private func common(_ other: ControlVector) throws(SteeringError) -> [LayerIndex] {
    try checkWidth(other)
    let layers = layers.filter { other.directions[$0] != nil }
    guard !layers.isEmpty else {
      throw SteeringError(
        .noCommonLayer,
        "vector: layers \(summary(of: self.layers)) and \(summary(of: other.layers)) have none "
          + "in common. Build both at the same layers.")
    }
    return layers
  }
}

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
    guard (left.rows == 1) == (right.rows == 1) else { throw tokenwise("be added to") }
    let rows = max(left.rows, right.rows)
    let (left, right) = (try left.padded(to: rows), try right.padded(to: rows))
    var sum = left.directions
    for (layer, direction) in right.directions {
      sum[layer] = sum[layer].map { zip($0, direction).map { $0 + $1 } } ?? direction
    }
    return try ControlVector(
      sum, rows: rows, passport: left.passport.combined("add", right.passport))
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
      directions.mapValues { $0.map { $0 * factor } }, rows: rows, passport: passport)
    // What the direction separates turns round with its sign, and a zero separates nothing.
    if factor <= 0 { result.passport.separation = nil }
    if factor < 0 {
      result.passport.negativeProjections = passport.negativeProjections?.mapValues { -$0 }
    }
    return result
  }

  /// Every direction at length 1; a zero direction stays zero.
  public var normalized: ControlVector {
    map { _, direction in
      let norm = VectorMath.norm(direction, direction.count)
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
    guard rows == 1, other.rows == 1 else { throw ControlVector.tokenwise("be projected out of") }
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
    guard rows == other.rows else { throw ControlVector.tokenwise("be compared with") }
    var cosines: [LayerIndex: Double] = [:]
    for layer in try common(other) {
      guard let left = self[layer], let right = other[layer] else { continue }
      cosines[layer] = VectorMath.cosine(left, right, left.count)
    }
    return cosines
  }

  /// The same vector with zeros for further tokens.
  private func padded(to rows: Int) throws(SteeringError) -> ControlVector {
    guard rows > self.rows else { return self }
    let zeros = Array(repeating: Float(0), count: (rows - self.rows) * width)
    return try ControlVector(
      directions.mapValues { $0 + zeros }, rows: rows, passport: passport)
  }

  static func tokenwise(_ what: String) -> SteeringError {
    SteeringError(
      .badOption,
      "vector: one that acts token by token cannot \(what) another kind (expected two of one "
        + "kind). Build both by the same method.")
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

import Kernels

/// What is done to a row h of the residual stream with a direction v at strength s.
///
/// v̂ is v at length 1. Formulas and sources: `Docs/Steering.md`.
public enum Operator: Sendable, Hashable {
  /// h + s·v (all tools).
  case add
  /// h + s·v, rescaled to ‖h‖ (repeng and RepE's `normalize`).
  case addKeepNorm
  /// h − (h·v̂) v̂ ([Arditi et al. 2024](https://arxiv.org/abs/2406.11717)).
  case ablate
  /// h − (h·v̂) v̂ + s·v.
  case ablateAdd
  /// h − (h·v̂) v̂ + (r·v̂) v̂ + s·v, r the mean of the negative side
  /// ([Marshall et al. 2024](https://arxiv.org/abs/2411.09003)).
  case ablateAffine
  /// h + (c − h·v̂) v̂ with c the projection h·v̂ brought into these bounds.
  case clamp(minimum: Double, maximum: Double)
  /// h turned in a plane, ‖h‖ kept.
  case rotate(Rotation)
  /// h + s·v where cos(h, v) lies above `minimum` and below `maximum`, else h.
  case gate(minimum: Double, maximum: Double)
  /// h + s·max(0, |cos(h, v)| − threshold)·v (steering-lite).
  case cosineGate(threshold: Double)
  /// ‖h‖ times the point at share s of the arc from h/‖h‖ to v̂
  /// ([arXiv 2602.08169](https://arxiv.org/abs/2602.08169)).
  case slerp
  /// h + (s − 1)(h·v̂) v̂: the part along v times s; 0 ablates, −1 mirrors.
  case scale
  /// s·h, whatever v is.
  case scaleRow

  /// A turn in the plane of v̂ and b, or without b in the plane of h and v̂.
  ///
  /// b is the unit vector across v̂ towards a second vector, as in angular steering
  /// ([Vu et al. 2025](https://arxiv.org/abs/2510.26243)).
  public enum Rotation: Sendable, Hashable {
    /// By an angle, radians: from v̂ to b, or without a second vector from h to v̂.
    case by(Double)
    /// To an angle from v̂, radians: 0 points along v̂.
    case to(Double)
  }

  /// Names that a recipe uses in `steer`.
  public static let names = [
    "add", "add_keep_norm", "ablate", "ablate_add", "ablate_affine", "clamp", "rotate", "gate",
    "cosine_gate", "slerp", "scale",
  ]

  /// Whether the strength matters.
  public var usesScale: Bool {
    switch self {
    case .add, .addKeepNorm, .ablateAdd, .ablateAffine, .gate, .cosineGate, .slerp, .scale,
      .scaleRow:
      true
    case .ablate, .clamp, .rotate: false
    }
  }

  /// Whether the strength is one of a vector, which has a unit.
  public var usesUnit: Bool {
    switch self {
    case .add, .addKeepNorm, .ablateAdd, .ablateAffine, .gate, .cosineGate: true
    case .ablate, .clamp, .rotate, .slerp, .scale, .scaleRow: false
    }
  }

  /// What is wrong with the operator's numbers, as a sentence.
  var fault: String? {
    switch self {
    case .clamp(let minimum, let maximum) where !(minimum <= maximum):
      "clamp from \(minimum) to \(maximum) (expected min <= max)."
    case .gate(let minimum, let maximum) where !(minimum < maximum):
      "a gate above \(minimum) and below \(maximum) never opens (expected above < below)."
    case .cosineGate(let threshold) where !(threshold >= 0 && threshold < 1):
      "a cosine gate above \(threshold) (expected at least 0, less than 1)."
    case .rotate(.by(let angle)) where !angle.isFinite,
      .rotate(.to(let angle)) where !angle.isFinite:
      "the angle \(angle) is not finite. Give a number of degrees."
    default: nil
    }
  }

  /// Changes one row.
  ///
  /// - Parameters:
  ///   - row: `[width]`, changed in place.
  ///   - direction: v.
  ///   - scale: s; not read by operators that do not use it.
  ///   - width: Elements of the row.
  /// - Returns: The length of the change and of the row before it, residual-stream units.
  func apply(
    to row: UnsafeMutablePointer<Float>, _ direction: Direction, scale: Float, width: Int
  ) -> (change: Double, before: Double) {
    let before = VectorMath.norm(row, width)
    let (v, norm) = (direction.values, direction.norm)
    switch self {
    case .add:
      VectorMath.addScaled(v, by: scale, width, to: row)
      return (abs(Double(scale)) * norm, before)
    case .addKeepNorm:
      let along = VectorMath.dot(row, v, width)
      VectorMath.addScaled(v, by: scale, width, to: row)
      let after = VectorMath.norm(row, width)
      let factor = after > 0 ? before / after : 1
      Operator.multiply(row, by: factor, width)
      // ‖h′ − h‖² = 2‖h‖² − 2 h·h′ for equal lengths.
      let inner = factor * (before * before + Double(scale) * along)
      return (max(0, 2 * (before * before - inner)).squareRoot(), before)
    case .gate(let minimum, let maximum):
      let cosine = before > 0 ? VectorMath.dot(row, v, width) / (before * norm) : 0
      guard cosine > minimum, cosine < maximum else { return (0, before) }
      VectorMath.addScaled(v, by: scale, width, to: row)
      return (abs(Double(scale)) * norm, before)
    case .cosineGate(let threshold):
      let cosine = before > 0 ? VectorMath.dot(row, v, width) / (before * norm) : 0
      let factor = scale * Float(max(0, abs(cosine) - threshold))
      if factor != 0 { VectorMath.addScaled(v, by: factor, width, to: row) }
      return (abs(Double(factor)) * norm, before)
    case .slerp:
      return (Operator.slerp(row, length: before, direction, share: Double(scale), width), before)
    case .rotate(let rotation):
      let change =
        direction.across.map { rotation.turn(row, direction, $0, width) }
        ?? rotation.turn(row, length: before, direction, width)
      return (change, before)
    case .scaleRow:
      Operator.multiply(row, by: Double(scale), width)
      return (abs(Double(scale) - 1) * before, before)
    case .ablate, .ablateAdd, .ablateAffine, .clamp, .scale:
      let projection = VectorMath.dot(row, v, width) / norm
      let target: Double =
        switch self {
        case .clamp(let minimum, let maximum): min(max(projection, minimum), maximum)
        case .ablateAdd: Double(scale) * norm
        case .ablateAffine: direction.reference + Double(scale) * norm
        case .scale: Double(scale) * projection
        default: 0
        }
      let factor = Float((target - projection) / norm)
      if factor != 0 { VectorMath.addScaled(v, by: factor, width, to: row) }
      return (abs(target - projection), before)
    }
  }

  /// Moves a row along the arc to v̂; one that is parallel to it has no arc and stays.
  private static func slerp(
    _ row: UnsafeMutablePointer<Float>, length: Double, _ direction: Direction, share: Double,
    _ width: Int
  ) -> Double {
    guard length > 0 else { return 0 }
    let along = VectorMath.dot(row, direction.values, width) / (length * direction.norm)
    let angle = ScalarMath.arcCosine(min(max(along, -1), 1))
    let sine = ScalarMath.sine(angle)
    guard sine > 1e-6 else { return 0 }
    multiply(row, by: ScalarMath.sine((1 - share) * angle) / sine, width)
    let factor = ScalarMath.sine(share * angle) / sine * length / direction.norm
    VectorMath.addScaled(direction.values, by: Float(factor), width, to: row)
    return 2 * length * abs(ScalarMath.sine(share * angle / 2))
  }

  fileprivate static func multiply(
    _ row: UnsafeMutablePointer<Float>, by factor: Double, _ width: Int
  ) {
    for index in 0..<width { row[index] = Float(Double(row[index]) * factor) }
  }
}

extension Operator.Rotation {
  /// Turns a row in the plane of v̂ and `across`; returns the length of the change.
  fileprivate func turn(
    _ row: UnsafeMutablePointer<Float>, _ direction: Direction, _ across: [Float], _ width: Int
  ) -> Double {
    let along = VectorMath.dot(row, direction.values, width) / direction.norm
    let aside = VectorMath.dot(row, across, width)
    let after: (along: Double, aside: Double)
    switch self {
    case .by(let angle):
      let (cosine, sine) = (ScalarMath.cosine(angle), ScalarMath.sine(angle))
      after = (along * cosine - aside * sine, along * sine + aside * cosine)
    case .to(let angle):
      let radius = (along * along + aside * aside).squareRoot()
      after = (radius * ScalarMath.cosine(angle), radius * ScalarMath.sine(angle))
    }
    let moved = (after.along - along, after.aside - aside)
    VectorMath.addScaled(
      direction.values, by: Float(moved.0 / direction.norm), width, to: row)
    VectorMath.addScaled(across, by: Float(moved.1), width, to: row)
    return (moved.0 * moved.0 + moved.1 * moved.1).squareRoot()
  }

  /// Turns a row in the plane of itself and v̂; one that is parallel to v̂ spans none and stays.
  fileprivate func turn(
    _ row: UnsafeMutablePointer<Float>, length: Double, _ direction: Direction, _ width: Int
  ) -> Double {
    let along = VectorMath.dot(row, direction.values, width) / direction.norm
    let aside = max(0, length * length - along * along).squareRoot()
    guard aside > 1e-6 * length else { return 0 }
    let after: (along: Double, aside: Double)
    switch self {
    case .by(let angle):
      let (cosine, sine) = (ScalarMath.cosine(angle), ScalarMath.sine(angle))
      after = (along * cosine + aside * sine, aside * cosine - along * sine)
    case .to(let angle):
      after = (length * ScalarMath.cosine(angle), length * ScalarMath.sine(angle))
    }
    // h = along·v̂ + aside·q, q being the unit vector across v̂ towards h.
    let factor = after.aside / aside
    Operator.multiply(row, by: factor, width)
    VectorMath.addScaled(
      direction.values, by: Float((after.along - factor * along) / direction.norm), width, to: row)
    let moved = (after.along - along, after.aside - aside)
    return (moved.0 * moved.0 + moved.1 * moved.1).squareRoot()
  }
}

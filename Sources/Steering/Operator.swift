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
  /// h + (c − h·v̂) v̂ with c the projection h·v̂ brought into these bounds.
  case clamp(minimum: Double, maximum: Double)

  /// Names that a recipe uses.
  public static let names = ["add", "add_keep_norm", "ablate", "ablate_add", "clamp"]

  /// Whether the strength matters.
  public var usesScale: Bool {
    switch self {
    case .add, .addKeepNorm, .ablateAdd: true
    case .ablate, .clamp: false
    }
  }

  /// Changes one row.
  ///
  /// - Parameters:
  ///   - row: `[width]`, changed in place.
  ///   - direction: `[width]`, not zero.
  ///   - norm: The direction's length.
  ///   - scale: The strength; not read by operators that do not use it.
  ///   - width: Elements of the row.
  /// - Returns: The length of the change and of the row before it, residual-stream units.
  func apply(
    to row: UnsafeMutablePointer<Float>, _ direction: UnsafePointer<Float>, norm: Double,
    scale: Float, width: Int
  ) -> (change: Double, before: Double) {
    let before = VectorMath.norm(row, width)
    switch self {
    case .add:
      VectorMath.addScaled(direction, by: scale, width, to: row)
      return (abs(Double(scale)) * norm, before)
    case .addKeepNorm:
      let along = VectorMath.dot(row, direction, width)
      VectorMath.addScaled(direction, by: scale, width, to: row)
      let after = VectorMath.norm(row, width)
      let factor = after > 0 ? before / after : 1
      for index in 0..<width { row[index] = Float(Double(row[index]) * factor) }
      // ‖h′ − h‖² = 2‖h‖² − 2 h·h′ for equal lengths.
      let inner = factor * (before * before + Double(scale) * along)
      return (max(0, 2 * (before * before - inner)).squareRoot(), before)
    case .ablate, .ablateAdd, .clamp:
      let projection = VectorMath.dot(row, direction, width) / norm
      let target: Double =
        switch self {
        case .clamp(let minimum, let maximum): min(max(projection, minimum), maximum)
        case .ablateAdd: Double(scale) * norm
        default: 0
        }
      let factor = Float((target - projection) / norm)
      if factor != 0 { VectorMath.addScaled(direction, by: factor, width, to: row) }
      return (abs(target - projection), before)
    }
  }
}

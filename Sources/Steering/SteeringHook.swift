public import Transformer

/// What a steering has done, by layer: nothing is applied silently, and nothing silently not.
public final class SteeringEffect {
  /// What was done at one layer.
  public struct AtLayer: Sendable, Hashable {
    /// Rows that the steering covered.
    public var rows = 0
    /// Those of them that became others: a gate or a clamp leaves some as they are.
    public var changed = 0
    /// Sum of ‖Δ‖/‖h‖ over those rows.
    var ratioSum = 0.0

    /// Mean ‖Δ‖/‖h‖.
    public var meanRatio: Double { rows > 0 ? ratioSum / Double(rows) : 0 }
  }

  /// What was done, by layer.
  public private(set) var layers: [LayerIndex: AtLayer] = [:]

  /// Rows covered at all layers together.
  public var rows: Int { layers.values.reduce(0) { $0 + $1.rows } }

  func note(_ layer: LayerIndex, change: Double, before: Double) {
    var sums = layers[layer] ?? AtLayer()
    sums.rows += 1
    sums.changed += change > 0 ? 1 : 0
    sums.ratioSum += before > 0 ? change / before : 0
    layers[layer] = sums
  }
}

/// Steers one sequence.
final class SteeringHook: ResidualHook {
  private let steering: Steering
  private let promptLength: Int

  init(_ steering: Steering, promptLength: Int) {
    self.steering = steering
    self.promptLength = promptLength
  }

  func wants(_ site: Site) -> Bool {
    site.part == .residual && steering.directions[site.layer] != nil
  }

  func visit(_ rows: ResidualRows, at site: Site) throws {
    guard let directions = steering.directions[site.layer] else { return }
    let options = steering.options
    for row in 0..<rows.count {
      let position = rows.firstPosition + row
      guard options.positions.includes(position, promptLength: promptLength),
        !(options.exceptBOS && position == 0)
      else { continue }
      guard directions.count == 1 || position < directions.count else { return }
      let direction = directions[directions.count == 1 ? 0 : position]
      let scale = try scale(at: position) * direction.unit
      let (change, before) = options.op.apply(
        to: rows.row(row), direction, scale: scale, width: rows.width)
      // ‖h‖ + ‖Δ‖ bounds every element of the changed row.
      guard change + before < Double(Float.greatestFiniteMagnitude) else {
        throw SteeringError(
          .notFinite,
          "steer: the residual stream at \(site), position \(position), is not finite after "
            + "scale \(scale). Use a smaller scale.")
      }
      steering.effect.note(site.layer, change: change, before: before)
    }
  }

  private func scale(at position: Int) throws -> Float {
    switch steering.options.scale {
    case .constant(let scale): return scale
    case .schedule(let schedule):
      let step = max(0, position - (promptLength - 1))
      let scale = try schedule(step)
      guard scale.isFinite else {
        throw SteeringError(
          .notFinite, "steer: the schedule gave \(scale) at step \(step) (expected a number).")
      }
      return scale
    }
  }
}

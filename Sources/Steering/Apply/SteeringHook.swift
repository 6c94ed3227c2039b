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

    /// The first and the last position that the steering covered.
    public var positions: ClosedRange<Int>?

    /// Mean ‖Δ‖/‖h‖.
    public var meanRatio: Double { rows > 0 ? ratioSum / Double(rows) : 0 }
  }

  // From the embedding on; no rows where nothing was done.
  private var sums: [AtLayer] = []

  /// What was done, by layer.
  public var layers: [LayerIndex: AtLayer] {
    let done = sums.enumerated().filter { $0.element.rows > 0 }
    return Dictionary(uniqueKeysWithValues: done.map { (LayerIndex($0.offset - 1), $0.element) })
  }

  /// Rows covered at all layers together.
  public var rows: Int { sums.reduce(0) { $0 + $1.rows } }

  func note(_ layer: LayerIndex, _ position: Int, change: Double, before: Double) {
    let index = layer.number + 1
    while sums.count <= index { sums.append(AtLayer()) }
    sums[index].rows += 1
    sums[index].changed += change > 0 ? 1 : 0
    sums[index].ratioSum += before > 0 ? change / before : 0
    let known = sums[index].positions ?? position...position
    sums[index].positions = min(known.lowerBound, position)...max(known.upperBound, position)
  }
}

/// Steers one sequence.
final class SteeringHook: ResidualHook {
  private let promptLength: Int
  // Of the steering, what is asked at every row.
  private let acts: SiteTable<Steering.Act>
  private let op: Operator
  private let strength: Steering.Scale
  private let gain: Float
  private let positions: PositionRule
  private let exceptBOS: Bool
  private let effect: SteeringEffect

  init(_ steering: Steering, promptLength: Int) {
    self.promptLength = promptLength
    acts = steering.table
    op = steering.options.op
    strength = steering.options.scale
    gain = steering.options.gain
    positions = steering.options.positions
    exceptBOS = steering.options.exceptBOS
    effect = steering.effect
  }

  func wants(_ site: Site) -> Bool { acts.has(site) }

  func visit(_ rows: ResidualRows, at site: Site) throws {
    guard let act = acts[site] else { return }
    for row in 0..<rows.count {
      let position = rows.firstPosition + row
      guard positions.includes(position, promptLength: promptLength),
        !(exceptBOS && position == 0)
      else { continue }
      var scale = try scale(at: position)
      let (change, before): (Double, Double)
      switch act {
      case .direction(let direction):
        scale *= direction.unit
        (change, before) = op.apply(to: rows.row(row), direction, scale: scale, width: rows.width)
      case .tokens(let directions):
        // The first tokens of the prompt, whatever is generated after a shorter one.
        guard position < directions.count, position < promptLength else { return }
        (change, before) = op.apply(
          to: rows.row(row), directions[position], scale: scale, width: rows.width)
      case .map(let map):
        (change, before) = map.apply(
          to: rows.row(row), scale: scale, gain: gain, width: rows.width)
      }
      // ‖h‖ + ‖Δ‖ bounds every element of the changed row.
      guard change + before < Double(Float.greatestFiniteMagnitude) else {
        throw SteeringError(
          .notFinite,
          "steer: the residual stream at \(site), position \(position), is not finite after "
            + "scale \(scale). Use a smaller scale.")
      }
      effect.note(site.layer, position, change: change, before: before)
    }
  }

  private func scale(at position: Int) throws -> Float {
    switch strength {
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

public import Engine
import Kernels
import Transformer

extension Session {
  /// The log-probabilities of what follows each prompt.
  ///
  /// - Returns: For each prompt `[vocabulary]`, nats.
  func nextTokenLogProbabilities(
    _ prompts: [[Int32]], interventions: [any Intervention]
  ) throws -> [[Float]] {
    var found = prompts.map { _ in [Float]() }
    try forEachNextToken(after: prompts, interventions: interventions) { row, logits, total in
      found[row] = logits.map { Float(Double($0) - total) }
    }
    return found
  }

  /// Mean over prompts of KL(p‖q), p what follows each as it was computed before and q what follows
  /// it under interventions; nats.
  func divergence(
    of prompts: [[Int32]], from base: [[Float]], interventions: [any Intervention]
  ) throws -> Double {
    let steered = try nextTokenLogProbabilities(prompts, interventions: interventions)
    return zip(base, steered).reduce(0.0) { $0 + Divergence.between($1.0, 0, $1.1, 0, $1.0.count) }
      / Double(max(1, prompts.count))
  }

  /// Finds the scale at which steering costs a given divergence from the unsteered model.
  ///
  /// KL(unsteered‖steered) of what follows each prompt, mean over prompts. Small pushes cost the
  /// square of their scale, so the logarithms are interpolated between a scale that costs less and
  /// one that costs more, from scale 1 on; where that is slow, the interval is halved.
  ///
  /// - Parameters:
  ///   - wanted: The divergence, nats, above 0.
  ///   - prompts: Token ids.
  ///   - sign: −1 for a scale below 0.
  ///   - tolerance: How far the divergence may be from the wanted one, as a share of it.
  ///   - interventions: What acts besides, with and without the steering.
  ///   - steering: Makes the steering of a scale.
  ///   - progress: Called with the number of scales tried.
  /// - Returns: The scale and the divergence that it has.
  /// - Throws: ``SteeringError`` with code `noEffect` where no scale costs as much; `ModelError`.
  public func scale(
    costing wanted: Double, on prompts: [[Int32]], sign: Float = 1, tolerance: Double = 0.01,
    interventions: [any Intervention] = [], steering: (Float) throws -> Steering,
    progress: (Int) throws -> Void = { _ in }
  ) throws -> (scale: Float, divergence: Double) {
    guard wanted > 0, wanted.isFinite, !prompts.isEmpty, tolerance > 0 else {
      throw SteeringError(
        .badOption,
        "scale_for_kl: \(wanted) nats on \(prompts.count) prompts (expected a number above 0 and at "
          + "least one prompt). Give both.")
    }
    let base = try nextTokenLogProbabilities(prompts, interventions: interventions)
    var search = ScaleSearch(wanted: wanted)
    for tried in 1...60 {
      let scale = search.next
      let steering = try steering(sign * scale)
      let found = try divergence(
        of: prompts, from: base, interventions: interventions + [steering])
      if tried == 1 { try steering.checkActed() }
      search.note(scale, costs: found)
      try progress(tried)
      guard search.high != nil || scale < 1e6 else {
        throw SteeringError(
          .noEffect,
          "scale_for_kl: scale \(scale) costs \(found) nats (expected \(wanted)). Ask for less, or "
            + "steer at more layers or positions.")
      }
      if search.isDone(tolerance) { break }
    }
    return (sign * search.best.scale, search.best.divergence)
  }
}

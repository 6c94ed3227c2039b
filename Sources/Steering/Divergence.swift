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
    try prompts.map { prompt in
      let logits = try logits(prompt, interventions: interventions)
      let values = UnsafeBufferPointer(start: logits.base, count: logits.columns)
      let total = Elementwise.logSumExp(logits.base, count: logits.columns)
      guard total.isFinite else {
        throw SteeringError(
          .notFinite, "the logits of a prompt are not finite. Use a smaller steering scale.")
      }
      return values.map { Float(Double($0) - total) }
    }
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
  /// KL(unsteered‖steered) of what follows each prompt, mean over prompts. From scale 1 the scale is
  /// doubled or halved until the wanted divergence lies between two, then bisected.
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
    var tried = 0
    func cost(_ scale: Float) throws -> Double {
      let steering = try steering(sign * scale)
      let found = try divergence(
        of: prompts, from: base, interventions: interventions + [steering])
      if tried == 0 { try steering.checkActed() }
      tried += 1
      try progress(tried)
      return found
    }
    func isClose(_ found: Double) -> Bool { abs(found - wanted) <= tolerance * wanted }
    var (low, high): (Float, Float) = (0, 1)
    var found = try cost(high)
    var best = (scale: high, divergence: found)
    if found < wanted {
      while found < wanted, high < 1e6 {
        (low, high) = (high, high * 2)
        found = try cost(high)
        if abs(found - wanted) < abs(best.divergence - wanted) { best = (high, found) }
      }
      guard found >= wanted else {
        throw SteeringError(
          .noEffect,
          "scale_for_kl: scale \(high) costs \(found) nats (expected \(wanted)). Ask for less, or "
            + "steer at more layers or positions.")
      }
    }
    for _ in 0..<40 where !isClose(best.divergence) {
      let middle = (low + high) / 2
      found = try cost(middle)
      if abs(found - wanted) < abs(best.divergence - wanted) { best = (middle, found) }
      if found < wanted { low = middle } else { high = middle }
      if high - low <= high * 1e-6 { break }
    }
    return (sign * best.scale, best.divergence)
  }
}

import Kernels

/// Looks for the scale of a divergence between scales that are known to cost less and more.
struct ScaleSearch {
  typealias Point = (scale: Float, divergence: Double)

  let wanted: Double
  /// What costs less; nothing at scale 0.
  private(set) var low: Point = (0, 0)
  /// What costs as much or more, once there is something.
  private(set) var high: Point?
  /// What is closest to the wanted divergence.
  private(set) var best: Point = (0, 0)
  /// The scale to try.
  private(set) var next: Float = 1
  private var tried = 0

  init(wanted: Double) { self.wanted = wanted }

  /// Whether the divergence is as near as it has to be, or two scales are as near as they can be.
  func isDone(_ tolerance: Double) -> Bool {
    abs(best.divergence - wanted) <= tolerance * wanted
      || high.map { $0.scale - low.scale <= $0.scale * 1e-6 } ?? false
  }

  /// Takes in what a scale costs, and chooses the next one.
  mutating func note(_ scale: Float, costs divergence: Double) {
    tried += 1
    let point = (scale: scale, divergence: divergence)
    if tried == 1 || abs(divergence - wanted) <= abs(best.divergence - wanted) { best = point }
    if divergence < wanted { low = point } else { high = point }
    guard let high else {
      // Nothing costs enough yet: as much further as the square says, but within bounds.
      let factor = divergence > 0 ? Float((wanted / divergence).squareRoot()) : 8
      next = scale * min(max(factor * 1.05, 1.2), 8)
      return
    }
    let halved = low.scale + (high.scale - low.scale) / 2
    // Interpolation may creep up on the root from one side.
    guard tried % 4 != 0, high.divergence.isFinite else {
      next = halved
      return
    }
    var guess: Float
    if low.divergence > 0 {
      let (x0, x1) = (log(Double(low.scale)), log(Double(high.scale)))
      let (y0, y1) = (log(low.divergence), log(high.divergence))
      guess = Float(
        ScalarMath.exponential(x0 + (x1 - x0) * (log(wanted) - y0) / max(y1 - y0, 1e-300)))
    } else {
      guess = high.scale * Float((wanted / high.divergence).squareRoot())
    }
    let margin = (high.scale - low.scale) / 64
    guess = min(max(guess, low.scale + margin), high.scale - margin)
    next = guess.isFinite ? guess : halved
  }

  private func log(_ value: Double) -> Double { ScalarMath.logarithm(value) }
}

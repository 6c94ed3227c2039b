import Kernels

/// The number of successes in independent trials.
public enum Binomial {
  /// The chance of at least some number of successes.
  public static func atLeast(_ successes: Int, of trials: Int, chance: Double) -> Double {
    guard successes > 0 else { return 1 }
    guard successes <= trials else { return 0 }
    guard chance > 0 else { return 0 }
    guard chance < 1 else { return 1 }
    // log C(n, k) + k log p + (n − k) log q, one after the other; small terms first in the sum.
    let (logP, logQ) = (ScalarMath.logarithm(chance), ScalarMath.logarithm(1 - chance))
    var terms: [Double] = []
    var choose = 0.0
    for count in 0...trials {
      if count > 0 {
        choose += ScalarMath.logarithm(Double(trials - count + 1) / Double(count))
      }
      guard count >= successes else { continue }
      let logTerm = choose + Double(count) * logP + Double(trials - count) * logQ
      terms.append(ScalarMath.exponential(logTerm))
    }
    return min(1, terms.sorted().reduce(0, +))
  }

  /// The least number that is exceeded with a chance of at most `risk`.
  public static func bound(of trials: Int, chance: Double, risk: Double) -> Int {
    (0..<trials).first { atLeast($0 + 1, of: trials, chance: chance) <= risk } ?? trials
  }
}

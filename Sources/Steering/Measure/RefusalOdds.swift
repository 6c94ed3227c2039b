import Kernels

/// How likely a model begins an answer with one of the tokens that refusals begin with.
public enum RefusalOdds {
  /// The logarithm of the odds.
  ///
  /// 1e-8 keeps both logarithms finite, as in
  /// [Arditi et al. 2024](https://arxiv.org/abs/2406.11717).
  ///
  /// - Parameter chance: p, the probability of all these tokens together.
  /// - Returns: log p − log(1 − p), nats.
  public static func of(_ chance: Double) -> Double {
    ScalarMath.logarithm(chance + 1e-8) - ScalarMath.logarithm(max(1 - chance, 0) + 1e-8)
  }
}

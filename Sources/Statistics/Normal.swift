import Kernels

/// The standard normal distribution.
public enum Normal {
  /// The chance of a value of at most x; absolute error below 1e-15.
  public static func cumulative(_ x: Double) -> Double {
    guard x.isFinite else { return x > 0 ? 1 : 0 }
    let density = ScalarMath.exponential(-x * x / 2) / (2 * Double.pi).squareRoot()
    guard abs(x) < 6 else {
      // Laplace's continued fraction of the tail.
      var fraction = abs(x)
      for step in stride(from: 60, through: 1, by: -1) {
        fraction = abs(x) + Double(step) / fraction
      }
      return x > 0 ? 1 - density / fraction : density / fraction
    }
    // Φ(x) = ½ + φ(x) (x + x³/3 + x⁵/(3·5) + …), Marsaglia, doi:10.18637/jss.v011.i04.
    var (sum, term, odd) = (x, x, 1.0)
    while sum + term != sum || odd == 1 {
      odd += 2
      term *= x * x / odd
      sum += term
      if term == 0 { break }
    }
    return 0.5 + density * sum
  }

  /// The value below which lies a share of the distribution, by bisection; ±∞ for 1 and 0.
  public static func quantile(_ share: Double) -> Double {
    guard share > 0 else { return -.infinity }
    guard share < 1 else { return .infinity }
    var (low, high) = (-40.0, 40.0)
    for _ in 0..<120 {
      let middle = (low + high) / 2
      if cumulative(middle) < share { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}

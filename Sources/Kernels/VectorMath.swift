/// Small operations on vectors of the residual stream; sums run in float64, in one fixed order.
public enum VectorMath {
  /// Σ left · right.
  public static func dot(
    _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>, _ count: Int
  ) -> Double {
    var sums = (0.0, 0.0, 0.0, 0.0)
    var index = 0
    while index + 4 <= count {
      sums.0 += Double(left[index]) * Double(right[index])
      sums.1 += Double(left[index + 1]) * Double(right[index + 1])
      sums.2 += Double(left[index + 2]) * Double(right[index + 2])
      sums.3 += Double(left[index + 3]) * Double(right[index + 3])
      index += 4
    }
    while index < count {
      sums.0 += Double(left[index]) * Double(right[index])
      index += 1
    }
    return (sums.0 + sums.1) + (sums.2 + sums.3)
  }

  /// The Euclidean length.
  public static func norm(_ x: UnsafePointer<Float>, _ count: Int) -> Double {
    dot(x, x, count).squareRoot()
  }

  /// `target += factor · source`.
  public static func addScaled(
    _ source: UnsafePointer<Float>, by factor: Float, _ count: Int,
    to target: UnsafeMutablePointer<Float>
  ) {
    for index in 0..<count { target[index] += factor * source[index] }
  }

  /// The cosine of the angle between two vectors; 0 if either is zero.
  public static func cosine(
    _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>, _ count: Int
  ) -> Double {
    let product = norm(left, count) * norm(right, count)
    return product > 0 ? dot(left, right, count) / product : 0
  }
}

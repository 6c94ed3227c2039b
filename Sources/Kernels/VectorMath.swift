import CKernels

/// Small operations on vectors of the residual stream; sums run in float64, in one fixed order.
public enum VectorMath {
  /// Σ left · right.
  public static func dot(
    _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>, _ count: Int
  ) -> Double {
    ck_dot(left, right, count)
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
    ck_add_scaled(source, factor, count, target)
  }

  /// The cosine of the angle between two vectors; 0 if either is zero.
  public static func cosine(
    _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>, _ count: Int
  ) -> Double {
    let product = norm(left, count) * norm(right, count)
    return product > 0 ? dot(left, right, count) / product : 0
  }
}

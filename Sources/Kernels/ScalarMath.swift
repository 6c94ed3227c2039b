#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The C library's functions of one number, so that only one file asks which library it is.
public enum ScalarMath {
  /// eˣ.
  public static func exponential(_ x: Double) -> Double { exp(x) }

  /// ln x.
  public static func logarithm(_ x: Double) -> Double { log(x) }

  /// cos x, of radians.
  public static func cosine(_ x: Double) -> Double { cos(x) }

  /// sin x, of radians.
  public static func sine(_ x: Double) -> Double { sin(x) }

  /// The angle from 0 to π whose cosine is x, radians.
  public static func arcCosine(_ x: Double) -> Double { acos(x) }

  /// tanh x.
  public static func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }

  /// base ^ exponent.
  public static func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
}

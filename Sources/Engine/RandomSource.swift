import Kernels

/// A seeded generator whose stream is the same on every machine.
///
/// SplitMix64 ([Steele et al. 2014](https://doi.org/10.1145/2660193.2660195)).
public struct RandomSource: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Starts a stream.
  public init(seed: UInt64) { state = seed }

  /// Starts the stream number `index` of a seed; streams of different numbers are unrelated.
  public init(seed: UInt64, stream index: Int) {
    var mixer = RandomSource(seed: seed)
    let base = mixer.next()
    state = base ^ (UInt64(truncatingIfNeeded: index) &* 0xd134_2543_de82_ef95)
  }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// A number from 0 up to, not including, 1; 53 random bits.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A standard normal number (Box–Muller; the second of each pair is not used).
  public mutating func normal() -> Double {
    let radius = (-2 * ScalarMath.logarithm(1 - uniform())).squareRoot()
    return radius * ScalarMath.cosine(2 * Double.pi * uniform())
  }
}

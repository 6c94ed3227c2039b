/// A generator that gives the same numbers for the same seed on every machine: SplitMix64.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Starts the sequence of a seed.
  public init(seed: UInt64) { state = seed }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
    return bits ^ (bits >> 31)
  }

  /// Floats that are uniform in `(-limit, limit)`.
  public mutating func floats(_ count: Int, limit: Float = 1) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(count)
    let unit = limit / 8_388_608  // 2^23
    for _ in 0..<count {
      values.append(Float(Int32(truncatingIfNeeded: next()) >> 8) * unit)
    }
    return values
  }

  /// Uniform random bytes.
  public mutating func bytes(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count {
      withUnsafeBytes(of: next().littleEndian) { bytes.append(contentsOf: $0) }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }
}

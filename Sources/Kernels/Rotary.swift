import CKernels

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Cosines and sines of the rotary position embedding.
///
/// As in [arXiv:2104.09864](https://arxiv.org/abs/2104.09864). Angles are computed in float64 once for each position and kept. Not for use by two tasks at
/// once.
public final class RotaryTable {
  /// How the two members of a rotated pair lie in a head.
  public enum Pairing: Sendable {
    /// Elements 2i and 2i+1, as llama GGUF checkpoints are permuted.
    case interleaved
    /// Elements i and i + half, as Hugging Face and NeoX order them.
    case halves
  }

  /// Number of rotated elements of a head; the rest passes unchanged.
  public let rotated: Int
  /// How pairs lie in a head.
  public let pairing: Pairing
  private let inverseFrequencies: [Double]
  private let magnitude: Double
  // [positions, pairs]; positions that no row has reached are missing.
  private var cosines: [Float] = []
  private var sines: [Float] = []

  /// Makes a table from the inverse frequencies, one for each pair.
  ///
  /// - Parameters:
  ///   - inverseFrequencies: Radians a position.
  ///   - pairing: How pairs lie in a head.
  ///   - magnitude: Factor on what is rotated (the attention factor of longrope).
  public init(inverseFrequencies: [Double], pairing: Pairing, magnitude: Double = 1) {
    self.magnitude = magnitude
    self.inverseFrequencies = inverseFrequencies
    self.pairing = pairing
    rotated = inverseFrequencies.count * 2
  }

  /// Rotates every head of `[rows, heads, headWidth]` in place; row r is at `firstPosition + r`.
  public func rotate(
    _ x: UnsafeMutablePointer<Float>, rows: Int, heads: Int, headWidth: Int, firstPosition: Int,
    lanes: Lanes? = nil
  ) {
    let pairs = inverseFrequencies.count
    precondition(rotated <= headWidth && firstPosition >= 0, "\(rotated) of \(headWidth) rotated")
    reach(firstPosition + rows)
    cosines.withUnsafeBufferPointer { cosines in
      sines.withUnsafeBufferPointer { sines in
        guard let cosine = cosines.baseAddress, let sine = sines.baseAddress else { return }
        ck_rotate(
          lanes?.pool, x, rows, heads, headWidth, pairs, pairing == .interleaved ? 1 : 0,
          cosine + firstPosition * pairs, sine + firstPosition * pairs)
      }
    }
  }

  /// Computes the angles of positions before `end`.
  private func reach(_ end: Int) {
    let pairs = inverseFrequencies.count
    guard pairs > 0, cosines.count < end * pairs else { return }
    let known = cosines.count / pairs
    cosines.reserveCapacity(max(end, 2 * known) * pairs)
    sines.reserveCapacity(max(end, 2 * known) * pairs)
    for position in known..<max(end, known + 64) {
      for frequency in inverseFrequencies {
        let angle = Double(position) * frequency
        cosines.append(Float(magnitude * cos(angle)))
        sines.append(Float(magnitude * sin(angle)))
      }
    }
  }
}

import Glibc

/// Cosines and sines of the rotary position embedding ([Su et al. 2021](https://arxiv.org/abs/2104.09864)).
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

  /// Makes a table from the inverse frequencies, one for each pair.
  public init(inverseFrequencies: [Double], pairing: Pairing) {
    self.inverseFrequencies = inverseFrequencies
    self.pairing = pairing
    rotated = inverseFrequencies.count * 2
  }

  /// Rotates every head of `[rows, heads, headWidth]` in place; row r is at `firstPosition + r`.
  public func rotate(
    _ x: UnsafeMutablePointer<Float>, rows: Int, heads: Int, headWidth: Int, firstPosition: Int
  ) {
    let half = rotated / 2
    for row in 0..<rows {
      for head in 0..<heads {
        let start = x + (row * heads + head) * headWidth
        for pair in 0..<half {
          let angle = Double(firstPosition + row) * inverseFrequencies[pair]
          let cosine = Float(cos(angle))
          let sine = Float(sin(angle))
          let first = pairing == .halves ? pair : 2 * pair
          let second = pairing == .halves ? pair + half : 2 * pair + 1
          let a = start[first]
          let b = start[second]
          start[first] = a * cosine - b * sine
          start[second] = a * sine + b * cosine
        }
      }
    }
  }
}

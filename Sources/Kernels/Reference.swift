#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Naive twins of the kernels: the specification that the tests quote.
public enum Reference {
  /// The dot product, summed in the order of the elements with fused multiply-adds.
  public static func dot(
    _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>, _ count: Int
  ) -> Float {
    var sum: Float = 0
    for index in 0..<count { sum.addProduct(left[index], right[index]) }
    return sum
  }

  /// `y[m, rows] = x[m, columns] · Wᵀ`: what ``PackedMatrix`` computes, bit for bit.
  public static func multiply(
    _ matrix: WeightMatrix, _ input: UnsafePointer<Float>, count: Int,
    into output: UnsafeMutablePointer<Float>
  ) {
    let row = Tensor(count: matrix.columns)
    for index in 0..<matrix.rows {
      matrix.decodeRow(index, into: row.base)
      for item in 0..<count {
        output[item * matrix.rows + index] = dot(
          row.base, input + item * matrix.columns, matrix.columns)
      }
    }
  }

  /// Root-mean-square norm of one row, in float64.
  public static func rmsNorm(_ x: [Float], weight: [Float], epsilon: Float) -> [Double] {
    let mean = x.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(x.count)
    let scale = 1 / (mean + Double(epsilon)).squareRoot()
    return zip(x, weight).map { Double($0) * scale * Double($1) }
  }

  /// Layer norm of one row, in float64.
  public static func layerNorm(
    _ x: [Float], weight: [Float], bias: [Float], epsilon: Float
  ) -> [Double] {
    let mean = x.reduce(0.0) { $0 + Double($1) } / Double(x.count)
    let variance = x.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    let scale = 1 / (variance / Double(x.count) + Double(epsilon)).squareRoot()
    return x.indices.map { (Double(x[$0]) - mean) * scale * Double(weight[$0]) + Double(bias[$0]) }
  }

  /// The activation of a feed-forward layer, in float64.
  public static func activation(_ kind: Elementwise.Gate, _ x: Double) -> Double {
    switch kind {
    case .silu: x / (1 + exp(-x))
    case .geluTanh: 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .gelu: 0.5 * x * (1 + erf(x / 2.0.squareRoot()))
    }
  }

  /// `cap * tanh(x / cap)`, in float64.
  public static func softCap(_ x: Double, cap: Double) -> Double { cap * tanh(x / cap) }

  /// Probabilities of one row of logits, in float64.
  public static func softmax(_ x: [Float]) -> [Double] {
    let total = logSumExp(x)
    return x.map { exp(Double($0) - total) }
  }

  /// log Σ exp(x), in float64.
  public static func logSumExp(_ x: [Float]) -> Double {
    let top = Double(x.max() ?? -.infinity)
    return top + log(x.reduce(0.0) { $0 + exp(Double($1) - top) })
  }

  /// Rotates one head in place: what ``RotaryTable`` computes, bit for bit.
  public static func rotate(
    _ head: inout [Float], position: Int, inverseFrequencies: [Double],
    pairing: RotaryTable.Pairing
  ) {
    for (pair, frequency) in inverseFrequencies.enumerated() {
      let cosine = Float(cos(Double(position) * frequency))
      let sine = Float(sin(Double(position) * frequency))
      let first = pairing == .halves ? pair : 2 * pair
      let second = pairing == .halves ? pair + inverseFrequencies.count : 2 * pair + 1
      let a = head[first]
      let b = head[second]
      head[first] = a * cosine - b * sine
      head[second] = a * sine + b * cosine
    }
  }

  /// Attention of one query head over `[positions, headWidth]` keys and values, in float64.
  ///
  /// The query is at the last position.
  public static func attend(
    query: [Float], keys: [[Float]], values: [[Float]], shape: AttentionShape
  ) -> [Double] {
    let first = shape.window > 0 ? max(0, keys.count - shape.window) : 0
    let scores = keys[first...]
      .map { key in
        let score = zip(query, key).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        let scaled = score * Double(shape.scale)
        let cap = Double(shape.softCap)
        return cap > 0 ? cap * tanh(scaled / cap) : scaled
      }
    let top = scores.max() ?? 0
    let weights = scores.map { exp($0 - top) }
    let total = weights.reduce(0, +)
    return query.indices.map { index in
      zip(weights, values[first...]).reduce(0.0) { $0 + $1.0 / total * Double($1.1[index]) }
    }
  }
}

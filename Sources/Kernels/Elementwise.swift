import CKernels

#if canImport(Glibc)
import Glibc
#endif

/// Element-wise and row-wise steps of a block, over `[rows, width]` row-major buffers.
///
/// Each row's result depends on that row alone and is the same bits on every machine and for every
/// number of threads.
public enum Elementwise {
  /// Root-mean-square norm of each row, `x / sqrt(mean(x²) + epsilon) * weight`
  /// ([Zhang & Sennrich 2019](https://arxiv.org/abs/1910.07467)). `output` may be `input`.
  public static func rmsNorm(
    _ input: UnsafePointer<Float>, rows: Int, width: Int, weight: UnsafePointer<Float>,
    epsilon: Float, into output: UnsafeMutablePointer<Float>
  ) {
    for row in 0..<rows {
      let x = input + row * width
      var sum: Float = 0
      for index in 0..<width { sum += x[index] * x[index] }
      let scale = 1 / (sum / Float(width) + epsilon).squareRoot()
      for index in 0..<width { output[row * width + index] = x[index] * scale * weight[index] }
    }
  }

  /// `target += source`, element by element.
  public static func add(
    _ source: UnsafePointer<Float>, count: Int, to target: UnsafeMutablePointer<Float>
  ) {
    for index in 0..<count { target[index] += source[index] }
  }

  /// Adds the same `[width]` row to every row of `target`.
  public static func addRow(
    _ row: UnsafePointer<Float>, rows: Int, width: Int, to target: UnsafeMutablePointer<Float>
  ) {
    for index in 0..<(rows * width) { target[index] += row[index % width] }
  }

  /// `target *= factor`.
  public static func scale(_ target: UnsafeMutablePointer<Float>, count: Int, by factor: Float) {
    for index in 0..<count { target[index] *= factor }
  }

  /// The gated activation of the feed-forward layer.
  public enum Gate: Sendable { case silu, geluTanh, gelu }

  /// `gate = activation(gate) * up`.
  public static func gate(
    _ kind: Gate, _ gate: UnsafeMutablePointer<Float>, with up: UnsafePointer<Float>, count: Int
  ) {
    for index in 0..<count {
      let x = gate[index]
      let activated: Float =
        switch kind {
        case .silu: x / (1 + expf(-x))
        case .geluTanh: 0.5 * x * (1 + tanhf(0.797_884_6 * (x + 0.044715 * x * x * x)))
        case .gelu: 0.5 * x * (1 + erff(x * 0.707_106_77))
        }
      gate[index] = activated * up[index]
    }
  }

  /// `x = cap * tanh(x / cap)`, the soft-capping of Gemma 2.
  public static func softCap(_ x: UnsafeMutablePointer<Float>, count: Int, cap: Float) {
    for index in 0..<count { x[index] = cap * tanhf(x[index] / cap) }
  }

  /// log Σ exp(x), accumulated in float64.
  public static func logSumExp(_ x: UnsafePointer<Float>, count: Int) -> Double {
    var top = -Float.infinity
    for index in 0..<count { top = max(top, x[index]) }
    var sum = 0.0
    for index in 0..<count { sum += exp(Double(x[index] - top)) }
    return Double(top) + log(sum)
  }
}

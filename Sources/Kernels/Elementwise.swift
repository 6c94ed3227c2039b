import CKernels

/// Element-wise and row-wise steps of a block, over `[rows, width]` row-major buffers.
///
/// Each row's result depends on that row alone and is the same bits on every machine and for every
/// number of threads. Where `lanes` is given, large work is shared by its threads.
public enum Elementwise {
  /// Root-mean-square norm of each row, `x / sqrt(mean(x²) + epsilon) * weight`
  /// ([Zhang & Sennrich 2019](https://arxiv.org/abs/1910.07467)).
  ///
  /// Sums run in float32, in 16 interleaved partial sums. `output` may be `input`.
  public static func rmsNorm(
    _ input: UnsafePointer<Float>, rows: Int, width: Int, weight: UnsafePointer<Float>,
    epsilon: Float, into output: UnsafeMutablePointer<Float>, lanes: Lanes? = nil
  ) {
    ck_rms_norm(lanes?.pool, input, rows, width, weight, epsilon, output)
  }

  /// Layer norm of each row, `(x − mean) / sqrt(variance + epsilon) * weight + bias`.
  ///
  /// As in [arXiv:1607.06450](https://arxiv.org/abs/1607.06450). The variance is that of the row itself, not an estimate. `output` may be `input`.
  public static func layerNorm(
    _ input: UnsafePointer<Float>, rows: Int, width: Int, weight: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, epsilon: Float, into output: UnsafeMutablePointer<Float>,
    lanes: Lanes? = nil
  ) {
    ck_layer_norm(lanes?.pool, input, rows, width, weight, bias, epsilon, output)
  }

  /// `target += source`, element by element.
  public static func add(
    _ source: UnsafePointer<Float>, count: Int, to target: UnsafeMutablePointer<Float>,
    lanes: Lanes? = nil
  ) {
    ck_add(lanes?.pool, source, count, target)
  }

  /// Adds the same `[width]` row to every row of `target`.
  public static func addRow(
    _ row: UnsafePointer<Float>, rows: Int, width: Int, to target: UnsafeMutablePointer<Float>,
    lanes: Lanes? = nil
  ) {
    ck_add_row(lanes?.pool, row, rows, width, target)
  }

  /// `target *= factor`.
  public static func scale(
    _ target: UnsafeMutablePointer<Float>, count: Int, by factor: Float, lanes: Lanes? = nil
  ) {
    ck_scale(lanes?.pool, target, count, factor)
  }

  /// The gated activation of the feed-forward layer.
  public enum Gate: Sendable {
    /// `x / (1 + exp(−x))`.
    case silu
    /// `x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2`.
    case geluTanh
    /// `x (1 + erf(x / √2)) / 2`.
    case gelu

    fileprivate var number: Int32 {
      switch self {
      case .silu: Int32(CK_SILU)
      case .geluTanh: Int32(CK_GELU_TANH)
      case .gelu: Int32(CK_GELU)
      }
    }
  }

  /// `gate = activation(gate) * up`, the activation within 4e-7 of |gate|.
  public static func gate(
    _ kind: Gate, _ gate: UnsafeMutablePointer<Float>, with up: UnsafePointer<Float>, count: Int,
    lanes: Lanes? = nil
  ) {
    ck_gate(lanes?.pool, kind.number, gate, up, count)
  }

  /// `x = activation(x)`, for feed-forward layers without a gate.
  public static func activate(
    _ kind: Gate, _ x: UnsafeMutablePointer<Float>, count: Int, lanes: Lanes? = nil
  ) {
    ck_gate(lanes?.pool, kind.number, x, nil, count)
  }

  /// `x = cap * tanh(x / cap)`, the soft-capping of Gemma 2.
  public static func softCap(
    _ x: UnsafeMutablePointer<Float>, count: Int, cap: Float, lanes: Lanes? = nil
  ) {
    ck_soft_cap(lanes?.pool, x, count, cap)
  }

  /// Turns each row of logits into probabilities.
  public static func softmax(
    _ x: UnsafeMutablePointer<Float>, rows: Int, width: Int, lanes: Lanes? = nil
  ) {
    ck_softmax(lanes?.pool, x, rows, width)
  }

  /// log Σ exp(x), exponentials in float32 and their sum in float64.
  ///
  /// Minus infinity for no elements.
  public static func logSumExp(_ x: UnsafePointer<Float>, count: Int) -> Double {
    var result = -Double.infinity
    if count > 0 { ck_log_sum_exp(nil, x, 1, count, &result) }
    return result
  }

  /// The place of the greatest element, the first where several are; 0 for none.
  public static func indexOfLargest(_ x: UnsafePointer<Float>, count: Int) -> Int {
    ck_index_of_largest(x, count)
  }

  /// log Σ exp(x) of each row of `[rows, width]`.
  public static func logSumExp(
    _ x: UnsafePointer<Float>, rows: Int, width: Int, lanes: Lanes
  ) -> [Double] {
    var result = [Double](repeating: -.infinity, count: rows)
    if width > 0 { ck_log_sum_exp(lanes.pool, x, rows, width, &result) }
    return result
  }
}

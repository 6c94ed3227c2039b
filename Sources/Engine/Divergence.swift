import Kernels
import Transformer

/// How far steering moves what a model says next, mean over positions.
public struct Divergence: Sendable, Hashable {
  /// KL(p without ‖ p with), nats.
  public let kl: Double
  /// The largest of the positions, nats.
  public let largest: Double
  /// The share of positions at which the likeliest token stays the same.
  public let agreement: Double
  /// Number of positions.
  public let tokens: Int

  /// Makes a result.
  public init(kl: Double, largest: Double, agreement: Double, tokens: Int) {
    self.kl = kl
    self.largest = largest
    self.agreement = agreement
    self.tokens = tokens
  }

  /// KL(p‖q) = Σ p (log p − log q) in float64, nats; rounding may leave a little below 0, which
  /// counts as 0.
  ///
  /// - Parameters:
  ///   - p: `[count]`, logits.
  ///   - pTotal: log Σ exp of them; 0 where they are log-probabilities.
  ///   - q: `[count]`, logits.
  ///   - qTotal: log Σ exp of them.
  ///   - count: Number of tokens.
  /// - Returns: The divergence.
  public static func between(
    _ p: UnsafePointer<Float>, _ pTotal: Double, _ q: UnsafePointer<Float>, _ qTotal: Double,
    _ count: Int
  ) -> Double {
    var sum = 0.0
    for index in 0..<count {
      let logP = Double(p[index]) - pTotal
      let logQ = Double(q[index]) - qTotal
      sum += ScalarMath.exponential(logP) * (logP - logQ)
    }
    return max(0, sum)
  }
}

extension Session {
  /// Compares the next-token distributions of a text with and without interventions.
  ///
  /// - Parameters:
  ///   - tokens: The text.
  ///   - first: The first position whose prediction is compared; only rows from there are read.
  ///   - promptLength: Where the prompt ends that position rules speak of; nil: all is prompt.
  ///   - interventions: What is compared with none.
  ///   - common: What acts on both.
  /// - Returns: Means over positions.
  /// - Throws: `ModelError` for no position; what a hook throws.
  public func divergence(
    _ tokens: [Int32], from first: Int = 0, promptLength: Int? = nil,
    interventions: [any Intervention], common: [any Intervention] = []
  ) throws -> Divergence {
    guard (0..<tokens.count).contains(first) else {
      throw ModelError(
        .emptyInput,
        "divergence: position \(first) of \(tokens.count) tokens (expected one that there is). "
          + "Choose another.")
    }
    let prompt = Array(tokens.prefix(promptLength ?? tokens.count))
    func hidden(_ acting: [any Intervention]) throws -> Tensor {
      try decoder.step([
        Segment(
          cache: KVCache(model.sizes), tokens: tokens,
          hooks: try acting.hooks(for: SequencePlace(row: 0, prompt: prompt)),
          readout: .rows(from: first))
      ])
    }
    let without = try hidden(common)
    let with = try hidden(common + interventions)
    var (sum, largest, agreed) = (0.0, 0.0, 0)
    // A few rows at a time: the logits of a long text take more memory than the model.
    for start in stride(from: 0, to: without.rows, by: 32) {
      let rows = start..<min(start + 32, without.rows)
      let (base, moved) = (
        decoder.logits(of: without, rows: rows), decoder.logits(of: with, rows: rows)
      )
      let baseTotals = totals(base)
      let movedTotals = totals(moved)
      for row in 0..<rows.count {
        guard baseTotals[row].isFinite, movedTotals[row].isFinite else {
          throw ModelError(
            .notFinite,
            "the logits after token \(first + start + row) are not finite. Use a smaller steering "
              + "scale.")
        }
        let kl = withExtendedLifetime((base, moved)) {
          Divergence.between(
            base.row(row), baseTotals[row], moved.row(row), movedTotals[row], base.columns)
        }
        sum += kl
        largest = max(largest, kl)
        agreed += withExtendedLifetime((base, moved)) {
          Elementwise.indexOfLargest(base.row(row), count: base.columns)
            == Elementwise.indexOfLargest(moved.row(row), count: moved.columns) ? 1 : 0
        }
      }
    }
    return Divergence(
      kl: sum / Double(without.rows), largest: largest,
      agreement: Double(agreed) / Double(without.rows), tokens: without.rows)
  }

  private func totals(_ logits: Tensor) -> [Double] {
    Elementwise.logSumExp(
      logits.base, rows: logits.rows, width: logits.columns, lanes: model.lanes)
  }
}

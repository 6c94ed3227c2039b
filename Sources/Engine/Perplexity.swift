import Kernels
import Transformer

/// How well a model predicts a text.
public struct Perplexity: Sendable, Hashable {
  /// e to the mean negative log-probability.
  public let perplexity: Double
  /// Mean negative log-probability of a scored token, nats.
  public let nll: Double
  /// Number of scored tokens.
  public let tokens: Int
}

extension Session {
  /// Strided perplexity: windows of `context` tokens, `stride` apart, each token scored once.
  ///
  /// The first window scores all tokens but its first, later ones those that the windows before
  /// did not score (the method of the Transformers documentation).
  ///
  /// - Throws: `ModelError` for a text of fewer than two tokens, or a stride that is not from 1 to
  ///   below `context`; what a hook throws.
  public func perplexity(
    _ tokens: [Int32], context: Int = 512, stride: Int = 256,
    interventions: [any Intervention] = [], progress: (Int) throws -> Void = { _ in }
  ) throws -> Perplexity {
    guard tokens.count > 1, (1..<max(context, 2)).contains(stride), context > 1 else {
      throw ModelError(
        .emptyInput,
        "perplexity: \(tokens.count) tokens, context \(context), stride \(stride) "
          + "(expected at least 2 tokens, a context above 1, a stride below the context).")
    }
    var sum = 0.0
    var scored = 1  // token 0 has nothing before it
    var start = 0
    while scored < tokens.count {
      let end = min(start + context, tokens.count)
      let window = Array(tokens[start..<end])
      let first = scored - start  // first token of the window that is scored here
      let hidden = try run(window, reading: .rows(from: first - 1), interventions)
      let values = try logProbabilities(of: Array(window[first...]), after: hidden, from: 0)
      sum -= values.reduce(0.0) { $0 + Double($1) }
      scored = end
      start += stride
      try progress(scored)
    }
    let nll = sum / Double(tokens.count - 1)
    return Perplexity(perplexity: ScalarMath.exponential(nll), nll: nll, tokens: tokens.count - 1)
  }
}

import Checkpoint
import Kernels
import TestSupport
import Testing

@testable import Transformer

/// How near Transformers' float32 results are; both sides sum in float32, in other orders.
private struct Tolerance {
  /// Log-probabilities, nats.
  let logProbability: Double
  /// Residual stream, relative to its length.
  let residual: Double

  init(_ arithmetic: Arithmetic) {
    switch arithmetic {
    case .exact: (logProbability, residual) = (2e-3, 1e-3)
    // Each product of a block is off by some 4e-5, and thirty blocks add up.
    case .precise: (logProbability, residual) = (1e-2, 2e-3)
    // Each by some 1e-2: what 8 bits cost, here as in llama.cpp.
    case .fast: (logProbability, residual) = (2, 0.3)
    }
  }
}

@Suite("The forward pass against Transformers")
struct ForwardGoldenTests {
  @Test(
    "SmolLM2 (llama, Q4_1): log-probabilities, top tokens and residual stream match",
    .enabled(if: available("smollm2-135m-instruct-q4_1"), "needs ../shared and the model"),
    arguments: Arithmetic.allCases)
  func smolLM2(arithmetic: Arithmetic) throws {
    try compare("smollm2-135m-instruct-q4_1", arithmetic)
  }

  @Test(
    "Qwen2.5 (qwen2, Q4_K, Q5_0, Q6_K, Q8_0): the same",
    .enabled(if: available("qwen2.5-coder-0.5b-instruct-q4_k_m"), "needs ../shared and the model"),
    arguments: Arithmetic.allCases)
  func qwen2(arithmetic: Arithmetic) throws {
    try compare("qwen2.5-coder-0.5b-instruct-q4_k_m", arithmetic)
  }

  @Test(
    "Gemma 3 (gemma3, windows, two rotary bases): the same",
    .enabled(if: available("gemma-3-270m-q4_k_m"), "needs ../shared and the model"),
    arguments: Arithmetic.allCases)
  func gemma3(arithmetic: Arithmetic) throws { try compare("gemma-3-270m-q4_k_m", arithmetic) }

  private static func available(_ model: String) -> Bool {
    Shared.folder != nil && RealModel.path(model) != nil
  }

  private func compare(_ model: String, _ arithmetic: Arithmetic) throws {
    let path = try #require(RealModel.path(model))
    let golden = try #require(try Golden.json("forward/\(model).json", as: Golden.Forward.self))
    let checkpoint = try GGUF.open(path)
    let lanes = Lanes(count: 2)
    let sizes = try Hyperparameters(checkpoint)
    let weights = try Weights(checkpoint, sizes, arithmetic: arithmetic, lanes: lanes)
    let decoder = Decoder(weights, sizes, lanes: lanes)
    for item in golden.cases {
      try compare(item, decoder, sizes, arithmetic)
    }
  }

  private func compare(
    _ item: Golden.Forward.Case, _ decoder: Decoder, _ sizes: Hyperparameters,
    _ arithmetic: Arithmetic
  ) throws {
    let tolerance = Tolerance(arithmetic)
    let watcher = LastRow(sizes)
    let hidden = try decoder.step([
      Segment(
        cache: KVCache(sizes), tokens: item.ids, hooks: [watcher], readout: .rows(from: 0))
    ])
    let logits = decoder.logits(of: hidden, rows: 0..<hidden.rows)
    for (row, expected) in item.tokenLogprobs.enumerated() {
      let values = logits.row(row)
      let found =
        Double(values[Int(item.ids[row + 1])])
        - Elementwise.logSumExp(values, count: logits.columns)
      #expect(
        abs(found - Double(expected)) < tolerance.logProbability,
        "\(item.text): token \(row + 1) has \(found), expected \(expected)")
    }
    let last = logits.row(hidden.rows - 1)
    let total = Elementwise.logSumExp(last, count: logits.columns)
    if arithmetic != .fast {
      let order = (0..<logits.columns).sorted { last[$0] > last[$1] }
      #expect(Set(order.prefix(5)) == Set(item.topIds.prefix(5)), "\(item.text): top five")
    }
    for (token, logit) in zip(item.topIds, item.topLogits) {
      let difference = (Double(last[token]) - total) - (Double(logit) - item.logsumexp)
      #expect(abs(difference) < tolerance.logProbability, "\(item.text): token \(token)")
    }
    for (block, row) in item.residualLastToken {
      // Golden `l` enters block l, which is the output of block l − 1.
      let number = try #require(Int(block))
      let found = try #require(watcher.rows[LayerIndex(number - 1)])
      let norm = found.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(abs(norm - row.norm) < tolerance.residual * row.norm, "block \(block): length")
      for (value, expected) in zip(found, row.first8) {
        #expect(
          abs(Double(value - expected)) < tolerance.residual * max(1, row.norm) + 1e-4,
          "\(item.text), block \(block)")
      }
    }
  }
}

/// Keeps the residual stream of the last row at every layer.
private final class LastRow: ResidualHook {
  var rows: [LayerIndex: [Float]] = [:]
  private let sizes: Hyperparameters

  init(_ sizes: Hyperparameters) { self.sizes = sizes }

  func wants(_ site: Site) -> Bool { site.part == .residual }

  func visit(_ rows: ResidualRows, at site: Site) {
    self.rows[site.layer] = Array(
      UnsafeBufferPointer(start: rows.row(rows.count - 1), count: rows.width))
  }
}

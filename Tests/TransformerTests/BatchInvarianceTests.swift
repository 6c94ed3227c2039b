import Checkpoint
import Kernels
import TestSupport
import Testing

@testable import Transformer

/// Adds the same to every row of one layer, so that a batch mixes steered and unsteered rows.
private final class Shift: ResidualHook {
  let layer: Int
  let amount: Float

  init(layer: Int, amount: Float) {
    self.layer = layer
    self.amount = amount
  }

  func wants(_ site: Site) -> Bool { site == Site(LayerIndex(layer)) }

  func visit(_ rows: ResidualRows, at site: Site) {
    // Not the same for all columns: layer norms would take it out again.
    for index in 0..<rows.count * rows.width {
      rows.base[index] += amount * Float(index % rows.width % 3)
    }
  }
}

@Suite("One arithmetic, whatever the batch")
struct BatchInvarianceTests {
  static let families = TinyModel.families + ["mixtral"]
  /// Every family in the arithmetic that is the default, and three of them in the others.
  static let cases: [(String, Arithmetic)] =
    families.map { ($0, .precise) }
    + ["llama", "gemma3", "gptneox"].flatMap { [($0, .exact), ($0, .fast)] }

  /// A decoder over a tiny random model.
  private func decoder(
    _ family: String, _ arithmetic: Arithmetic, threads: Int
  ) throws -> Decoder {
    let folder = try TemporaryFolder()
    var model = TinyModel(architecture: family == "mixtral" ? "llama" : family)
    if family == "mixtral" { model.experts = 4 }
    model.format = arithmetic == .exact ? .f32 : .q5_0
    let path = try model.write(to: folder.file("tiny.gguf"))
    return try Self.decoder(path, arithmetic, threads: threads)
  }

  private static func decoder(
    _ path: String, _ arithmetic: Arithmetic, threads: Int
  ) throws -> Decoder {
    let checkpoint = try GGUF.open(path)
    let lanes = Lanes(count: threads)
    let sizes = try Hyperparameters(checkpoint)
    let weights = try Weights(checkpoint, sizes, arithmetic: arithmetic, lanes: lanes)
    return Decoder(weights, sizes, lanes: lanes)
  }

  /// Logits of every row of a sequence computed in steps of the given sizes.
  private func rows(
    _ decoder: Decoder, _ tokens: [Int32], steps: [Int], hooks: [any ResidualHook]
  ) throws -> [[Float]] {
    let cache = KVCache(decoder.sizes)
    var start = 0
    var result: [[Float]] = []
    for step in steps {
      let hidden = try decoder.step([
        Segment(
          cache: cache, tokens: Array(tokens[start..<start + step]), hooks: hooks,
          readout: .rows(from: 0))
      ])
      result += logits(decoder, hidden)
      start += step
    }
    return result
  }

  private func logits(_ decoder: Decoder, _ hidden: Tensor) -> [[Float]] {
    let logits = decoder.logits(of: hidden, rows: 0..<hidden.rows)
    return (0..<logits.rows)
      .map {
        Array(UnsafeBufferPointer(start: logits.row($0), count: logits.columns))
      }
  }

  private func check(_ make: (Int) throws -> Decoder, length: Int) throws {
    let reference = try make(1)
    let vocabulary = 60
    let sequences = (0..<5)
      .map { sequence in
        (0..<length + sequence).map { Int32(($0 * 7 + sequence * 13 + 3) % vocabulary) }
      }
    let hooks: [[any ResidualHook]] = [
      [], [Shift(layer: 0, amount: 0.25)], [], [Shift(layer: 1, amount: -0.5)],
      [Shift(layer: 0, amount: 0.125), Shift(layer: 1, amount: 0.25)],
    ]
    let alone = try zip(sequences, hooks)
      .map {
        try rows(reference, $0, steps: [$0.count], hooks: $1)
      }
    for (index, tokens) in sequences.enumerated() where !hooks[index].isEmpty {
      let plain = try rows(reference, tokens, steps: [tokens.count], hooks: [])
      #expect(alone[index] != plain, "the hooks of sequence \(index) act")
    }
    for threads in [1, 2, 3] {
      let decoder = try make(threads)
      for (index, tokens) in sequences.enumerated() {
        let single = Array(repeating: 1, count: tokens.count)
        #expect(
          try rows(decoder, tokens, steps: single, hooks: hooks[index]) == alone[index],
          "token by token, \(threads) threads, sequence \(index)")
        let uneven = [3, 1, 4, tokens.count - 8]
        #expect(
          try rows(decoder, tokens, steps: uneven, hooks: hooks[index]) == alone[index],
          "in uneven steps, \(threads) threads, sequence \(index)")
      }
      let hidden = try decoder.step(
        zip(sequences, hooks)
          .map {
            Segment(
              cache: KVCache(decoder.sizes), tokens: $0, hooks: $1, readout: .rows(from: 0))
          })
      #expect(logits(decoder, hidden) == alone.flatMap { $0 }, "in a batch, \(threads) threads")
    }
  }

  @Test(
    "a row has the same bits alone, in a batch, in prefill and decode, for any thread count",
    arguments: cases)
  func tinyFamilies(family: String, arithmetic: Arithmetic) throws {
    try check({ try decoder(family, arithmetic, threads: $0) }, length: 21)
  }

  @Test(
    "the real model keeps the promise, steered and unsteered",
    .enabled(if: RealModel.smolLM2 != nil, "needs the default model in the cache"),
    arguments: Arithmetic.allCases)
  func realModel(arithmetic: Arithmetic) throws {
    let path = try #require(RealModel.smolLM2)
    try check({ try Self.decoder(path, arithmetic, threads: $0) }, length: 40)
  }

  @Test("a step longer than a pass has the same bits as two steps")
  func longPrompt() throws {
    let decoder = try decoder("llama", .precise, threads: 2)
    let count = Decoder.rowsPerPass + 40
    let tokens = (0..<count).map { Int32($0 % 50) }
    let whole = try rows(decoder, tokens, steps: [count], hooks: [])
    let halves = try rows(decoder, tokens, steps: [300, count - 300], hooks: [])
    #expect(whole == halves)
  }
}

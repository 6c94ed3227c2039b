import Checkpoint
import Foundation
import Kernels
import TestSupport
import Testing

@testable import Transformer

/// `golden/tiny/<family>/expected.json`: Transformers on a random checkpoint, float32.
struct TinyGolden: Decodable {
  struct Case: Decodable {
    let text: String
    let ids: [Int32]
    /// What enters each block, for the last token.
    let hiddenLastToken: [[Float]]
    let finalNormLastToken: [Float]
    let logitsLastToken: [Float]
    /// Of every token but the first, nats.
    let tokenLogprobs: [Double]
  }
  let cases: [Case]

  /// A folder of more such checkpoints, some with GGUF files of the same weights.
  static var others: String? { ProcessInfo.processInfo.environment["CASTHOST_TINY"] }

  /// Reads a folder's golden.
  static func read(_ folder: URL) throws -> TinyGolden {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(
      TinyGolden.self, from: Data(contentsOf: folder.appendingPathComponent("expected.json")))
  }

  /// The largest error of a checkpoint's residual stream, final norm, logits and log-probabilities,
  /// each relative to the length of its row (nats for the last).
  func errors(_ path: String, _ arithmetic: Arithmetic) throws -> (relative: Double, nats: Double) {
    let source = try ModelSource.open(path)
    let lanes = Lanes(count: 2)
    let sizes = try Hyperparameters(source)
    let decoder = Decoder(
      try Weights(source, sizes, arithmetic: arithmetic, lanes: lanes), sizes, lanes: lanes)
    var (relative, nats) = (0.0, 0.0)
    for item in cases {
      let watcher = LastRow()
      let hidden = try decoder.step([
        Segment(
          cache: KVCache(sizes), tokens: item.ids, hooks: [watcher], readout: .rows(from: 0))
      ])
      let logits = decoder.logits(of: hidden, rows: 0..<hidden.rows)
      #expect(item.hiddenLastToken.count >= sizes.layers)
      for (block, expected) in item.hiddenLastToken.prefix(sizes.layers).enumerated() {
        let found = try #require(watcher.rows[LayerIndex(block - 1)])
        relative = max(relative, distance(found, expected))
      }
      relative = max(relative, distance(row(hidden, hidden.rows - 1), item.finalNormLastToken))
      relative = max(relative, distance(row(logits, hidden.rows - 1), item.logitsLastToken))
      for (index, expected) in item.tokenLogprobs.enumerated() {
        let values = logits.row(index)
        let found =
          Double(values[Int(item.ids[index + 1])])
          - Elementwise.logSumExp(values, count: logits.columns)
        nats = max(nats, abs(found - expected))
      }
    }
    return (relative, nats)
  }

  private func row(_ tensor: Tensor, _ index: Int) -> [Float] {
    Array(UnsafeBufferPointer(start: tensor.row(index), count: tensor.columns))
  }

  private func distance(_ found: [Float], _ expected: [Float]) -> Double {
    guard found.count == expected.count else { return .infinity }
    var (error, size) = (0.0, 0.0)
    for (value, reference) in zip(found, expected) {
      error += Double(value - reference) * Double(value - reference)
      size += Double(reference) * Double(reference)
    }
    let result = (error / size).squareRoot()
    return result.isNaN ? .infinity : result
  }
}

/// Keeps the residual stream of the last row at every layer.
private final class LastRow: ResidualHook {
  var rows: [LayerIndex: [Float]] = [:]

  func wants(_ site: Site) -> Bool { site.part == .residual }

  func visit(_ rows: ResidualRows, at site: Site) {
    self.rows[site.layer] = Array(
      UnsafeBufferPointer(start: rows.row(rows.count - 1), count: rows.width))
  }
}

@Suite("Tiny random checkpoints of every family against Transformers")
struct TinyGoldenTests {
  static let families = [
    "llama", "mistral", "qwen2", "qwen3", "gemma2", "gemma3_text", "phi3", "gpt2", "gpt_neox",
    "olmo2",
  ]

  @Test(
    "residual stream, final norm and logits are within 1e-4, whatever the arithmetic",
    .enabled(if: Shared.folder != nil, "needs ../shared"), arguments: families,
    Arithmetic.allCases)
  func shared(family: String, arithmetic: Arithmetic) throws {
    // The weights are float32, which every arithmetic multiplies exactly.
    let folder = try #require(Shared.folder).appendingPathComponent("golden/tiny/\(family)")
    let (relative, nats) = try TinyGolden.read(folder).errors(folder.path, arithmetic)
    #expect(relative < 1e-4, "\(family)")
    #expect(nats < 1e-3, "\(family)")
  }

  @Test(
    "so are the checkpoints of the folder that CASTHOST_TINY names",
    .enabled(if: TinyGolden.others != nil, "set CASTHOST_TINY"))
  func others() throws {
    let folder = URL(fileURLWithPath: try #require(TinyGolden.others))
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    for name in names {
      let one = folder.appendingPathComponent(name)
      let golden = try TinyGolden.read(one)
      let files = try FileManager.default.contentsOfDirectory(atPath: one.path).sorted()
        .filter { $0 == "model.gguf" || $0.contains("-00001-of-") && $0.hasSuffix(".gguf") }
      for form in [one.path] + files.map({ one.path + "/" + $0 }) {
        let (relative, nats) = try golden.errors(form, .exact)
        print("\(form): \(relative) relative, \(nats) nats")
        #expect(relative < 1e-4, "\(form)")
        #expect(nats < 1e-3, "\(form)")
      }
    }
  }
}

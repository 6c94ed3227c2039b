import Checkpoint
import Kernels
import TestSupport
import Testing

@testable import Transformer

/// Keeps the residual stream of one sequence after a block, `[tokens, width]`.
private final class Record: ResidualHook {
  let layer: Int
  let kept: Tensor

  init(_ layer: Int, tokens: Int, width: Int) {
    self.layer = layer
    kept = Tensor(rows: tokens, columns: width)
  }

  func wants(_ site: Site) -> Bool { site == Site(LayerIndex(layer)) }

  func visit(_ rows: ResidualRows, at site: Site) {
    kept.row(rows.firstPosition).update(from: rows.base, count: rows.count * rows.width)
  }
}

/// Adds a ramp to the output of a block from a position on.
private final class Ramp: ResidualHook {
  let layer: Int
  let first: Int

  init(_ layer: Int, from first: Int) {
    self.layer = layer
    self.first = first
  }

  func wants(_ site: Site) -> Bool { site == Site(LayerIndex(layer)) }

  func visit(_ rows: ResidualRows, at site: Site) {
    for row in 0..<rows.count where rows.firstPosition + row >= first {
      for column in 0..<rows.width { rows.row(row)[column] += Float(column % 5) * 0.125 }
    }
  }
}

@Suite("Rows that go on from a block's output")
struct EntryTests {
  private func decoder(_ family: String, threads: Int = 2, blocks: Int = 6) throws -> Decoder {
    var tiny = TinyModel(architecture: family)
    tiny.blocks = blocks
    let checkpoint = try GGUF.open(tiny.write(to: TemporaryFolder().file("tiny.gguf")))
    let lanes = Lanes(count: threads)
    let sizes = try Hyperparameters(checkpoint)
    let weights = try Weights(checkpoint, sizes, arithmetic: .exact, lanes: lanes)
    return Decoder(weights, sizes, lanes: lanes)
  }

  private func tokens(_ count: Int, _ seed: Int) -> [Int32] {
    (0..<count).map { Int32(($0 * 7 + seed * 13 + 3) % 60) }
  }

  /// A sequence run without hooks: its cache, and its rows after a block.
  private func plain(
    _ decoder: Decoder, _ tokens: [Int32], layer: Int
  ) throws -> (cache: KVCache, rows: Tensor) {
    let record = Record(layer, tokens: tokens.count, width: decoder.sizes.width)
    let cache = KVCache(decoder.sizes)
    _ = try decoder.step([Segment(cache: cache, tokens: tokens, hooks: [record])])
    return (cache, record.kept)
  }

  private func tail(_ rows: Tensor, from first: Int) -> Tensor {
    let result = Tensor(rows: rows.rows - first, columns: rows.columns)
    result.base.update(from: rows.row(first), count: result.count)
    return result
  }

  @Test(
    "they give the bits of the whole computation, from every block and position, in one batch",
    arguments: TinyModel.families)
  func twins(family: String) throws {
    let decoder = try decoder(family)
    var segments: [Segment] = []
    var expected: [Float] = []
    for layer in [3, 0, 5, 1] {
      for first in [0, 1, 31, 32, 39] {
        let tokens = tokens(40, layer + first)
        let hooks = [Ramp(layer, from: first)]
        let whole = try decoder.step([
          Segment(
            cache: KVCache(decoder.sizes), tokens: tokens, hooks: hooks, readout: .rows(from: first)
          )
        ])
        expected += whole.values
        let (cache, rows) = try plain(decoder, tokens, layer: layer)
        segments.append(
          Segment(
            cache: cache.fork(at: first), tokens: Array(tokens[first...]),
            entry: Segment.Entry(after: LayerIndex(layer), tail(rows, from: first)), hooks: hooks,
            readout: .rows(from: 0)))
      }
      // A sequence from its first token and block on, between them.
      let other = Segment(
        cache: KVCache(decoder.sizes), tokens: tokens(9, layer), hooks: [Ramp(2, from: 0)])
      expected += try decoder.step([other]).values
      segments.append(
        Segment(cache: KVCache(decoder.sizes), tokens: other.tokens, hooks: other.hooks))
    }
    let found = try decoder.step(segments)
    #expect(found.values.map(\.bitPattern) == expected.map(\.bitPattern))
  }

  @Test("later tokens that enter at the same block find what they attend to")
  func continued() throws {
    let decoder = try decoder("llama")
    let tokens = tokens(50, 4)
    let (cache, rows) = try plain(decoder, tokens, layer: 2)
    let whole = try decoder.step([
      Segment(cache: KVCache(decoder.sizes), tokens: tokens, hooks: [Ramp(2, from: 10)])
    ])
    let fork = cache.fork(at: 10)
    var last = Tensor(count: 0)
    for range in [10..<30, 30..<49, 49..<50] {
      let entering = Tensor(rows: range.count, columns: rows.columns)
      entering.base.update(from: rows.row(range.lowerBound), count: entering.count)
      last = try decoder.step([
        Segment(
          cache: fork, tokens: Array(tokens[range]),
          entry: Segment.Entry(after: LayerIndex(2), entering), hooks: [Ramp(2, from: 10)])
      ])
      #expect(fork.wholeLength == 10 && fork.length == range.upperBound)
    }
    #expect(last.values.map(\.bitPattern) == whole.values.map(\.bitPattern))
    #expect(fork.serves(3..<6) && fork.serves(4..<6) && !fork.serves(0..<6) && !fork.serves(2..<6))
    fork.truncate(to: 10)
    #expect(fork.serves(0..<6), "what is left is whole")
  }

  @Test("a step through some blocks shows what the whole step shows there, and runs no others")
  func through() throws {
    let decoder = try decoder("gemma3")
    let tokens = tokens(40, 7)
    let (_, expected) = try plain(decoder, tokens, layer: 2)
    let record = Record(2, tokens: 40, width: decoder.sizes.width)
    let cache = KVCache(decoder.sizes)
    let before = decoder.work.blockRows
    for range in [0..<25, 25..<40] {
      _ = try decoder.step(
        [Segment(cache: cache, tokens: Array(tokens[range]), hooks: [record], readout: .none)],
        through: LayerIndex(2))
    }
    #expect(decoder.work.blockRows - before == 40 * 3)
    #expect(record.kept.values == expected.values)
    #expect(cache.length == 40 && cache.wholeLength == 0)
    #expect(cache.serves(0..<3) && cache.serves(0..<2) && !cache.serves(0..<4))
    _ = try decoder.step(
      [Segment(cache: cache, tokens: tokens, readout: .none)], through: .embedding)
    #expect(decoder.work.blockRows - before == 40 * 3)
  }

  @Test("rows are counted for the blocks that they pass through, and where the head is applied")
  func work() throws {
    let decoder = try decoder("llama")
    let tokens = tokens(12, 1)
    let (cache, rows) = try plain(decoder, tokens, layer: 3)
    let before = decoder.work
    let hidden = try decoder.step([
      Segment(
        cache: cache.fork(at: 4), tokens: Array(tokens[4...]),
        entry: Segment.Entry(after: LayerIndex(3), tail(rows, from: 4))),
      Segment(cache: KVCache(decoder.sizes), tokens: tokens),
    ])
    _ = decoder.logits(of: hidden, rows: 0..<2)
    #expect(decoder.work.blockRows - before.blockRows == 8 * 2 + 12 * 6)
    #expect(decoder.work.headRows - before.headRows == 2)
  }

  @Test("a step that fails half-way leaves caches as they were")
  func failing() throws {
    struct Refusal: Error {}
    final class Refuses: ResidualHook {
      func wants(_ site: Site) -> Bool { site.layer == LayerIndex(4) }
      func visit(_ rows: ResidualRows, at site: Site) throws { throw Refusal() }
    }
    let decoder = try decoder("llama")
    let tokens = tokens(40, 2)
    let (cache, rows) = try plain(decoder, tokens, layer: 1)
    let fork = cache.fork(at: 33)
    func segment(_ hooks: [any ResidualHook]) -> Segment {
      Segment(
        cache: fork, tokens: Array(tokens[33...]),
        entry: Segment.Entry(after: LayerIndex(1), tail(rows, from: 33)), hooks: hooks)
    }
    #expect(throws: Refusal.self) { try decoder.step([segment([Refuses()])]) }
    #expect(fork.length == 33 && fork.serves(0..<6))
    let again = try decoder.step([segment([])])
    let whole = try decoder.step([Segment(cache: KVCache(decoder.sizes), tokens: tokens)])
    #expect(again.values == whole.values)
  }
}

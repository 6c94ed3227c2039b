import Kernels
import TestSupport
import Testing

@Suite struct AttentionTests {
  @Test("Attention is the float64 one within 5e-6", arguments: Case.all)
  func equalsReference(example: Case) {
    let sequence = Sequence(example, positions: 90)
    let found = sequence.attend(rows: 0..<90, lanes: Lanes(count: 2))
    let shape = example.shape
    for row in [0, 1, 31, 32, 33, 63, 89] {
      for head in 0..<shape.heads {
        let expected = Reference.attend(
          query: sequence.query(row, head),
          keys: (0...row).map { sequence.key($0, head / (shape.heads / shape.kvHeads)) },
          values: (0...row).map { sequence.value($0, head / (shape.heads / shape.kvHeads)) },
          shape: shape)
        let start = (row * shape.heads + head) * shape.headWidth
        expectClose(
          Array(found[start..<start + shape.headWidth]), expected.map { Float($0) },
          absolute: 5e-6, "\(example) row \(row) head \(head)")
      }
    }
  }

  @Test(
    "A row has the same bits alone, in pieces and in a whole, for any number of threads",
    arguments: Case.all)
  func batchInvariance(example: Case) {
    let sequence = Sequence(example, positions: 70)
    let whole = sequence.attend(rows: 0..<70, lanes: Lanes(count: 1))
    let width = example.shape.heads * example.shape.headWidth
    for threads in [1, 2, 5] {
      let lanes = Lanes(count: threads)
      for cut in [[0, 70], [0, 1, 70], [0, 33, 34, 69, 70], Array(0...70)] {
        let pieces = zip(cut, cut.dropFirst())
          .flatMap { sequence.attend(rows: $0..<$1, lanes: lanes) }
        #expect(pieces == whole, "\(cut)")
      }
    }
    #expect(width * 70 == whole.count)
    #expect(
      Machine.withPortableKernels { sequence.attend(rows: 0..<70, lanes: Lanes(count: 2)) }
        == whole)
  }

  @Test("Long sequences keep the promise and the accuracy where sums are rescaled")
  func longSequence() {
    for window in [0, 700, 5] {
      let example = Case(heads: 2, kvHeads: 1, headWidth: 16, window: window)
      let sequence = Sequence(example, positions: 1100)
      let whole = sequence.attend(rows: 0..<1100, lanes: Lanes(count: 2))
      for row in [511, 512, 513, 1023, 1024, 1099] {
        #expect(
          sequence.attend(rows: row..<row + 1, lanes: Lanes(count: 2))
            == Array(whole[(row * 32)..<(row * 32 + 32)]))
        let expected = Reference.attend(
          query: sequence.query(row, 1), keys: (0...row).map { sequence.key($0, 0) },
          values: (0...row).map { sequence.value($0, 0) }, shape: example.shape)
        expectClose(
          Array(whole[(row * 32 + 16)..<(row * 32 + 32)]), expected.map { Float($0) },
          absolute: 5e-6, "row \(row)")
      }
    }
  }

  @Test("Several sequences at once give what each gives alone")
  func segments() {
    let lanes = Lanes(count: 2)
    let example = Case(heads: 6, kvHeads: 2, headWidth: 24)
    let sequences = [5, 40, 1].map { Sequence(example, positions: $0) }
    let width = 6 * 24
    var output = [Float](repeating: .nan, count: 46 * width)
    output.withUnsafeMutableBufferPointer { output in
      guard var next = output.baseAddress else { return }
      let segments = sequences.map { sequence in
        defer { next += sequence.positions * width }
        return Attention.Segment(
          queries: UnsafePointer(sequence.queries.base), rows: sequence.positions,
          firstPosition: 0, pages: sequence.pages, output: next)
      }
      Attention.attend(segments, layer: 1, shape: example.shape, lanes: lanes)
    }
    let alone = sequences.flatMap { $0.attend(rows: 0..<$0.positions, lanes: lanes) }
    #expect(output == alone)
  }

  @Test("Slots of a page that no row sees may hold NaN")
  func unseenSlots() {
    let example = Case(heads: 2, kvHeads: 1, headWidth: 20, window: 9)
    let clean = Sequence(example, positions: 45)
    let dirty = Sequence(example, positions: 45, unseen: .nan)
    for rows in [0..<45, 44..<45] {
      let found = dirty.attend(rows: rows, lanes: Lanes(count: 1))
      #expect(found.allSatisfy { $0.isFinite })
      #expect(found == clean.attend(rows: rows, lanes: Lanes(count: 1)))
    }
  }

  @Test("A later position that is not a number does not reach an earlier row of the same step")
  func laterNaN() {
    let example = Case(heads: 3, kvHeads: 1, headWidth: 32)
    let sequence = Sequence(example, positions: 20)
    let clean = sequence.attend(rows: 0..<20, lanes: Lanes(count: 1))
    sequence.spoil(position: 10)
    let found = sequence.attend(rows: 0..<20, lanes: Lanes(count: 1))
    #expect(found[..<(10 * 96)] == clean[..<(10 * 96)])
    #expect(found[(10 * 96)...].allSatisfy { $0.isNaN })
  }
}

/// The sizes of an example.
struct Case: CustomStringConvertible, Sendable {
  var heads: Int
  var kvHeads: Int
  var headWidth: Int
  var window = 0
  var softCap: Float = 0

  static let all = [
    Case(heads: 9, kvHeads: 3, headWidth: 64),
    Case(heads: 4, kvHeads: 1, headWidth: 256),
    Case(heads: 14, kvHeads: 2, headWidth: 64),
    Case(heads: 2, kvHeads: 2, headWidth: 20),
    Case(heads: 3, kvHeads: 1, headWidth: 5),
    Case(heads: 40, kvHeads: 1, headWidth: 16),
    Case(heads: 4, kvHeads: 2, headWidth: 32, window: 7),
    Case(heads: 4, kvHeads: 2, headWidth: 48, window: 33),
    Case(heads: 2, kvHeads: 1, headWidth: 80, softCap: 3),
  ]

  var shape: AttentionShape {
    AttentionShape(
      heads: heads, kvHeads: kvHeads, headWidth: headWidth, scale: 0.3, softCap: softCap,
      window: window)
  }

  var description: String {
    "\(heads)/\(kvHeads) heads of \(headWidth), window \(window), cap \(softCap)"
  }
}

/// Random queries, keys and values of one sequence, in pages of a model of two layers.
private struct Sequence {
  let shape: AttentionShape
  let positions: Int
  let queries: Tensor
  let keys: Tensor
  let values: Tensor
  let pages: [KVPage]

  init(_ example: Case, positions: Int, unseen: Float = 5) {
    shape = example.shape
    self.positions = positions
    var generator = SeededGenerator(seed: UInt64(positions * 7 + example.headWidth))
    queries = Tensor(generator.floats(positions * shape.heads * shape.headWidth, limit: 2))
    keys = Tensor(generator.floats(positions * shape.kvHeads * shape.headWidth, limit: 2))
    values = Tensor(generator.floats(positions * shape.kvHeads * shape.headWidth))
    pages = (0...(positions / KVPage.positions))
      .map { _ in KVPage(layers: 2, kvHeads: example.kvHeads, headWidth: example.headWidth) }
    for page in pages {
      for index in 0..<(2 * page.layerStride) { page.base[index] = unseen }
    }
    // In two steps, so that a page is filled from its middle too.
    let half = positions / 2
    store(0..<half)
    store(half..<positions)
  }

  private func store(_ range: Range<Int>) {
    let row = shape.kvHeads * shape.headWidth
    Attention.store(
      keys: keys.base + range.lowerBound * row, values: values.base + range.lowerBound * row,
      rows: range.count, firstPosition: range.lowerBound, pages: pages, layer: 1, shape: shape)
  }

  func spoil(position: Int) {
    let row = shape.kvHeads * shape.headWidth
    for index in 0..<row {
      keys.base[position * row + index] = .nan
      values.base[position * row + index] = .nan
    }
    store(position..<position + 1)
  }

  func attend(rows: Range<Int>, lanes: Lanes) -> [Float] {
    let row = shape.heads * shape.headWidth
    var output = [Float](repeating: .nan, count: rows.count * row)
    Attention.attend(
      queries: queries.base + rows.lowerBound * row, rows: rows.count,
      firstPosition: rows.lowerBound, pages: pages, layer: 1, shape: shape, into: &output,
      lanes: lanes)
    return output
  }

  func query(_ row: Int, _ head: Int) -> [Float] { slice(queries, row * shape.heads + head) }
  func key(_ row: Int, _ head: Int) -> [Float] { slice(keys, row * shape.kvHeads + head) }
  func value(_ row: Int, _ head: Int) -> [Float] { slice(values, row * shape.kvHeads + head) }

  private func slice(_ tensor: Tensor, _ index: Int) -> [Float] {
    Array(tensor.elements[(index * shape.headWidth)..<((index + 1) * shape.headWidth)])
  }
}

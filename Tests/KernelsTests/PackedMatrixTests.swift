import TestSupport
import Testing

@testable import Kernels

@Suite struct PackedMatrixTests {
  @Test(
    "Products are the naive ones bit for bit, for every format, row count and edge",
    arguments: BlockFormat.allCases, Arithmetic.allCases)
  func equalsReference(format: BlockFormat, arithmetic: Arithmetic) throws {
    let lanes = Lanes(count: 2)
    for (outputs, inputs) in shapes(format) {
      let sample = Sample(format, outputs: outputs, inputs: inputs, rows: 13)
      let expected = sample.expected(arithmetic)
      let packed = try sample.packed(lanes)
      for rows in [1, 2, 3, 4, 5, 6, 7, 8, 13] {
        let found = sample.product(packed, rows: rows, arithmetic, lanes)
        #expect(
          found == Array(expected[..<(rows * outputs)]),
          "\(format.name) \(outputs) by \(inputs), \(rows) rows")
      }
    }
  }

  @Test(
    "Every kind of kernels packs and multiplies to the same bits", arguments: BlockFormat.allCases,
    Arithmetic.allCases)
  func everyKind(format: BlockFormat, arithmetic: Arithmetic) throws {
    let others = Machine.everyKernels.dropFirst()
    #expect(others.last == "portable" || Machine.kernels == "neon")
    let lanes = Lanes(count: 2)
    for (outputs, inputs) in shapes(format) {
      let sample = Sample(format, outputs: outputs, inputs: inputs, rows: 5)
      let packed = try sample.packed(lanes)
      for kind in others {
        let again = try Machine.withKernels(kind) { try sample.packed(lanes) }
        for rows in kind == "portable" ? [1, 2, 5] : [1, 2, 3, 4, 5] {
          let found = sample.product(packed, rows: rows, arithmetic, lanes)
          #expect(found == sample.product(again, rows: rows, arithmetic, lanes), "packed: \(kind)")
          let multiplied = Machine.withKernels(kind) {
            sample.product(packed, rows: rows, arithmetic, lanes)
          }
          #expect(found == multiplied, "multiplied: \(kind)")
        }
      }
    }
  }

  @Test(
    "A row has the same bits alone and in any batch, for any number of threads",
    arguments: [BlockFormat.q4_1, .q5_0, .q6_K, .f16], Arithmetic.allCases)
  func batchInvariance(format: BlockFormat, arithmetic: Arithmetic) throws {
    let pools = [1, 2, 8].map { Lanes(count: $0) }
    let sample = Sample(format, outputs: 320, inputs: 512, rows: 131)
    let packed = try sample.packed(pools[1])
    let whole = sample.product(packed, rows: 131, arithmetic, pools[0])
    for lanes in pools {
      #expect(sample.product(packed, rows: 131, arithmetic, lanes) == whole)
      for row in [0, 1, 64, 130] {
        let alone = sample.product(packed, rows: 1, from: row, arithmetic, lanes)
        #expect(alone == Array(whole[(row * 320)..<((row + 1) * 320)]))
      }
    }
  }

  @Test("Matrices that are multiplied together give what each gives alone")
  func together() throws {
    let lanes = Lanes(count: 2)
    let samples = [BlockFormat.q4_K, .q6_K, .q8_0, .f16, .q5_0]
      .map { Sample($0, outputs: 40, inputs: 256, rows: 7) }
    let packed = try samples.map { try $0.packed(lanes) }
    for arithmetic in Arithmetic.allCases {
      for rows in [1, 7] {
        let outputs = packed.map { _ in Tensor(rows: rows, columns: 40) }
        PackedMatrix.multiply(
          samples[0].input, count: rows, by: zip(packed, outputs).map { ($0, $1.base) },
          arithmetic: arithmetic, rounded: RoundedRows(), lanes: lanes)
        for (matrix, output) in zip(packed, outputs) {
          #expect(output.values == samples[0].product(matrix, rows: rows, arithmetic, lanes))
        }
      }
    }
  }

  @Test(
    "Rounded activations cost at most 1e-4 in 16 bits and 3e-2 in 8, relative to float64",
    arguments: BlockFormat.allCases, Arithmetic.allCases)
  func accuracy(format: BlockFormat, arithmetic: Arithmetic) throws {
    let lanes = Lanes(count: 2)
    let sample = Sample(format, outputs: 64, inputs: 512, rows: 8)
    let found = sample.product(try sample.packed(lanes), rows: 8, arithmetic, lanes)
    var error = 0.0
    var size = 0.0
    let weights = Tensor(count: 512)
    for output in 0..<64 {
      sample.matrix.decodeRow(output, into: weights.base)
      for row in 0..<8 {
        let exact = (0..<512)
          .reduce(0.0) { $0 + Double(weights.base[$1]) * Double(sample.input[row * 512 + $1]) }
        let difference = Double(found[row * 64 + output]) - exact
        error += difference * difference
        size += exact * exact
      }
    }
    let limits: [Arithmetic: Double] = [.exact: 2e-6, .precise: 1e-4, .fast: 3e-2]
    #expect((error / size).squareRoot() <= limits[arithmetic] ?? 0)
  }

  @Test("Nothing but the outputs of the rows is written", arguments: Arithmetic.allCases)
  func writesNothingElse(arithmetic: Arithmetic) throws {
    let lanes = Lanes(count: 2)
    let sample = Sample(.q8_0, outputs: 37, inputs: 64, rows: 4)
    let packed = try sample.packed(lanes)
    for rows in 0...4 {
      let output = Tensor([Float](repeating: -7, count: 5 * 37))
      PackedMatrix.multiply(
        sample.input, count: rows, by: [(packed, output.base)], arithmetic: arithmetic,
        rounded: RoundedRows(), lanes: lanes)
      #expect(output.values[(rows * 37)...].allSatisfy { $0 == -7 })
      #expect(!output.values[..<(rows * 37)].contains(-7))
    }
  }

  @Test("An infinite or NaN input spoils its own row only", arguments: Arithmetic.allCases)
  func strangeInputs(arithmetic: Arithmetic) throws {
    let lanes = Lanes(count: 1)
    var sample = Sample(.q4_K, outputs: 40, inputs: 256, rows: 6)
    let packed = try sample.packed(lanes)
    let before = sample.product(packed, rows: 6, arithmetic, lanes)
    sample.input[2 * 256 + 17] = .nan
    sample.input[4 * 256 + 3] = .infinity
    let after = sample.product(packed, rows: 6, arithmetic, lanes)
    for row in [0, 1, 3, 5] {
      let range = (row * 40)..<((row + 1) * 40)
      #expect(after[range] == before[range])
    }
    #expect(after[(2 * 40)..<(3 * 40)].allSatisfy { $0.isNaN })
    #expect(after[(4 * 40)..<(5 * 40)].allSatisfy { !$0.isFinite })
  }

  @Test(
    "Packed weights take at most 1.3 times the bytes of the checkpoint",
    arguments: BlockFormat.allCases)
  func size(format: BlockFormat) throws {
    // Bits of a weight where they are not within 4 % of those stored.
    let others: [BlockFormat: Double] = [
      .q2_K: 3.125, .q8_K: 8.125, .tq1_0: 2.0625, .iq1_S: 1.8125, .iq2_XXS: 2.3125,
      .iq2_XS: 2.5625, .iq2_S: 3.3125, .iq3_XXS: 3.3125, .iq3_S: 4.3125,
    ]
    let sample = Sample(format, outputs: 64, inputs: 256, rows: 1)
    let packed = try sample.packed(Lanes(count: 1))
    #expect(packed.byteCount == PackedMatrix.byteCount(of: sample.matrix))
    let bits = Double(packed.byteCount * 8) / (64 * 256)
    let stored = Double(format.blockBytes * 8) / Double(format.blockSize)
    #expect(bits <= 1.3 * stored)
    if let expected = others[format] {
      #expect(bits == expected)
    } else {
      #expect(bits >= stored && bits <= 1.04 * stored)
    }
  }

  private func shapes(_ format: BlockFormat) -> [(Int, Int)] {
    switch format.blockSize {
    case 1: [(1, 1), (40, 77), (33, 300), (64, 520)]
    case 32: [(1, 32), (40, 96), (33, 288), (64, 544)]
    default: [(1, 256), (40, 512), (64, 768)]
    }
  }
}

/// Random weights, random rows with outliers, and their products.
private struct Sample {
  let matrix: WeightMatrix
  var input: [Float]
  let rows: Int

  init(_ format: BlockFormat, outputs: Int, inputs: Int, rows: Int) {
    var generator = SeededGenerator(seed: UInt64(outputs * 1000 + inputs))
    let bytes = Bytes(format.randomBlocks(outputs * inputs, limit: 0.1, using: &generator))
    matrix = WeightMatrix(
      format: format, rows: outputs, columns: inputs, bytes: UnsafeRawPointer(bytes.base),
      owner: bytes)
    input = generator.floats(rows * inputs, limit: 2)
    for index in stride(from: 3, to: input.count, by: 101) { input[index] *= 30 }
    self.rows = rows
  }

  func packed(_ lanes: Lanes) throws -> PackedMatrix {
    try #require(PackedMatrix(matrix, in: WeightArena(), lanes: lanes))
  }

  func expected(_ arithmetic: Arithmetic) -> [Float] {
    var output = [Float](repeating: 0, count: rows * matrix.rows)
    Reference.multiply(matrix, input, count: rows, into: &output, arithmetic: arithmetic)
    return output
  }

  func product(
    _ packed: PackedMatrix, rows: Int, from first: Int = 0, _ arithmetic: Arithmetic, _ lanes: Lanes
  ) -> [Float] {
    var output = [Float](repeating: .nan, count: rows * matrix.rows)
    input.withUnsafeBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        guard let start = input.baseAddress, let end = output.baseAddress else { return }
        PackedMatrix.multiply(
          start + first * matrix.columns, count: rows, by: [(packed, end)],
          arithmetic: arithmetic, rounded: RoundedRows(), lanes: lanes)
      }
    }
    return output
  }
}

/// Bytes at an odd address, as a mapped file may have them.
private final class Bytes {
  let base: UnsafeMutableRawPointer
  private let start: UnsafeMutableRawPointer

  init(_ bytes: [UInt8]) {
    start = .allocate(byteCount: bytes.count + 1, alignment: 16)
    base = start + 1
    base.copyMemory(from: bytes, byteCount: bytes.count)
  }

  deinit { start.deallocate() }
}

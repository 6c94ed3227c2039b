import Kernels
import TestSupport
import Testing

@Suite struct PackedMatrixTests {
  @Test(
    "Products are the naive ones bit for bit, for every format, row count and edge",
    arguments: BlockFormat.allCases)
  func equalsReference(format: BlockFormat) {
    let lanes = Lanes(count: 2)
    for (outputs, inputs) in shapes(format) {
      let sample = Sample(format, outputs: outputs, inputs: inputs, rows: 13)
      let expected = sample.expected()
      let packed = PackedMatrix(sample.matrix, lanes: lanes)
      for rows in [1, 2, 3, 4, 5, 6, 7, 8, 13] {
        let found = sample.product(packed, rows: rows, lanes)
        #expect(
          found == Array(expected[..<(rows * outputs)]),
          "\(format.name) \(outputs) by \(inputs), \(rows) rows")
      }
    }
  }

  @Test(
    "The portable kernels pack and multiply to the same bits", arguments: BlockFormat.allCases)
  func portable(format: BlockFormat) {
    let lanes = Lanes(count: 2)
    for (outputs, inputs) in shapes(format) {
      let sample = Sample(format, outputs: outputs, inputs: inputs, rows: 5)
      let packed = PackedMatrix(sample.matrix, lanes: lanes)
      let slowly = Machine.withPortableKernels { PackedMatrix(sample.matrix, lanes: lanes) }
      for rows in [1, 2, 5] {
        let found = sample.product(packed, rows: rows, lanes)
        #expect(found == sample.product(slowly, rows: rows, lanes))
        #expect(
          found
            == Machine.withPortableKernels { sample.product(packed, rows: rows, lanes) })
      }
    }
  }

  @Test(
    "A row has the same bits alone and in any batch, for any number of threads",
    arguments: [BlockFormat.q4_1, .q6_K, .f16])
  func batchInvariance(format: BlockFormat) {
    let pools = [1, 2, 8].map { Lanes(count: $0) }
    let sample = Sample(format, outputs: 320, inputs: 512, rows: 131)
    let packed = PackedMatrix(sample.matrix, lanes: pools[1])
    let whole = sample.product(packed, rows: 131, pools[0])
    for lanes in pools {
      #expect(sample.product(packed, rows: 131, lanes) == whole)
      for row in [0, 1, 64, 130] {
        let alone = sample.product(packed, rows: 1, from: row, lanes)
        #expect(alone == Array(whole[(row * 320)..<((row + 1) * 320)]))
      }
    }
  }

  @Test("Nothing but the outputs of the rows is written")
  func writesNothingElse() {
    let lanes = Lanes(count: 2)
    let sample = Sample(.q8_0, outputs: 37, inputs: 64, rows: 4)
    let packed = PackedMatrix(sample.matrix, lanes: lanes)
    for rows in 0...4 {
      var output = [Float](repeating: -7, count: 5 * 37)
      packed.multiply(sample.input, count: rows, into: &output, lanes: lanes)
      #expect(output[(rows * 37)...].allSatisfy { $0 == -7 })
      #expect(!output[..<(rows * 37)].contains(-7))
    }
  }

  @Test("An infinite or NaN input spoils its own row only")
  func strangeInputs() {
    let lanes = Lanes(count: 1)
    var sample = Sample(.q4_K, outputs: 40, inputs: 256, rows: 6)
    let packed = PackedMatrix(sample.matrix, lanes: lanes)
    let before = sample.product(packed, rows: 6, lanes)
    sample.input[2 * 256 + 17] = .nan
    sample.input[4 * 256 + 3] = .infinity
    let after = sample.product(packed, rows: 6, lanes)
    for row in [0, 1, 3, 5] {
      let range = (row * 40)..<((row + 1) * 40)
      #expect(after[range] == before[range])
    }
    #expect(after[(2 * 40)..<(3 * 40)].allSatisfy { $0.isNaN })
    #expect(after[(4 * 40)..<(5 * 40)].allSatisfy { !$0.isFinite })
  }

  @Test("Packed weights take about the bytes of the checkpoint", arguments: BlockFormat.allCases)
  func size(format: BlockFormat) {
    let sample = Sample(format, outputs: 64, inputs: 256, rows: 1)
    let packed = PackedMatrix(sample.matrix, lanes: Lanes(count: 1))
    let stored = 64 * format.byteCount(256)
    #expect(packed.byteCount >= stored)
    #expect(Double(packed.byteCount) <= 1.03 * Double(stored))
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

  func expected() -> [Float] {
    var output = [Float](repeating: 0, count: rows * matrix.rows)
    Reference.multiply(matrix, input, count: rows, into: &output)
    return output
  }

  func product(_ packed: PackedMatrix, rows: Int, from first: Int = 0, _ lanes: Lanes) -> [Float] {
    var output = [Float](repeating: .nan, count: rows * matrix.rows)
    input.withUnsafeBufferPointer { input in
      guard let start = input.baseAddress else { return }
      packed.multiply(start + first * matrix.columns, count: rows, into: &output, lanes: lanes)
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

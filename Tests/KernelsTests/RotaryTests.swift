import Kernels
import TestSupport
import Testing

@Suite struct RotaryTests {
  @Test(
    "Rotation is the naive one bit for bit, whole or partial, in both pairings",
    arguments: [RotaryTable.Pairing.interleaved, .halves])
  func equalsReference(pairing: RotaryTable.Pairing) {
    for (width, pairs) in [(64, 32), (64, 16), (20, 3), (256, 128), (2, 1)] {
      let frequencies = (0..<pairs).map { 1 / Double(1 + $0 * $0) }
      let table = RotaryTable(inverseFrequencies: frequencies, pairing: pairing)
      for first in [0, 3, 700] {
        var generator = SeededGenerator(seed: UInt64(width + first))
        let heads = generator.floats(5 * 3 * width)
        var found = heads
        table.rotate(&found, rows: 5, heads: 3, headWidth: width, firstPosition: first)
        for index in 0..<15 {
          var head = Array(heads[(index * width)..<((index + 1) * width)])
          Reference.rotate(
            &head, position: first + index / 3, inverseFrequencies: frequencies, pairing: pairing)
          #expect(Array(found[(index * width)..<((index + 1) * width)]) == head)
        }
      }
    }
  }

  @Test("Many rows over several threads, and the portable kernels, give the same bits")
  func invariance() {
    let frequencies = (0..<24).map { 1 / Double(1 + $0) }
    let table = RotaryTable(inverseFrequencies: frequencies, pairing: .halves)
    var generator = SeededGenerator(seed: 1)
    let heads = generator.floats(300 * 4 * 48)
    var alone = heads
    table.rotate(&alone, rows: 300, heads: 4, headWidth: 48, firstPosition: 11)
    var shared = heads
    table.rotate(
      &shared, rows: 300, heads: 4, headWidth: 48, firstPosition: 11, lanes: Lanes(count: 4))
    var portable = heads
    Machine.withPortableKernels {
      table.rotate(&portable, rows: 300, heads: 4, headWidth: 48, firstPosition: 11)
    }
    #expect(alone != heads && alone == shared && alone == portable)
  }

  @Test("A table without pairs leaves heads as they are")
  func nothingToRotate() {
    let table = RotaryTable(inverseFrequencies: [], pairing: .halves)
    var heads: [Float] = [1, 2, 3, 4]
    table.rotate(&heads, rows: 1, heads: 1, headWidth: 4, firstPosition: 9)
    #expect(heads == [1, 2, 3, 4])
  }
}

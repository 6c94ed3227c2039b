import Kernels
import Testing

@testable import Steering

@Suite("Separation of a direction")
struct SeparationTests {
  private func rows(_ values: [[Float]]) -> Tensor {
    let tensor = Tensor(rows: values.count, columns: values[0].count)
    for (row, value) in values.enumerated() {
      for (column, element) in value.enumerated() { tensor.row(row)[column] = element }
    }
    return tensor
  }

  @Test("numbers worked out by hand")
  func byHand() {
    let up = rows([[1, 9], [3, 0], [5, 0]])
    let down = rows([[0, 0], [3, 0], [1, 0]])
    let found = Separation([1, 0], positive: up, negative: down)
    // Of nine comparisons 1 beats 0 and ties 1; 3 beats 0 and 1 and ties 3; 5 beats all.
    #expect(abs(found.auroc - (1.5 + 2.5 + 3) / 9) < 1e-12)
    // Means 3 and 4/3; variances 4 and 7/3.
    #expect(abs(found.cohensD - (3 - 4.0 / 3) / ((4 + 7.0 / 3) / 2).squareRoot()) < 1e-9)
    #expect(abs((found.pairedAccuracy ?? -1) - 2.5 / 3) < 1e-12)
  }

  @Test("the opposite direction separates the other way round")
  func opposite() {
    let up = rows([[1, 1], [2, 5]])
    let down = rows([[0, 2], [1.5, 1]])
    let there = Separation([1, 0.1], positive: up, negative: down)
    let back = Separation([-1, -0.1], positive: up, negative: down)
    #expect(abs(there.auroc + back.auroc - 1) < 1e-12)
    #expect(abs(there.cohensD + back.cohensD) < 1e-9)
  }

  @Test("rows that are no pairs have no share of pairs, and any numbers of rows will do")
  func unpaired() {
    let up = Tensor(rows: 3, columns: 1)
    let down = Tensor(rows: 2, columns: 1)
    for row in 0..<3 { up.base[row] = Float(row) + 1 }
    let found = Separation([1], positive: up, negative: down, isPaired: false)
    #expect(found.pairedAccuracy == nil && found.auroc == 1)
  }
}

import Kernels
import TestSupport
import Testing

@testable import Steering

@Suite("Operators on a row of the residual stream")
struct OperatorTests {
  let row: [Float] = [3, -1, 2, 0.5, -4]
  let direction: [Float] = [1, 2, 0, -2, 4]

  private func apply(_ op: Operator, scale: Float = 1) -> (row: [Float], change: Double) {
    var changed = row
    let norm = VectorMath.norm(direction, 5)
    let (change, before) = op.apply(
      to: &changed, direction, norm: norm, scale: scale, width: 5)
    #expect(abs(before - VectorMath.norm(row, 5)) < 1e-9)
    let moved = zip(changed, row).map { $0 - $1 }
    #expect(abs(change - VectorMath.norm(moved, 5)) < 1e-5, "the reported change is what moved")
    return (changed, change)
  }

  private func projection(_ row: [Float]) -> Double {
    VectorMath.dot(row, direction, 5) / VectorMath.norm(direction, 5)
  }

  @Test("add moves by scale times the direction")
  func add() {
    #expect(apply(.add, scale: 0.5).row == [3.5, 0, 2, -0.5, -2])
    #expect(apply(.add, scale: 0).row == row)
  }

  @Test("add_keep_norm keeps the length and turns towards the direction")
  func addKeepNorm() {
    let changed = apply(.addKeepNorm, scale: 3).row
    #expect(abs(VectorMath.norm(changed, 5) - VectorMath.norm(row, 5)) < 1e-5)
    #expect(
      VectorMath.cosine(changed, direction, 5) > VectorMath.cosine(row, direction, 5) + 0.5)
  }

  @Test("ablate leaves nothing along the direction, and ablating twice changes nothing more")
  func ablate() {
    let changed = apply(.ablate).row
    #expect(abs(projection(changed)) < 1e-6)
    var again = changed
    let norm = VectorMath.norm(direction, 5)
    _ = Operator.ablate.apply(to: &again, direction, norm: norm, scale: 1, width: 5)
    #expect(zip(again, changed).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test("ablate_add puts the projection at scale times the length")
  func ablateAdd() {
    let changed = apply(.ablateAdd, scale: 2).row
    #expect(abs(projection(changed) - 2 * VectorMath.norm(direction, 5)) < 1e-5)
  }

  @Test("clamp moves a projection that is outside its bounds, and no other")
  func clamp() {
    let before = projection(row)
    #expect(abs(projection(apply(.clamp(minimum: 7, maximum: 7)).row) - 7) < 1e-5)
    #expect(apply(.clamp(minimum: before - 1, maximum: .infinity)).row == row)
    #expect(
      abs(projection(apply(.clamp(minimum: -.infinity, maximum: before - 2)).row) - before + 2)
        < 1e-5)
  }
}

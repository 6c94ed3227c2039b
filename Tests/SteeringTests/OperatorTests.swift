import Kernels
import TestSupport
import Testing
import Transformer

@testable import Steering

@Suite("Operators on a row of the residual stream")
struct OperatorTests {
  let row: [Float] = [3, -1, 2, 0.5, -4]
  let direction: [Float] = [1, 2, 0, -2, 4]

  private func apply(
    _ op: Operator, scale: Float = 1, across: [Float]? = nil
  ) -> (row: [Float], change: Double) {
    var changed = row
    var prepared = Direction(Tensor(direction), row: 0, norm: VectorMath.norm(direction, 5))
    prepared.across = across
    let (change, before) = op.apply(to: &changed, prepared, scale: scale, width: 5)
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
    let prepared = Direction(Tensor(direction), row: 0, norm: VectorMath.norm(direction, 5))
    _ = Operator.ablate.apply(to: &again, prepared, scale: 1, width: 5)
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

  @Test("gate adds where the cosine lies within its bounds, and leaves other rows alone")
  func gate() {
    let cosine = VectorMath.cosine(row, direction, 5)
    let added = apply(.add, scale: 2).row
    #expect(
      apply(.gate(minimum: cosine - 0.01, maximum: .infinity), scale: 2).row == added)
    #expect(apply(.gate(minimum: cosine + 0.01, maximum: .infinity), scale: 2).row == row)
    #expect(apply(.gate(minimum: -.infinity, maximum: cosine), scale: 2).change == 0)
  }

  @Test("scale multiplies the part along the direction, scale_row the whole row")
  func scale() {
    #expect(abs(projection(apply(.scale, scale: 3).row) - 3 * projection(row)) < 1e-5)
    let mirrored = apply(.scale, scale: -1).row
    #expect(abs(projection(mirrored) + projection(row)) < 1e-5)
    #expect(abs(VectorMath.norm(mirrored, 5) - VectorMath.norm(row, 5)) < 1e-5)
    #expect(apply(.scaleRow, scale: 0.5).row == row.map { $0 / 2 })
  }

  @Test("rotate keeps the length, turns by the angle, and a whole turn changes nothing")
  func rotate() throws {
    let length = VectorMath.norm(row, 5)
    let before = ScalarMath.angle(VectorMath.cosine(row, direction, 5))
    for degrees in [10.0, 45, -30, 360] {
      let turned = apply(.rotate(.by(degrees * .pi / 180))).row
      #expect(abs(VectorMath.norm(turned, 5) - length) < 1e-5)
      // Towards the direction, in the plane of both.
      let angle = ScalarMath.angle(VectorMath.cosine(turned, direction, 5))
      let wanted = abs(before - degrees.truncatingRemainder(dividingBy: 360) * .pi / 180)
      #expect(abs(angle - wanted) < 1e-5, "\(degrees): \(angle), \(wanted)")
    }
    let aligned = apply(.rotate(.to(0))).row
    #expect(abs(VectorMath.cosine(aligned, direction, 5) - 1) < 1e-6)
    #expect(abs(VectorMath.norm(aligned, 5) - length) < 1e-5)
  }

  @Test("rotate in a plane of two vectors leaves what is orthogonal to both")
  func rotateInPlane() throws {
    let other: [Float] = [0, 1, 1, 1, 0]
    let plane = try ControlVector([LayerIndex(3): other])
    let across = try Direction(Tensor(direction), row: 0, norm: VectorMath.norm(direction, 5))
      .across(plane, LayerIndex(3))
    #expect(abs(VectorMath.dot(across, direction, 5)) < 1e-6)
    #expect(abs(VectorMath.norm(across, 5) - 1) < 1e-6)
    let turned = apply(.rotate(.by(.pi / 2)), across: across).row
    // A quarter turn: what was along v̂ is now along b, what was along b is along −v̂.
    #expect(abs(VectorMath.dot(turned, across, 5) - projection(row)) < 1e-5)
    #expect(abs(projection(turned) + VectorMath.dot(row, across, 5)) < 1e-5)
    #expect(abs(VectorMath.norm(turned, 5) - VectorMath.norm(row, 5)) < 1e-5)
    let (x, y) = (projection(row), VectorMath.dot(row, across, 5))
    let radius = (x * x + y * y).squareRoot()
    let aimed = apply(.rotate(.to(.pi / 3)), across: across).row
    #expect(abs(projection(aimed) - radius / 2) < 1e-5)
    let parallel = try ControlVector([LayerIndex(3): direction.map { -2 * $0 }])
    #expect(throws: SteeringError.self) {
      try Direction(Tensor(direction), row: 0, norm: VectorMath.norm(direction, 5))
        .across(parallel, LayerIndex(3))
    }
  }
}

extension ScalarMath {
  /// The angle of a cosine, by bisection; radians.
  fileprivate static func angle(_ wanted: Double) -> Double {
    var (low, high) = (0.0, Double.pi)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if cosine(middle) > wanted { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}

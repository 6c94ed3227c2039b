import Kernels
import TestSupport
import Testing
import Transformer

@testable import Steering

@Suite("Erasers and conceptors against numpy")
struct AffineMapTests {
  private let golden: MethodGolden

  init() throws { golden = try MethodGolden.recorded() }

  private func eraser(_ input: BuildMethod.Input) throws -> AffineMap.AtLayer {
    let all = RunningMoments(width: input.width, keepsSquares: true)
    all.add(input.positive)
    all.add(input.negative)
    return try LinearEraser.map(
      scatter: all.scatter, mean: all.mean, difference: RowMath.differenceOfMeans(input),
      LayerIndex(0))
  }

  private func mapped(_ map: AffineMap.AtLayer, _ rows: Tensor) -> [Float] {
    let changed = rows.copy()
    for row in 0..<rows.rows {
      let (change, before) = map.apply(
        to: changed.row(row), scale: 1, gain: 1, width: rows.columns)
      #expect(abs(before - VectorMath.norm(rows.row(row), rows.columns)) < 1e-9)
      let moved = zip(RowMath.row(changed, row), RowMath.row(rows, row)).map { Float($0 - $1) }
      #expect(abs(change - VectorMath.norm(moved, moved.count)) < 1e-5)
    }
    return changed.values
  }

  @Test("LEACE maps rows as its formula does, also where the covariance is singular")
  func leace() throws {
    let rows = Golden.tensor(golden.rows, width: golden.width)
    let whole = mapped(try eraser(golden.input), rows)
    #expect(furthest(whole, Golden.floats(golden.leace)) < 1e-4)
    let few = mapped(try eraser(golden.input(golden.fewPositive, golden.fewNegative)), rows)
    #expect(furthest(few, Golden.floats(golden.leaceFew)) < 1e-3)
  }

  @Test("after LEACE both sides have the same mean, so no linear probe tells them apart")
  func erased() throws {
    let map = try eraser(golden.input)
    let means = [golden.input.positive, golden.input.negative]
      .map { side in
        let changed = side.copy()
        for row in 0..<side.rows {
          _ = map.apply(to: changed.row(row), scale: 1, gain: 1, width: side.columns)
        }
        return RowMath.mean(RowMath.rows(changed))
      }
    #expect(zip(means[0], means[1]).allSatisfy { abs($0 - $1) < 1e-5 })
    let gap = RowMath.norm(RowMath.differenceOfMeans(golden.input))
    #expect(gap > 1)
  }

  @Test("LEACE of sides with one mean is refused")
  func nothing() throws {
    let same = golden.input(golden.positive, golden.positive)
    #expect(throws: SteeringError.self) { try eraser(same) }
  }

  private func conceptor(_ rows: Tensor, _ aperture: Double) -> AffineMap {
    let sums = RunningMoments(width: golden.width, keepsSquares: true, isShifted: false)
    sums.add(rows)
    let matrix = Conceptor.matrix(
      sums.product.scaled(by: 1 / Double(sums.count)), aperture: aperture)
    return AffineMap(
      [LayerIndex(0): .matrix(RowMath.floats(matrix.values))], width: golden.width,
      method: "conceptor")
  }

  @Test("conceptors and their algebra are as numpy computes them, full or singular")
  func conceptors() throws {
    let input = golden.input
    let (wide, narrow) = (conceptor(input.positive, 0.7), conceptor(input.negative, 1.5))
    let thin = conceptor(Golden.tensor(golden.fewPositive, width: golden.width), 2)
    let other = conceptor(input.positive.slice(0..<3), 2)
    let found: [String: AffineMap] = [
      "wide": wide, "narrow": narrow, "thin": thin, "not": try wide.negated(),
      "and": try wide.and(narrow), "or": try wide.or(narrow),
      "aperture": try wide.withAperture(times: 2), "thin_and": try thin.and(other),
      "thin_or": try thin.or(other), "thin_wide": try thin.and(wide),
    ]
    for (name, data) in golden.conceptors {
      let matrix = try #require(found[name]?.matrix(LayerIndex(0)))
      let distance = furthest(matrix, Golden.floats(data))
      #expect(distance < 2e-4, "\(name): \(distance)")
    }
  }

  @Test("the algebra keeps its laws: double negation, De Morgan, and with itself at full aperture")
  func laws() throws {
    let (c, b) = (conceptor(golden.input.positive, 0.7), conceptor(golden.input.negative, 1.5))
    func matrix(_ map: AffineMap) -> [Float] { map.matrix(LayerIndex(0)) ?? [] }
    #expect(furthest(matrix(try c.negated().negated()), matrix(c)) < 1e-6)
    #expect(
      furthest(matrix(try c.or(b).negated()), matrix(try c.negated().and(b.negated()))) < 1e-4)
    #expect(furthest(matrix(try c.and(b)), matrix(try b.and(c))) < 1e-5)
    let values = SymmetricEigen(
      SquareMatrix(matrix(try c.or(b)).map { Double($0) }, size: golden.width)
    )
    .values
    #expect(values.allSatisfy { $0 > -1e-6 && $0 < 1 + 1e-6 })
  }

  @Test("what is no conceptor, or has no common layer, is not combined")
  func refusals() throws {
    let eraser = AffineMap([LayerIndex(0): try eraser(golden.input)], width: 12, method: "leace")
    #expect(throws: SteeringError.self) { try eraser.negated() }
    let c = conceptor(golden.input.positive, 1)
    #expect(throws: SteeringError.self) { try c.and(eraser) }
    #expect(throws: SteeringError.self) {
      try c.or(AffineMap([LayerIndex(1): .matrix([1])], width: 1, method: "conceptor"))
    }
    #expect(throws: SteeringError.self) { try c.withAperture(times: 0) }
  }
}

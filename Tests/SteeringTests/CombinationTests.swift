import Kernels
import TestSupport
import Testing
import Transformer

@testable import Steering

@Suite("Combinations of vectors, and operators, against numpy")
struct CombinationTests {
  private let golden: MethodGolden
  private let vectors: [ControlVector]
  private let layer: LayerIndex

  init() throws {
    let golden = try MethodGolden.recorded()
    self.golden = golden
    let layer = LayerIndex(golden.layer)
    self.layer = layer
    let rows = Golden.tensor(golden.vectors, width: golden.width)
    vectors = try (0..<rows.rows)
      .map { try ControlVector([layer: RowMath.floats(RowMath.row(rows, $0))]) }
  }

  private func expected(_ name: String) throws -> [Float] {
    Golden.floats(try #require(golden.combinations[name]))
  }

  @Test(
    "linear, TIES and DARE merge as their formulas do",
    arguments: [
      ("linear", ControlVector.Merge.linear), ("ties", .ties(density: 0.4)),
      ("dare", .dare(density: 0.6, seed: 77)), ("dare_ties", .dareTies(density: 0.6, seed: 77)),
    ])
  func merging(name: String, merge: ControlVector.Merge) throws {
    #expect(golden.dareSeed == 77)
    let merged = try ControlVector.merged(vectors, weights: golden.weights, merge)
    #expect(furthest(try #require(merged[layer]), try expected(name)) < 1e-5)
  }

  @Test("what is elected has the sign of the weighted sum, with weights below 0 too")
  func negativeWeights() throws {
    let (v, w) = (
      try ControlVector([layer: [1, 2, -4]]), try ControlVector([layer: [-1, 3, 2]])
    )
    let whole = ControlVector.Merge.ties(density: 1)
    // v − w is 2, −1, −6; of the parts 1, 1 agree, then −3 alone, then −4 and −2.
    #expect(try ControlVector.merged([v, w], weights: [1, -1], whole)[layer] == [1, -3, -3])
    #expect(try ControlVector.merged([v], weights: [-1], whole)[layer] == [-1, -2, 4])
    // 3 and 1 agree: (2 · 1 + 1 · 1) / (2 + 1).
    #expect(try ControlVector.merged([v, w], weights: [2, -1], whole)[layer]?.first == 1)
  }

  @Test("Gram-Schmidt and Löwdin give directions at right angles, as numpy has them")
  func orthogonal() throws {
    for (name, made) in [
      ("gram_schmidt", try ControlVector.gramSchmidt(vectors)),
      ("lowdin", try ControlVector.lowdin(vectors)),
    ] {
      #expect(furthest(made.flatMap { $0[layer] ?? [] }, try expected(name)) < 1e-5, "\(name)")
      for index in 1..<made.count {
        let cosine = try made[index].cosines(made[index - 1])[layer] ?? 1
        #expect(abs(cosine) < 1e-6, "\(name): \(cosine)")
      }
    }
    // Whatever the order, and nothing new for what is at right angles already.
    let (there, back) = (
      try ControlVector.lowdin(vectors), try ControlVector.lowdin(vectors.reversed())
    )
    for (left, right) in zip(there, back.reversed()) {
      #expect(furthest(left[layer] ?? [], right[layer] ?? []) < 1e-6)
    }
    let parallel = [vectors[0], try vectors[0].scaled(by: 2)]
    #expect(throws: SteeringError.self) { try ControlVector.gramSchmidt(parallel) }
    #expect(throws: SteeringError.self) { try ControlVector.lowdin(parallel) }
  }

  @Test("slerp goes along the arc, and ends where it should")
  func slerp() throws {
    let found = try vectors[0].slerp(vectors[1], 0.3)
    #expect(furthest(found[layer] ?? [], try expected("slerp")) < 1e-5)
    for (share, end) in [(0.0, vectors[0]), (1.0, vectors[1])] {
      let there = try vectors[0].slerp(vectors[1], share)
      #expect(furthest(there[layer] ?? [], end[layer] ?? []) < 1e-6)
    }
    let (left, right) = (vectors[0].normalized, vectors[1].normalized)
    let middle = try left.slerp(right, 0.5)
    #expect(abs((middle.norms[layer] ?? 0) - 1) < 1e-6, "unit vectors stay on the sphere")
    let straight = try left.slerp(left.scaled(by: 3), 0.5)
    #expect(abs((straight.norms[layer] ?? 0) - 2) < 1e-5)
    #expect(throws: SteeringError.self) { try left.slerp(right, 1.5) }
  }

  @Test("joining puts different vectors at different layers, and no two at one")
  func joining() throws {
    var first = try ControlVector([LayerIndex(1): [1, 2]])
    first.passport.residualNorms = ["1": 3]
    var second = try ControlVector([LayerIndex(2): [3, 4], .embedding: [5, 6]])
    second.passport.residualNorms = ["2": 4, "embedding": 1]
    let joined = try ControlVector.joined([first, second])
    #expect(joined.layers == [.embedding, LayerIndex(1), LayerIndex(2)])
    #expect(joined[LayerIndex(2)] == [3, 4])
    #expect(joined.passport.residualNorms == ["1": 3, "2": 4, "embedding": 1])
    #expect(throws: SteeringError.self) { try ControlVector.joined([first, joined]) }
    #expect(throws: SteeringError.self) { try ControlVector.joined([]) }
    #expect(throws: SteeringError.self) {
      try ControlVector.merged([first], weights: [1], .ties(density: 0))
    }
    #expect(throws: SteeringError.self) { try ControlVector.merged([first], weights: [], .linear) }
  }

  @Test(
    "affine ablation, the cosine gate and the arc change rows as their formulas do",
    arguments: [
      ("ablate_affine", Operator.ablateAffine, Float(0.8)),
      ("cosine_gate", .cosineGate(threshold: 0.1), 0.8), ("slerp", .slerp, 0.35),
    ])
  func operators(name: String, op: Operator, scale: Float) throws {
    let v = Golden.floats(golden.direction)
    var direction = Direction(Tensor(v), row: 0, norm: VectorMath.norm(v, v.count))
    direction.reference = -0.6
    let rows = Golden.tensor(golden.rows, width: golden.width)
    let before = rows.copy()
    for row in 0..<rows.rows {
      let (change, length) = op.apply(
        to: rows.row(row), direction, scale: scale, width: golden.width)
      #expect(abs(length - VectorMath.norm(before.row(row), golden.width)) < 1e-9)
      let moved = zip(RowMath.row(rows, row), RowMath.row(before, row)).map { Float($0 - $1) }
      #expect(abs(change - VectorMath.norm(moved, moved.count)) < 1e-5)
    }
    let expected = Golden.floats(try #require(golden.operators[name]))
    #expect(furthest(rows.values, expected) < 1e-5)
  }
}

import Engine
import Kernels
import Statistics
import TestSupport
import Testing
import Transformer

@testable import Steering

@Suite("Controls")
struct ControlsTests {
  private func vector() throws -> ControlVector {
    try ControlVector([
      LayerIndex(0): [3, 0, 4, 0], LayerIndex(2): [0, 0, 0.5, 0], .embedding: [0, 0, 0, 0],
    ])
  }

  @Test("a random control is as long at every layer, and another one for another stream")
  func random() throws {
    let vector = try vector()
    let one = vector.randomControl(seed: 5, stream: 0)
    let same = vector.randomControl(seed: 5, stream: 0)
    let other = vector.randomControl(seed: 5, stream: 1)
    for (layer, norm) in vector.norms {
      let found = try #require(one.norms[layer])
      #expect(abs(found - norm) <= 1e-6 * max(norm, 1))
    }
    #expect(one == same && one != other && one.passport.method == "random")
    // What was measured along the vector says nothing of another direction.
    var measured = vector
    measured.passport.negativeProjections = ["0": 3]
    measured.passport.projectionDeviations = ["0": 2]
    measured.passport.residualNorms = ["0": 7]
    let control = measured.randomControl(seed: 5, stream: 0).passport
    #expect(control.negativeProjections == nil && control.projectionDeviations == nil)
    #expect(control.residualNorms == ["0": 7])
  }

  @Test("layers lie to each other as before, and tokens too; nothing else is left of the vector")
  func rotation() throws {
    var random = RandomSource(seed: 8)
    let width = 12
    func row() -> [Float] { (0..<width).map { _ in Float(random.normal()) } }
    let first = row()
    // Three directions that depend on each other, two that are alike, and one of zeros.
    let rows: [[Float]] = [
      first, row(), zip(first, row()).map { $0 * 2 + $1 * 0.1 }, first.map { $0 * -3 },
      [Float](repeating: 0, count: width), row(),
    ]
    let layers = Dictionary(
      uniqueKeysWithValues: rows.enumerated().map { (LayerIndex($0.offset), $0.element) })
    let vector = try ControlVector(layers)
    for stream in 0..<5 {
      let control = vector.randomControl(seed: 2, stream: stream)
      for left in rows.indices {
        for right in rows.indices {
          let found = VectorMath.dot(
            control[LayerIndex(left)] ?? [], control[LayerIndex(right)] ?? [], width)
          let expected = VectorMath.dot(rows[left], rows[right], width)
          #expect(abs(found - expected) < 1e-4, "\(left), \(right)")
        }
      }
      #expect(abs(VectorMath.cosine(control[LayerIndex(0)] ?? [], first, width)) < 0.95)
    }
    // More directions than the space has.
    let many = try ControlVector(
      Dictionary(uniqueKeysWithValues: (0..<5).map { (LayerIndex($0), [Float($0), 1, 2]) }))
    let turned = many.randomControl(seed: 3, stream: 0)
    for (layer, norm) in many.norms { #expect(abs((turned.norms[layer] ?? 0) - norm) < 1e-5) }
    let tokens = try ControlVector(
      [LayerIndex(0): [1, 0, 0, 2, 0, 0, 0, 0, 3]], rows: 3)
    let other = try #require(tokens.randomControl(seed: 3, stream: 0)[LayerIndex(0)])
    #expect(abs(VectorMath.dot(Array(other[0..<3]), Array(other[3..<6]), 3) - 2) < 1e-5)
    #expect(abs(VectorMath.dot(Array(other[0..<3]), Array(other[6..<9]), 3)) < 1e-5)
  }

  @Test("random directions are uniform: no element and no side is preferred")
  func uniform() throws {
    let vector = try ControlVector([LayerIndex(0): [Float](repeating: 1, count: 8)])
    var (ups, squares) = (0, [Double](repeating: 0, count: 8))
    for stream in 0..<400 {
      let drawn = try #require(vector.randomControl(seed: 1, stream: stream)[LayerIndex(0)])
      ups += drawn[3] > 0 ? 1 : 0
      for (index, value) in drawn.enumerated() { squares[index] += Double(value * value) / 400 }
    }
    // 200 ± 4 standard deviations; each element has an eighth of ‖v‖² = 8 on average.
    #expect(abs(ups - 200) < 40)
    #expect(squares.allSatisfy { abs($0 - 1) < 0.25 })
  }

  @Test("of two right answers as many are exchanged of one as of the other, each pair alike")
  func balancedExchanges() throws {
    var random = RandomSource(seed: 4)
    for (yes, no) in [(6, 6), (9, 4)] {
      let pairs = (0..<yes + no)
        .map { index in
          ContrastPair(
            positive: .text("\(index)"), negative: .text("not \(index)"),
            fields: ["matching": index < yes ? "Yes" : "No"])
        }
      let set = ContrastSet(pairs)
      var exchanged = Array(repeating: 0, count: pairs.count)
      var none = 0
      for _ in 0..<3000 {
        let exchanges = set.exchanges(using: &random)
        #expect(exchanges[..<yes].count { $0 } == exchanges[yes...].count { $0 })
        none += exchanges.contains(true) ? 0 : 1
        for (index, isExchanged) in exchanges.enumerated() where isExchanged {
          exchanged[index] += 1
        }
      }
      // The mean of a hypergeometric number is yes · no / all pairs of each kind, ± 5 deviations.
      let share = Double(yes * no) / Double(yes + no)
      for (index, count) in exchanged.enumerated() {
        #expect(abs(Double(count) / 3000 - share / Double(index < yes ? yes : no)) < 0.05)
      }
      // The labels as they are are one of C(yes + no, no) choices.
      #expect(yes == no ? (0...14).contains(none) : none < 25)
    }
  }

  @Test("exchanging all sides turns the mean difference round, exchanging none keeps it")
  func exchanged() throws {
    var options = BuildOptions()
    options.seed = 3
    let rows = Tensor(rows: 2, columns: 2)
    for (index, value) in [Float(1), 2, 3, 5].enumerated() { rows.base[index] = value }
    let others = Tensor(rows: 2, columns: 2)
    for (index, value) in [Float(0), 1, 1, 1].enumerated() { others.base[index] = value }
    let input = BuildMethod.Input(
      layer: LayerIndex(0), positive: rows, negative: others, seed: 3)
    func build(_ isExchanged: [Bool]) throws -> [Float] {
      try #require(try options.exchangingSides(isExchanged).custom?(input))
    }
    #expect(try build([false, false]) == [1.5, 2.5])
    #expect(try build([true, true]) == [-1.5, -2.5])
    #expect(try build([false, true]) == [-0.5, -1.5])
    #expect(throws: SteeringError.self) { try build([true]) }
    options.method = "act_add"
    #expect(throws: SteeringError.self) { try options.exchangingSides([true, true]) }
  }
}

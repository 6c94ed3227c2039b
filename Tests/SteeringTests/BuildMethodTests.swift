import Engine
import Foundation
import Kernels
import TestSupport
import Testing
import Transformer

@testable import Steering

/// What numpy and scikit-learn make of the same activations.
private struct BuildGolden: Decodable {
  let latSeed: UInt64
  let width: Int
  let positive: Data
  let negative: Data
  let reference: Data
  let directions: [String: Data]

  func tensor(_ data: Data) -> Tensor { Golden.tensor(data, width: width) }

  var input: BuildMethod.Input {
    BuildMethod.Input(
      layer: LayerIndex(0), positive: tensor(positive), negative: tensor(negative),
      seed: latSeed)
  }
}

@Suite("Build methods against numpy and scikit-learn")
struct BuildMethodTests {
  private let golden: BuildGolden
  /// Controls, and methods that `MethodGoldenTests` compares.
  private static let elsewhere = [
    "random", "random_orthogonal", "iti", "cross_covariance", "cross_covariance_debias",
  ]

  init() throws {
    golden = try Golden.recorded("build-methods.json", as: BuildGolden.self)
  }

  @Test(
    "every method points where its formula does, sign included, and is as long",
    arguments: BuildMethod.all.map(\.name).filter { !BuildMethodTests.elsewhere.contains($0) })
  func directions(method: String) throws {
    var input = golden.input
    if method == "mean_center" { input.reference = golden.tensor(golden.reference) }
    try compare(BuildMethod.named(method).direction(input), method)
  }

  @Test("without a reference, mean_center takes the mean of both sides")
  func noReference() throws {
    try compare(
      BuildMethod.named("mean_center").direction(golden.input), "mean_center, no reference")
  }

  private func compare(_ found: [Float], _ name: String) throws {
    let expected = Golden.floats(try #require(golden.directions[name]))
    #expect(found.count == expected.count)
    let cosine = VectorMath.cosine(found, expected, expected.count)
    #expect(cosine > 0.9999, "\(name): cosine \(cosine)")
    let ratio =
      VectorMath.norm(found, found.count) / VectorMath.norm(expected, expected.count)
    #expect(abs(ratio - 1) < 1e-4, "\(name): length ratio \(ratio)")
  }

  @Test("methods that need no pairs take sides of different sizes, others do not depend on order")
  func unpaired() throws {
    let whole = golden.input
    let fewer = BuildMethod.Input(
      layer: whole.layer, positive: whole.positive, negative: whole.negative.slice(0..<7), seed: 1)
    for method in BuildMethod.all where method.need == .rows {
      let direction = try method.direction(fewer)
      #expect(direction.count == whole.width && direction.allSatisfy(\.isFinite), "\(method.name)")
    }
    let gap = try BuildMethod.named("mean_diff_unpaired").direction(fewer)
    let up = RowMath.mean(RowMath.rows(fewer.positive))
    let down = RowMath.mean(RowMath.rows(fewer.negative))
    #expect(zip(gap, zip(up, down)).allSatisfy { abs(Double($0) - ($1.0 - $1.1)) < 1e-5 })
  }

  @Test("exchanging the sides turns every direction round")
  func signs() throws {
    let input = golden.input
    let swapped = BuildMethod.Input(
      layer: input.layer, positive: input.negative, negative: input.positive, seed: input.seed)
    for method in BuildMethod.all where !BuildMethodTests.elsewhere.contains(method.name) {
      let (there, back) = (try method.direction(input), try method.direction(swapped))
      let cosine = VectorMath.cosine(there, back, there.count)
      #expect(cosine < -0.9999, "\(method.name): \(cosine)")
    }
  }

  @Test("too many rows for a probe, and sides without spread, are refused")
  func refusals() throws {
    let many = Tensor(rows: 2_049, columns: 4)
    let input = BuildMethod.Input(
      layer: LayerIndex(0), positive: many, negative: many.copy(), seed: 0)
    for name in ["logistic", "lda"] {
      let error = #expect(throws: SteeringError.self) {
        try BuildMethod.named(name).direction(input)
      }
      #expect(error?.message.contains("4098 activations (expected at most 4096)") == true)
    }
    let one = BuildMethod.Input(
      layer: LayerIndex(3), positive: golden.input.positive.slice(0..<1),
      negative: golden.input.negative.slice(0..<1), seed: 0)
    let error = #expect(throws: SteeringError.self) { try BuildMethod.named("lda").direction(one) }
    #expect(error?.message.contains("layer 3, 2 activations") == true)
  }

  @Test("a Cholesky factor solves its system, and what is not positive definite has none")
  func solving() throws {
    let matrix = [[4.0, 1, 0.5], [1, 3, -1], [0.5, -1, 5]]
    let solution = try #require(RowMath.solve(matrix, [1, 2, 3]))
    for (row, right) in zip(matrix, [1.0, 2, 3]) {
      #expect(abs(RowMath.dot(row, solution) - right) < 1e-12)
    }
    #expect(RowMath.solve([[1, 2], [2, 1]], [1, 1]) == nil)
    #expect(RowMath.solve([], []) == [])
  }
}

import Kernels
import TestSupport
import Testing
import Transformer

@testable import Steering

@Suite("More build methods against numpy and scikit-learn")
struct MethodGoldenTests {
  private let golden: MethodGolden

  init() throws { golden = try MethodGolden.recorded() }

  private func compare(_ found: [Float], _ expected: [Float], _ name: String) {
    #expect(found.count == expected.count, "\(name)")
    let cosine = VectorMath.cosine(found, expected, expected.count)
    #expect(cosine > 0.9999, "\(name): cosine \(cosine)")
    let ratio = VectorMath.norm(found, found.count) / VectorMath.norm(expected, expected.count)
    #expect(abs(ratio - 1) < 1e-4, "\(name): length ratio \(ratio)")
  }

  @Test(
    "cross_covariance gives the axis and the de-bias vector, with a baseline for each row or all")
  func crossCovariance() throws {
    for (suffix, data) in [("", golden.reference), ("_mean", golden.general)] {
      var input = golden.input
      input.reference = Golden.tensor(data, width: golden.width)
      for (part, name) in [("axis", "cross_covariance"), ("debias", "cross_covariance_debias")] {
        let expected = Golden.floats(try #require(golden.crossCovariance[part + suffix]))
        compare(try BuildMethod.named(name).direction(input), expected, name + suffix)
      }
    }
  }

  @Test("iti keeps the heads that numpy and scikit-learn keep, and moves them as far")
  func heads() throws {
    let inputs = golden.headsPositive.indices.map { index in
      BuildMethod.Input(
        layer: LayerIndex(index),
        positive: Golden.tensor(golden.headsPositive[index], width: golden.headsWidth),
        negative: Golden.tensor(golden.headsNegative[index], width: golden.headsWidth),
        seed: 0)
    }
    let found = try HeadProbes.directions(inputs, heads: 3, keep: 2)
    for (direction, expected) in zip(found.directions, golden.headsDirections) {
      compare(direction, Golden.floats(expected), "iti")
      #expect(direction.count { $0 != 0 } == 6, "one head of each layer")
    }
    let kept = found.passport.map { [Double($0.layer), Double($0.head), $0.accuracy] }
    #expect(kept == golden.headsKept)
    #expect(throws: SteeringError.self) { try HeadProbes.directions(inputs, heads: 3, keep: 7) }
  }

  @Test("sums that keep no rows give the directions that all rows give", arguments: [64, 7, 300])
  func sums(chunk: Int) throws {
    let whole = golden.input(golden.manyPositive, golden.manyNegative, width: golden.manyWidth)
    for (name, data) in golden.streamed {
      let method = try #require(StreamedMethod.all[name])
      let sums = BuildSums(LayerIndex(0), width: golden.manyWidth, method.need, seed: 9)
      for start in stride(from: 0, to: whole.pairs, by: chunk) {
        let range = start..<min(start + chunk, whole.pairs)
        sums.add(
          BuildMethod.Input(
            layer: LayerIndex(0), positive: whole.positive.slice(range),
            negative: whole.negative.slice(range), seed: 9))
      }
      var direction = RowMath.floats(try method.direction(sums))
      if method.isSignedByMajority, PrincipalComponent.balance(of: direction, whole) < 0 {
        direction = direction.map { -$0 }
      }
      compare(direction, Golden.floats(data), name)
    }
  }

  @Test("every method that streams gives what it gives of all rows at once")
  func sameAsKept() throws {
    var whole = golden.input(golden.manyPositive, golden.manyNegative, width: golden.manyWidth)
    whole = BuildMethod.Input(
      layer: whole.layer, positive: whole.positive, negative: whole.negative, seed: 9)
    for (name, method) in StreamedMethod.all {
      let sums = BuildSums(LayerIndex(0), width: golden.manyWidth, method.need, seed: 9)
      sums.add(whole)
      var direction = RowMath.floats(try method.direction(sums))
      if method.isSignedByMajority, PrincipalComponent.balance(of: direction, whole) < 0 {
        direction = direction.map { -$0 }
      }
      compare(direction, try BuildMethod.named(name).direction(whole), name)
    }
  }

  @Test("random_orthogonal is at right angles to the mean difference and as long")
  func orthogonal() throws {
    let direction = try BuildMethod.named("random_orthogonal").direction(golden.input)
    let gap = try BuildMethod.named("mean_diff").direction(golden.input)
    #expect(abs(VectorMath.cosine(direction, gap, gap.count)) < 1e-6)
    let ratio = VectorMath.norm(direction, gap.count) / VectorMath.norm(gap, gap.count)
    #expect(abs(ratio - 1) < 1e-6)
  }

  @Test("eigenvectors belong to their eigenvalues, are at right angles and make the matrix again")
  func eigen() {
    var matrix = SquareMatrix(diagonal: 0, size: golden.width)
    for row in RowMath.rows(golden.input.positive).prefix(7) { matrix.addLowerSquare(of: row) }
    for row in RowMath.rows(golden.input.negative).prefix(2) {
      matrix.addLowerSquare(of: row, by: -1)
    }
    matrix = matrix.mirrored
    let eigen = SymmetricEigen(matrix)
    #expect(eigen.values == eigen.values.sorted())
    for index in eigen.values.indices {
      let (axis, product) = (eigen.vector(index), matrix * eigen.vector(index))
      for (left, right) in zip(product, axis) {
        #expect(abs(left - eigen.values[index] * right) < 1e-11 * abs(eigen.values.last ?? 1))
      }
      for other in 0..<index { #expect(abs(RowMath.dot(axis, eigen.vector(other))) < 1e-13) }
    }
    let again = eigen.matrix { $0 }
    #expect(zip(again.values, matrix.values).allSatisfy { abs($0 - $1) < 1e-10 })
    #expect(SymmetricEigen(SquareMatrix(diagonal: 3, size: 1)).values == [3])
    #expect(SymmetricEigen(SquareMatrix(diagonal: 0, size: 4)).values == [0, 0, 0, 0])
  }
}

import Engine
import Kernels
import Testing
import Transformer

@testable import Steering

@Suite("Principal components")
struct PrincipalComponentTests {
  /// Pairs that differ by a constant along one axis and by noise along another, larger one.
  private func input(sign: Float = 1, seed: UInt64 = 0) -> BuildMethod.Input {
    let (pairs, width) = (40, 16)
    let positive = Tensor(rows: pairs, columns: width)
    let negative = Tensor(rows: pairs, columns: width)
    var random = RandomSource(seed: 3)
    for pair in 0..<pairs {
      for index in 0..<width { negative.row(pair)[index] = Float(random.normal()) }
      positive.row(pair).update(from: negative.row(pair), count: width)
      positive.row(pair)[2] += sign * 3
      positive.row(pair)[5] += Float(random.normal())
    }
    return BuildMethod.Input(
      layer: LayerIndex(0), positive: positive, negative: negative, seed: seed)
  }

  @Test("pca_center finds what the pairs share; pca_diff removes it and finds the rest")
  func whatTheyFind() throws {
    let center = try BuildMethod.named("pca_center").direction(input())
    #expect(center[2] > 0.99)
    let diff = try BuildMethod.named("pca_diff").direction(input())
    #expect(abs(diff[2]) < 0.2 && abs(diff[5]) > 0.95)
    #expect(abs(VectorMath.norm(center, 16) - 1) < 1e-6)
  }

  @Test("the longest row is not taken for the component if others together have more variance")
  func orthogonalRows() {
    let long = [[3.0, 0], [-3, 0]]
    let many = (0..<40).map { [0, $0 % 2 == 0 ? 1.0 : -1] }
    for rows in [long + many, many + long] {
      let found = PrincipalComponent.direction(of: rows)
      #expect(abs(found[0]) < 1e-6 && abs(found[1] - 1) < 1e-6, "\(found)")
    }
    // PC1 has 40 of 58.
    let matrix = Tensor(rows: 42, columns: 2)
    for (index, row) in (long + many).enumerated() {
      matrix.row(index)[0] = Float(row[0])
      matrix.row(index)[1] = Float(row[1])
    }
    #expect(abs((Geometry.explainedVariance(matrix) ?? 0) - 40.0 / 58) < 1e-6)
  }

  @Test("exchanging the sides turns the direction round")
  func sign() throws {
    let there = try BuildMethod.named("pca_center").direction(input())
    let back = try BuildMethod.named("pca_center").direction(input(sign: -1))
    #expect(there[2] > 0.99 && back[2] < -0.99)
  }

  @Test("the random control is as long as the mean difference, and follows its seed")
  func random() throws {
    let mean = try BuildMethod.named("mean_diff").direction(input())
    let control = try BuildMethod.named("random").direction(input())
    #expect(abs(VectorMath.norm(control, 16) / VectorMath.norm(mean, 16) - 1) < 1e-5)
    #expect(abs(VectorMath.cosine(control, mean, 16)) < 0.9)
    #expect(try BuildMethod.named("random").direction(input()) == control)
    #expect(try BuildMethod.named("random").direction(input(seed: 1)) != control)
  }

  @Test("a method that nobody knows is refused with the list")
  func unknown() {
    let error = #expect(throws: SteeringError.self) { try BuildMethod.named("mean") }
    #expect(error?.message.contains("mean_diff, mean_diff_unpaired, act_add, pca_center") == true)
  }
}

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

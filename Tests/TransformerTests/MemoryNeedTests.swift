import Checkpoint
import Kernels
import TestSupport
import Testing

@testable import Transformer

@Suite("How much memory a model takes")
struct MemoryNeedTests {
  /// Bytes of the matrices and vectors that an opened model holds.
  private func bytes(_ weights: Weights) -> Int {
    func norm(_ norm: Weights.Norm?) -> Int {
      4 * ((norm?.weight.count ?? 0) + (norm?.bias?.count ?? 0))
    }
    func projection(_ projection: Weights.Projection?) -> Int {
      (projection?.matrix.byteCount ?? 0) + 4 * (projection?.bias?.count ?? 0)
    }
    func expert(_ expert: Weights.Expert) -> Int {
      projection(expert.gate) + projection(expert.up) + projection(expert.down)
    }
    return weights.blocks.reduce(norm(weights.outputNorm) + weights.head.byteCount) { sum, block in
      let layer =
        switch block.feedForward {
        case .one(let only): expert(only)
        case .several(let router, let experts):
          router.byteCount + experts.reduce(0) { $0 + expert($1) }
        }
      let norms = [
        block.attentionNorm, block.postAttentionNorm, block.feedForwardNorm,
        block.postFeedForwardNorm,
      ]
      let projections = [block.query, block.key, block.value, block.output]
      return sum + layer + norms.reduce(0) { $0 + norm($1) }
        + projections.reduce(0) { $0 + projection($1) }
    }
  }

  @Test("the estimate is what packing makes of the checkpoint", arguments: TinyModel.families)
  func weights(family: String) throws {
    let path = try TinyModel.write(architecture: family, in: TemporaryFolder())
    let source = try ModelSource.open(path)
    let sizes = try Hyperparameters(source)
    let need = try MemoryNeed(source, sizes)
    let held = try Weights(source, sizes, arithmetic: .precise, lanes: Lanes(count: 1))
    // What repeats for every head, or is cut into bands, differs a little.
    #expect(abs(need.weights - bytes(held)) <= bytes(held) / 50)
    #expect(need.mainFormat == .f32)
  }

  @Test("each token takes what a page of keys and values takes for it, and the context all of them")
  func context() throws {
    var model = TinyModel(architecture: "llama")
    model.format = .q8_0
    let source = try ModelSource.open(model.write(to: TemporaryFolder().file("tiny.gguf")))
    let need = try MemoryNeed(source, Hyperparameters(source))
    // Two layers, two heads of 16, keys and values, float32.
    #expect(need.perToken == 2 * 2 * 16 * 2 * 4)
    #expect(need.bytes(context: 100) - need.bytes(context: 0) == 100 * need.perToken)
    #expect(need.mainFormat == .q8_0)
  }
}

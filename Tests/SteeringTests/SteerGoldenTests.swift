import Checkpoint
import Engine
import Foundation
import Kernels
import TestSupport
import Testing
import Transformer

@testable import Steering

/// Everything here is compared with Transformers and forward hooks, in float32.
@Suite(
  "Vectors and steering against Transformers",
  .enabled(
    if: Shared.folder != nil && RealModel.smolLM2 != nil,
    "needs ../shared and the default model in the cache"))
struct SteerGoldenTests {
  let golden: Golden.Steer
  let session: Session
  let set: ContrastSet

  init() throws {
    golden = try #require(
      try Golden.json("steer/smollm2-openness.json", as: Golden.Steer.self))
    session = Session(try Model(path: #require(RealModel.smolLM2), lanes: Lanes(count: 2)))
    let path = try #require(Shared.folder).path + "/datasets/mwe/persona/openness.jsonl"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    set = try ContrastSet.parse(text, path: path).take(24)
  }

  private func reference(_ name: String) throws -> StoredTensor {
    try Safetensors.open(
      #require(Shared.folder).path + "/golden/steer/smollm2-openness-24.safetensors"
    )
    .tensor(name)
  }

  @Test("a Model-Written-Evals row becomes the prompts of the reference")
  func prompts() throws {
    let pair = set.pairs[0]
    #expect(try session.model.tokens(of: pair.positive) == golden.pair0.positiveIds)
    #expect(try session.model.tokens(of: pair.negative) == golden.pair0.negativeIds)
  }

  @Test(
    "vectors point the same way, sign included, and are as long",
    arguments: [
      ("mean_diff", "mean"), ("pca_center", "pca_center"), ("pca_diff", "pca_diff_centred"),
    ])
  func vectors(method: String, name: String) throws {
    var options = BuildOptions()
    options.method = method
    let vector = try session.buildVector(set, options)
    let stored = try reference(name)
    let expected = stored.floats()
    let width = stored.shape[1]
    #expect(vector.layers.count == stored.shape[0])
    for layer in vector.layers {
      let direction = try #require(vector[layer])
      let row = Array(expected[layer.number * width..<(layer.number + 1) * width])
      var cosine = VectorMath.cosine(direction, row, width)
      // Half of these pairs say Yes and half No, so every first component wins 12 pairs and loses
      // 12: the reference's sign is then whatever its library gave.
      if method != "mean_diff", vector.passport.separation?["\(layer)"]?.pairedAccuracy == 0.5 {
        cosine = abs(cosine)
      }
      #expect(cosine > 0.9999, "\(method), layer \(layer): cosine \(cosine)")
      let ratio = VectorMath.norm(direction, width) / VectorMath.norm(row, width)
      #expect(abs(ratio - 1) < 2e-3, "\(method), layer \(layer): length ratio \(ratio)")
    }
  }

  @Test("steered log-probabilities match in every setting, and steering changes them")
  func steered() throws {
    let vector = try session.buildVector(set)
    let answers = [[golden.answerIds.yes], [golden.answerIds.no]]
    var largest = 0.0
    for item in golden.cases {
      let base = try session.score([item.ids], completions: answers).values
      compare(base, item.base.logprobYes, item.base.logprobNo, "unsteered")
      for setting in item.steered {
        let steering = try steering(vector, setting)
        let found =
          try session.score(
            [item.ids], completions: answers, interventions: [steering]
          )
          .values
        compare(found, setting.logprobYes, setting.logprobNo, "\(setting)")
        let rows = setting.positions == "all" ? item.ids.count : 1
        #expect(steering.effect.rows == rows, "\(setting): rows that were steered")
        largest = max(largest, Double(abs(found[0] - base[0])))
      }
    }
    #expect(largest > 1, "some setting moves an answer by more than a nat")
  }

  private func steering(
    _ vector: ControlVector, _ setting: Golden.Steer.Setting
  ) throws -> Steering {
    var options = Steering.Options()
    options.layers = [LayerIndex(setting.layer)]
    options.positions = try #require(PositionRule(named: setting.positions))
    options.op =
      switch setting.operator {
      case "add": .add
      case "add_keep_norm": .addKeepNorm
      default: .ablate
      }
    if let strength = setting.strength { options.scale = .constant(strength) }
    return try Steering(vector, options, sizes: session.model.sizes)
  }

  private func compare(_ found: [Float], _ yes: Float, _ no: Float, _ place: String) {
    for (value, expected) in zip(found, [yes, no]) {
      // 2e-3 relative; both sides are float32 sums over 30 blocks, the reference has five digits.
      #expect(abs(value - expected) < 2e-3 * abs(expected), "\(place): \(value), \(expected)")
    }
  }
}

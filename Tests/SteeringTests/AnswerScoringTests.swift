import Engine
import Foundation
import Kernels
import TestSupport
import Testing
import Transformer

@testable import Steering

@Suite("Scoring two answers")
struct AnswerScoringTests {
  private let session: Session

  init() throws {
    let path = try TinyModel.write(architecture: "llama", in: TemporaryFolder())
    session = Session(try Model(path: path, lanes: Lanes(count: 2)))
  }

  @Test("each form has the scores of its own answers, spellings added up, under each variant")
  func scores() throws {
    let forms = [
      AnswerForm(prompt: [10, 20, 30], positive: [[40]], negative: [[41]]),
      AnswerForm(prompt: [10, 20, 31, 5], positive: [[41]], negative: [[40]]),
      AnswerForm(prompt: [10, 21], positive: [[50, 51], [52]], negative: [[53]]),
    ]
    let vector = try ControlVector([
      LayerIndex(0): (0..<session.model.sizes.width).map { Float($0 % 5) - 2 }
    ])
    let steering = try Steering(vector, sizes: session.model.sizes)
    let found = try session.answerScores(forms, variants: [[], [steering]])
    for (variant, acting) in [[], [steering]].enumerated() {
      for (row, form) in forms.enumerated() {
        func total(_ answers: [[Int32]]) throws -> Double {
          let scores = try session.score(
            [form.prompt], completions: answers, interventions: acting)
          return log(scores.values.map { exp(Double($0)) }.reduce(0, +))
        }
        let score = found[variant][row]
        #expect(abs(score.positive - (try total(form.positive))) < 1e-9)
        #expect(abs(score.negative - (try total(form.negative))) < 1e-9)
      }
    }
    #expect(found[0] != found[1])
  }

  @Test("share and mass follow from two log-probabilities")
  func numbers() {
    let score = AnswerScore(positive: log(0.3), negative: log(0.1))
    #expect(abs(score.probability - 0.75) < 1e-12)
    #expect(abs(score.mass - 0.4) < 1e-12)
    #expect(abs(score.logOdds - log(3)) < 1e-12)
  }
}

/// Compared with Transformers: the divergence of steered next tokens.
@Suite(
  "Divergence against Transformers",
  .enabled(
    if: Shared.folder != nil && RealModel.smolLM2 != nil,
    "needs ../shared and the default model in the cache"))
struct DivergenceGoldenTests {
  @Test("KL of steered answers is the reference's within 1 % and 1e-4 nats")
  func golden() throws {
    let golden = try #require(
      try Golden.json("steer/smollm2-openness.json", as: Golden.Steer.self))
    let session = Session(try Model(path: #require(RealModel.smolLM2), lanes: Lanes(count: 2)))
    let path = try #require(Shared.folder).path + "/datasets/mwe/persona/openness.jsonl"
    let set = try ContrastSet.parse(String(contentsOfFile: path, encoding: .utf8), path: path)
    let vector = try session.buildVector(set.take(24))
    var compared = 0
    for item in golden.cases.prefix(2) {
      for setting in item.steered where setting.operator == "add" && setting.positions == "all" {
        var options = Steering.Options()
        options.layers = [LayerIndex(setting.layer)]
        options.scale = .constant(try #require(setting.strength))
        let steering = try Steering(vector, options, sizes: session.model.sizes)
        let found = try session.divergence(
          item.ids, from: item.ids.count - 1, interventions: [steering])
        #expect(
          abs(found.kl - setting.klFromBase) < 1e-4 + 0.01 * setting.klFromBase,
          "\(setting): \(found.kl)")
        compared += 1
      }
    }
    #expect(compared > 10)
  }
}

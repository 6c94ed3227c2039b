import Engine
import Kernels
import TestSupport
import Testing
import Tokens
import Transformer

@testable import Steering

@Suite("Choosing a direction, personas, and what steering costs")
struct MakingTests {
  private let session: Session
  private let set: ContrastSet

  init() throws {
    let path = try TinyModel.write(architecture: "llama", in: TemporaryFolder())
    session = Session(try Model(path: path, lanes: Lanes(count: 2)))
    set = ContrastSet(
      (0..<6)
        .map { index in
          ContrastPair(
            positive: .tokens([Int32(index), 7, 50, 60]),
            negative: .tokens([Int32(index), 90, 50, 60]))
        })
  }

  @Test("ablated everywhere, nothing along the direction is left at any layer or in what is added")
  func everywhere() throws {
    var build = BuildOptions()
    build.layers = [LayerIndex(0)]
    let vector = try session.buildVector(set, build)
    var options = Steering.Options()
    options.op = .ablate
    options.isEverywhere = true
    let steering = try Steering(vector, options, sizes: session.model.sizes)
    #expect(steering.firstSite == Site(.embedding))
    let direction = try #require(vector[LayerIndex(0)])
    for part in [Site.Part.residual, .attention, .mlp] {
      let layers =
        (part == .residual ? [LayerIndex.embedding] : []) + [LayerIndex(0), LayerIndex(1)]
      let rows = try session.activations(
        [[5, 6, 7]], layers: layers, part: part, interventions: [steering])
      for (layer, tensor) in rows {
        let cosine = VectorMath.cosine(tensor.row(0), direction, direction.count)
        #expect(abs(cosine) < 1e-5, "\(layer) \(part): \(cosine)")
      }
    }
    #expect(steering.effect.layers[LayerIndex(1)]?.positions == 0...2)
    options.op = .add
    #expect(throws: SteeringError.self) {
      try Steering(vector, options, sizes: session.model.sizes)
    }
    options.op = .ablate
    let two = try session.buildVector(set)
    #expect(throws: SteeringError.self) { try Steering(two, options, sizes: session.model.sizes) }
    options.layers = [LayerIndex(1)]
    #expect(try Steering(two, options, sizes: session.model.sizes).acts.count == 7)
  }

  @Test("an eraser as a steering takes away what tells the sides apart at its layer")
  func eraser() throws {
    var build = BuildOptions()
    build.layers = [LayerIndex(1)]
    let map = try session.concept(erasing: set, build)
    let steering = try Steering(map, sizes: session.model.sizes)
    build.interventions = [steering]
    let before = try session.buildVector(set).norms[LayerIndex(1)] ?? 0
    // The rest is rounding, or nothing at all.
    let after = try? session.buildVector(set, build).norms[LayerIndex(1)]
    #expect(before > 0 && (after ?? 0) < 1e-4 * before)
    #expect(steering.effect.rows > 0)
    var options = Steering.Options()
    options.layers = [LayerIndex(0)]
    #expect(throws: SteeringError.self) { try Steering(map, options, sizes: session.model.sizes) }
  }

  @Test("a conceptor of large aperture leaves activations alone, and one of small takes them away")
  func conceptor() throws {
    let prompts: [Prompt] = (0..<5).map { .tokens([Int32($0), 9]) }
    var build = BuildOptions()
    build.layers = [LayerIndex(0)]
    for (aperture, share) in [(1e4, 1.0), (1e-4, 0.0)] {
      let map = try session.conceptor(of: prompts, aperture: aperture, build)
      let plain = try session.activations([[3, 9]], layers: [LayerIndex(0)])
      let steered = try session.activations(
        [[3, 9]], layers: [LayerIndex(0)],
        interventions: [try Steering(map, sizes: session.model.sizes)])
      let expected = try #require(plain[LayerIndex(0)]).values.map { $0 * Float(share) }
      #expect(furthest(try #require(steered[LayerIndex(0)]).values, expected) < 1e-3)
    }
    #expect(throws: SteeringError.self) { try session.conceptor(of: prompts, aperture: 0, build) }
  }

  @Test("the mean over all tokens that a vector was built from leaves BOS out, as the build does")
  func withoutBOS() throws {
    let bos = try #require(session.model.tokenizer.bos)
    let prompts: [[Int32]] = [[bos, 20, 30], [20, 30], [bos]]
    #expect(TokenRule(named: "all").name == "all")
    for name in ["all", "prompt", "response"] {
      let rule = TokenRule(named: name).withoutAnswer
      let found = try session.activations(prompts, layers: [LayerIndex(1)], at: rule)
      let rows = try #require(found[LayerIndex(1)])
      for (index, tokens) in [[1, 2], [0, 1], [0]].enumerated() {
        var want = [Double](repeating: 0, count: rows.columns)
        for token in tokens {
          let one = try session.activations(
            [prompts[index]], layers: [LayerIndex(1)], at: .index(token))
          let values = try #require(one[LayerIndex(1)]).values
          for column in want.indices {
            want[column] += Double(values[column]) / Double(tokens.count)
          }
        }
        #expect(furthest(RowMath.floats(RowMath.row(rows, index)), RowMath.floats(want)) < 1e-5)
      }
    }
    #expect(TokenRule(named: "-2").withoutAnswer.name == "-2")
  }

  @Test("the scale for a divergence costs it, and more costs more")
  func scaleForDivergence() throws {
    let vector = try session.buildVector(set)
    let prompts: [[Int32]] = [[5, 6, 7], [8, 9]]
    func steering(_ scale: Float) throws -> Steering {
      var options = Steering.Options()
      options.scale = .constant(scale)
      return try Steering(vector, options, sizes: session.model.sizes)
    }
    let base = try session.nextTokenLogProbabilities(prompts, interventions: [])
    for (wanted, sign) in [(0.01, Float(1)), (0.05, -1)] {
      let found = try session.scale(costing: wanted, on: prompts, sign: sign, steering: steering)
      #expect(found.scale * sign > 0)
      let cost = try session.divergence(
        of: prompts, from: base, interventions: [try steering(found.scale)])
      #expect(abs(cost - wanted) <= 0.01 * wanted && cost == found.divergence)
      let more = try session.divergence(
        of: prompts, from: base, interventions: [try steering(1.5 * found.scale)])
      #expect(more > cost)
    }
    #expect(try session.divergence(of: prompts, from: base, interventions: []) == 0)
    #expect(throws: SteeringError.self) {
      try session.scale(costing: 0, on: prompts, steering: steering)
    }
    #expect(throws: SteeringError.self) {
      try session.scale(costing: 1e9, on: prompts, steering: steering)
    }
  }

  @Test("the chosen direction is the eligible one that ablates best, of the prompts' common end")
  func selection() throws {
    var options = SelectionOptions()
    options.tokens = [65, 66]
    options.deepest = 2
    options.mostDivergence = .infinity
    options.leastInduced = -.infinity
    let (vector, candidates) = try session.selectDirection(set, validation: set, options)
    #expect(candidates.map(\.position) == [-2, -2, -1, -1], "the tokens 50 and 60")
    #expect(candidates.map(\.layer.number) == [0, 1, 0, 1])
    let best = try #require(candidates.min { $0.ablated < $1.ablated })
    #expect(vector.layers == [best.layer] && vector.passport.position == "\(best.position)")
    // Scores by hand.
    var ablate = Steering.Options()
    ablate.op = .ablate
    ablate.isEverywhere = true
    let steering = try Steering(vector, ablate, sizes: session.model.sizes)
    var sum = 0.0
    for pair in set.pairs {
      let logits =
        try session.logits(
          session.model.tokens(of: pair.positive), interventions: [steering]
        )
        .values.map { Double($0) }
      let total = logits.reduce(0) { $0 + ScalarMath.exponential($1) }
      let p = (ScalarMath.exponential(logits[65]) + ScalarMath.exponential(logits[66])) / total
      sum += ScalarMath.logarithm(p / (1 - p))
    }
    #expect(abs(sum / 6 - best.ablated) < 1e-4)
    // Added at its layer to the other side, and what ablation costs there.
    let adding = try Steering(vector, sizes: session.model.sizes)
    var (induced, divergence) = (0.0, 0.0)
    for pair in set.pairs {
      let prompt = try session.model.tokens(of: pair.negative)
      func chances(_ acting: [any Intervention]) throws -> [Double] {
        let logits = try session.logits(prompt, interventions: acting).values.map { Double($0) }
        let total = logits.reduce(0) { $0 + ScalarMath.exponential($1) }
        return logits.map { ScalarMath.exponential($0) / total }
      }
      let (plain, pushed, ablated) = (
        try chances([]), try chances([adding]), try chances([steering])
      )
      let p = pushed[65] + pushed[66]
      induced += ScalarMath.logarithm(p / (1 - p))
      divergence += zip(plain, ablated)
        .reduce(0) { sum, both in
          sum + both.0 * ScalarMath.logarithm(both.0 / both.1)
        }
    }
    #expect(abs(induced / 6 - best.induced) < 1e-4)
    #expect(abs(divergence / 6 - best.divergence) < 1e-4 * max(1, best.divergence))
    #expect(best.divergence > 1e-6)
    // The thresholds: of several candidates only those within them compete.
    let limit = candidates.map(\.divergence).sorted()[1]
    options.mostDivergence = limit
    let eligible = candidates.filter { $0.divergence <= limit }
    let (kept, judged) = try session.selectDirection(set, validation: set, options)
    let winner = try #require(eligible.min { $0.ablated < $1.ablated })
    #expect(kept.layers == [winner.layer] && kept.passport.position == "\(winner.position)")
    #expect(judged.count(where: \.isEligible) == eligible.count)
    options.deepest = 0.8
    #expect(
      try session.selectDirection(set, validation: set, options).candidates.map(\.layer.number)
        == [0, 0], "of two blocks the last one does not compete")
    options.mostDivergence = -1
    #expect(throws: SteeringError.self) {
      try session.selectDirection(set, validation: set, options)
    }
    options.tokens = []
    #expect(throws: SteeringError.self) {
      try session.selectDirection(set, validation: set, options)
    }
  }

  @Test("a persona vector is the difference of means over the tokens of answers that count")
  func persona() throws {
    var options = PersonaOptions()
    options.positive = ["ab"]
    options.negative = ["cd"]
    options.questions = ["e", "f"]
    options.rollouts = 2
    options.sampling.temperature = 1
    options.sampling.seed = 4
    options.maxTokens = 5
    options.layers = [LayerIndex(1)]
    let (vector, answers) = try session.personaVector(options)
    #expect(answers.count == 8 && vector.passport.method == "persona")
    #expect(vector.passport.position == "response" && vector.norms[LayerIndex(1)] ?? 0 > 0)
    let again = try session.personaVector(options)
    #expect(again.vector[LayerIndex(1)] == vector[LayerIndex(1)], "seeded")
    var rows: [Bool: [[Double]]] = [:]
    for (stream, answer) in answers.enumerated() {
      var request = GenerationRequest(
        prompt: try session.model.tokens(
          of: .messages([
            ChatMessage(role: "system", content: answer.system),
            ChatMessage(role: "user", content: answer.question),
          ])))
      request.maxTokens = 5
      request.sampling = options.sampling
      request.sampling.stream = stream
      let said = try #require(try session.generate([request]).first)
      #expect(said.text == answer.text)
      let tokens = said.stopReason == "end" ? Array(said.tokens.dropLast()) : said.tokens
      let found = try session.activations(
        [request.prompt + tokens], layers: [LayerIndex(1)], at: .response,
        responses: [request.prompt.count])
      rows[answer.isPositive, default: []]
        .append(RowMath.row(try #require(found[LayerIndex(1)]), 0))
    }
    let expected = RowMath.floats(
      RowMath.difference(
        RowMath.mean(try #require(rows[true])), RowMath.mean(try #require(rows[false]))))
    #expect(furthest(try #require(vector[LayerIndex(1)]), expected) < 1e-5)
    options.keep = { $0.isPositive }
    #expect(throws: SteeringError.self) { try session.personaVector(options) }
  }
}

import Engine
import Kernels
import TestSupport
import Testing
import Transformer

@testable import Steering

@Suite("Steerings scored side by side")
struct VariantTests {
  private let prompts: [[Int32]] = [
    [10, 20, 30, 40, 50], [10, 20, 30, 41], [10, 20, 31], [10, 20, 30, 40, 50, 60, 70],
  ]
  private let completions: [[Int32]] = [[65], [66, 67, 68]]

  private func session(_ family: String, threads: Int = 2) throws -> Session {
    var tiny = TinyModel(architecture: family)
    tiny.blocks = 6
    let path = try tiny.write(to: TemporaryFolder().file("tiny.gguf"))
    return Session(try Model(path: path, lanes: Lanes(count: threads)))
  }

  private func vector(_ session: Session) throws -> ControlVector {
    var random = RandomSource(seed: 5)
    let width = session.model.sizes.width
    var directions: [LayerIndex: [Float]] = [:]
    for layer in [LayerIndex.embedding] + (0..<6).map({ LayerIndex($0) }) {
      directions[layer] = (0..<width).map { _ in Float(random.normal()) * 0.1 }
    }
    var passport = Passport()
    passport.residualNorms = Dictionary(
      uniqueKeysWithValues: directions.keys.map { ("\($0)", 1.5) })
    return try ControlVector(directions, passport: passport)
  }

  /// Every position rule, operator and unit, layers low and high, with and without the first token.
  private func steerings(_ session: Session) throws -> [Steering] {
    let rules: [PositionRule] = [
      .all, .prompt, .lastPrompt, .response, .generated, .range(1, 2), .range(-3, -2),
      .range(-2, 9), .range(4, 1000), .list([0, 2]), .list([-1]), .list([-2, 1]), .list([5]),
    ]
    let operators: [Operator] = [
      .add, .addKeepNorm, .ablate, .ablateAdd, .clamp(minimum: -0.5, maximum: 0.25),
    ]
    let layers: [[Int]] = [[2], [0, 5], [5], [-1, 3], [1, 2, 3, 4]]
    let vector = try vector(session)
    return try rules.indices.map { index in
      var options = Steering.Options()
      options.positions = rules[index]
      options.op = operators[index % operators.count]
      options.layers = layers[(index * 3) % layers.count].map { LayerIndex($0) }
      options.scale = .constant(Float(index % 3) - 0.5)
      options.unit = index % 2 == 0 ? .raw : .norm
      options.exceptBOS = index % 4 == 1
      return try Steering(vector, options, sizes: session.model.sizes)
    }
  }

  /// What a sequence alone gives: no prompt is shared, and no row goes on from a block.
  private func alone(
    _ session: Session, _ prompt: [Int32], _ completion: [Int32], _ steerings: [Steering]
  ) throws -> Float {
    /// The steerings, as something of which nothing is known.
    struct Opaque: Intervention {
      let steerings: [Steering]
      let treatsPrefixesAlike = false
      func hooks(for place: SequencePlace) throws -> [any ResidualHook] {
        try steerings.flatMap { try $0.hooks(for: place) }
      }
    }
    return
      try session
      .score([prompt], completions: [completion], interventions: [Opaque(steerings: steerings)])
      .values[0]
  }

  @Test(
    "every position rule, operator, unit and layer gives the bits of its sequence alone",
    arguments: ["llama", "qwen2", "gemma3"], [1, 2])
  func twins(family: String, threads: Int) throws {
    let session = try session(family, threads: threads)
    let single = try steerings(session)
    // Each alone, none, and pairs of them.
    let variants =
      single.map { [$0] } + [[]] + single.indices.map { [single[$0], single[($0 * 5 + 2) % 13]] }
    let scores = try session.score(prompts, completions: completions, variants: variants)
    for (index, steerings) in variants.enumerated() {
      for (row, prompt) in prompts.enumerated() {
        for (column, completion) in completions.enumerated() {
          let found = scores[index].row(row)[column]
          let expected = try alone(session, prompt, completion, steerings)
          #expect(
            found.bitPattern == expected.bitPattern,
            "\(steerings.map { $0.options.positions }), prompt \(row), completion \(column)")
        }
      }
    }
  }

  @Test("a rule's first position is the first that it covers")
  func firstPositions() throws {
    let session = try session("llama")
    for steering in try steerings(session) {
      let rule = steering.options.positions
      for length in [1, 2, 6] {
        let place = SequencePlace(row: 0, prompt: Array(repeating: 5, count: length))
        let first = steering.firstPosition(in: place)
        let covered = (0..<2000).filter { rule.includes($0, promptLength: length) }
        let steered = covered.first { !(steering.options.exceptBOS && $0 == 0) }
        #expect(first <= steered ?? Int.max, "\(rule), \(length)")
        #expect(
          first >= min(covered.first ?? 0, length - 1), "\(rule), \(length): not needlessly early")
      }
    }
  }

  @Test("a steering begins at its lowest layer; schedules keep state, scale 0 changes nothing")
  func descriptions() throws {
    let session = try session("llama")
    let vector = try vector(session)
    var options = Steering.Options()
    options.layers = [LayerIndex(4), LayerIndex(2)]
    func made() throws -> Steering { try Steering(vector, options, sizes: session.model.sizes) }
    #expect(try made().firstSite == Site(LayerIndex(2)))
    #expect(try !made().keepsState && !made().isNeutral)
    options.scale = .schedule { Float($0) }
    #expect(try made().keepsState && !made().isNeutral && !made().treatsPrefixesAlike)
    options.scale = .constant(0)
    #expect(try made().isNeutral)
    options.op = .ablateAdd
    #expect(try !made().isNeutral)
    options.op = .add
    let neutral = try made()
    _ = try session.score(prompts, completions: completions, variants: [[neutral], []])
    try neutral.checkActed()
    #expect(neutral.effect.rows == 0)
  }

  @Test("a schedule is called for each steered token of its own sequence, whatever else is scored")
  func schedules() throws {
    let session = try session("llama")
    var steps: [Int] = []
    var options = Steering.Options()
    options.positions = .response
    options.layers = [LayerIndex(3)]
    options.scale = .schedule {
      steps.append($0)
      return Float($0) - 0.5
    }
    let scheduled = try Steering(vector(session), options, sizes: session.model.sizes)
    let plain = try steerings(session)[0]
    let scores = try session.score(
      [prompts[0]], completions: [[65, 66, 67]], variants: [[plain], [scheduled]])
    #expect(steps == [0, 1, 2])
    let expected = try alone(session, prompts[0], [65, 66, 67], [scheduled])
    #expect(scores[1].values[0].bitPattern == expected.bitPattern)
  }

  @Test("a check keeps no account of the rows that it steers again")
  func twinsOfSteerings() throws {
    let session = try session("llama")
    let steering = try steerings(session)[3]
    _ = try session.score(prompts, completions: completions, variants: [[steering]])
    let rows = steering.effect.rows
    session.checksSharing = true
    _ = try session.score(prompts, completions: completions, variants: [[steering]])
    #expect(rows > 0 && steering.effect.rows == 2 * rows)
  }
}

public import Engine
import Kernels
import Tokens
public import Transformer

/// What a persona vector is made of.
///
/// [Chen et al. 2025](https://arxiv.org/abs/2507.21509).
public struct PersonaOptions {
  /// System prompts that ask for the trait; each is used with every question.
  public var positive: [String] = []
  /// System prompts that ask for its opposite.
  public var negative: [String] = []
  /// What the model is asked.
  public var questions: [String] = []
  /// Answers to each question under each system prompt.
  public var rollouts = 1
  /// How answers are drawn; each has a stream of random numbers of its own.
  public var sampling = SamplingOptions()
  /// The most tokens of an answer.
  public var maxTokens = 128
  /// The layers; nil is every block.
  public var layers: [LayerIndex]?
  /// Decides whether an answer counts, as a judge of trait and coherence does.
  public var keep: ((Answer) throws -> Bool)?
  /// What acts on the model meanwhile.
  public var interventions: [any Intervention] = []

  /// An answer that the model gave.
  public struct Answer {
    /// Whether its system prompt asks for the trait.
    public let isPositive: Bool
    /// The system prompt.
    public let system: String
    /// The question.
    public let question: String
    /// What the model said.
    public let text: String
  }

  /// One answer to each question.
  public init() {}
}

extension Session {
  /// Builds a persona vector: the model answers questions under system prompts that ask for a trait
  /// or its opposite, and the mean activations of the answers' tokens are compared.
  ///
  /// Each answer's activation is the mean over its tokens; the direction is the mean over the
  /// positive answers that count minus that over the negative ones.
  ///
  /// - Parameters:
  ///   - options: Prompts, sampling, and which answers count.
  ///   - progress: Called with the number of answers read and their total.
  /// - Returns: The vector, and the answers that counted.
  /// - Throws: ``SteeringError`` where a side has no answer that counts; `ModelError`.
  public func personaVector(
    _ options: PersonaOptions, progress: (Int, Int) throws -> Void = { _, _ in }
  ) throws -> (vector: ControlVector, answers: [PersonaOptions.Answer]) {
    let layers = options.layers ?? (0..<model.sizes.layers).map { LayerIndex($0) }
    let systems = options.positive.map { ($0, true) } + options.negative.map { ($0, false) }
    let total = systems.count * options.questions.count * options.rollouts
    guard !options.positive.isEmpty, !options.negative.isEmpty, total > 0 else {
      throw SteeringError(
        .emptyDataset,
        "vector.persona: \(options.positive.count) positive and \(options.negative.count) negative "
          + "system prompts, \(options.questions.count) questions (expected at least one of each). "
          + "Add the missing ones.")
    }
    let width = model.sizes.width
    let sums = layers.map { _ in
      (
        RunningMoments(width: width, keepsSquares: false),
        RunningMoments(width: width, keepsSquares: false)
      )
    }
    var answers: [PersonaOptions.Answer] = []
    var sample: [LayerIndex: (up: [[Float]], down: [[Float]])] = [:]
    var done = 0
    for (system, isPositive) in systems {
      for question in options.questions {
        let prompt = try model.tokens(
          of: .messages([
            .init(role: "system", content: system), .init(role: "user", content: question),
          ]))
        let results = try generate(
          (0..<options.rollouts)
            .map { rollout in
              var request = GenerationRequest(prompt: prompt)
              request.maxTokens = options.maxTokens
              request.sampling = options.sampling
              request.sampling.stream = done + rollout
              request.interventions = options.interventions
              return request
            })
        done += results.count
        for result in results {
          // The token that ends the answer is not part of what was said.
          let said = result.stopReason == "end" ? result.tokens.dropLast() : result.tokens[...]
          let answer = PersonaOptions.Answer(
            isPositive: isPositive, system: system, question: question, text: result.text)
          guard !said.isEmpty, try options.keep?(answer) ?? true else { continue }
          let rows = try activations(
            [prompt + said], layers: layers, at: .response, responses: [prompt.count],
            interventions: options.interventions)
          for (index, layer) in layers.enumerated() {
            guard let row = rows[layer] else { continue }
            (isPositive ? sums[index].0 : sums[index].1).add(row)
            // Enough to say how far the sides are apart.
            var kept = sample[layer] ?? ([], [])
            if isPositive, kept.up.count < 256 { kept.up.append(row.values) }
            if !isPositive, kept.down.count < 256 { kept.down.append(row.values) }
            sample[layer] = kept
          }
          answers.append(answer)
        }
        try progress(done, total)
      }
    }
    let counts = (answers.count { $0.isPositive }, answers.count { !$0.isPositive })
    guard counts.0 > 0, counts.1 > 0 else {
      throw SteeringError(
        .emptyDataset,
        "vector.persona: \(counts.0) positive and \(counts.1) negative answers count (expected at "
          + "least one of each). Keep more of them, or ask more.")
    }
    var build = BuildOptions()
    build.rule = .response
    build.seed = options.sampling.seed
    let set = ContrastSet([], source: "generated")
    var draft = VectorDraft(model, build, try BuildMethod.named("mean_diff_unpaired"), set)
    for (layer, sums) in zip(layers, sums) {
      guard let kept = sample[layer] else { continue }
      var input = BuildMethod.Input(
        layer: layer, positive: Tensor(rows: kept.up), negative: Tensor(rows: kept.down), seed: 0)
      input.isPaired = false
      try draft.add(
        RowMath.floats(RowMath.difference(sums.0.mean, sums.1.mean)), input)
    }
    draft.passport.method = "persona"
    draft.passport.pairs = nil
    draft.passport.seed = options.sampling.seed
    return (try draft.finished(), answers)
  }
}

extension Tensor {
  fileprivate convenience init(rows: [[Float]]) {
    self.init(rows: rows.count, columns: rows.first?.count ?? 0)
    for (index, row) in rows.enumerated() { self.row(index).update(from: row, count: row.count) }
  }
}

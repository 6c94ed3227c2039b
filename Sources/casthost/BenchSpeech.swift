import Engine
import Steering
import Transformer

/// Measures a model that reads and writes, steered and not.
struct BenchSpeech {
  private static let rows = 16
  private static let steps = 32
  private let model: Model
  private let session: Session
  private let sampler: BenchSampler
  private let seed: UInt64

  init(_ model: Model, _ sampler: BenchSampler, seed: UInt64) {
    self.model = model
    session = Session(model)
    self.sampler = sampler
    self.seed = seed
  }

  func prefill() throws -> [BenchFigure] {
    try [128, 512].filter { $0 < model.sizes.contextLength }
      .map { tokens in
        BenchFigure(
          "prefill_\(tokens)", "tokens/s",
          counts: "one prompt of \(tokens) tokens, until its first answer token is drawn",
          tokens: tokens,
          try sampler.samples { Double(tokens) / (try prefillSeconds(tokens)) })
      }
  }

  /// The speed of one sequence, and its share of the memory's speed in the same run.
  func decode() throws -> [BenchFigure] {
    let bytes = Double(try weightBytes(of: model))
    let memory = BenchMemory()
    let found = try sampler.pairs(
      sampler.repeats, { try memory.read(on: model.lanes) },
      { Double(Self.steps) / (try decodeSeconds()) })
    let reading = found.map { $0.second * bytes / 1e9 }
    return [
      BenchFigure(
        "decode", "tokens/s", counts: "\(Self.steps) steps of one sequence after 128 tokens",
        found.map(\.second)),
      BenchFigure(
        "decode_weights", "MB", counts: "packed weights read for a token, keys and values apart",
        [bytes / 1e6]),
      BenchFigure("decode_read", "GB/s", counts: "those bytes, at the speed of decode", reading),
      BenchFigure(
        "read_bandwidth_beside_decode", "GB/s",
        counts: BenchMemory.counts(model.lanes) + ", in turn with decode", found.map(\.first)),
      BenchFigure(
        "decode_share", "%", counts: "decode_read of the bandwidth measured beside it",
        zip(reading, found).map { 100 * $0 / $1.first }),
    ]
  }

  /// The speed of several sequences at once, and what steering costs.
  func batch() throws -> [BenchFigure] {
    let steerings = try (0..<Self.rows).map { [try randomSteering($0)] }
    let plain: [[any Intervention]] = steerings.map { _ in [] }
    let count = Double(Self.rows * Self.steps)
    let batches = try sampler.pairs(
      sampler.repeats, { try seconds(batch(plain)) }, { try seconds(batch(steerings)) })
    let what = "\(Self.rows) sequences, \(Self.steps) steps, after 16 to 31 tokens"
    let prompts = try sampler.pairs(
      4 * sampler.repeats, { try prefillSeconds(128) }, { try prefillSeconds(128, steerings[0]) })
    return [
      BenchFigure(
        "batch_16", "tokens/s", counts: "\(what), not steered", batches.map { count / $0.first }),
      BenchFigure(
        "batch_16_steered", "tokens/s", counts: "\(what), each with its own vector at all layers",
        batches.map { count / $0.second }),
      cost(
        "batch_16_steering_cost", "each its own vector at all layers, every second step",
        try stepCosts(batch(steerings))),
      cost(
        "decode_steering_cost", "one vector at all layers, every second step",
        try stepCosts([request(0, prompt: 128, tokens: Self.steps + 1, steerings[0])])),
      cost(
        "prefill_128_steering_cost", "one vector at all layers, every second prompt",
        prompts.map { $0.second / $0.first }),
    ]
  }

  private func cost(_ work: String, _ what: String, _ ratios: [Double]) -> BenchFigure {
    BenchFigure(
      work, "%", counts: "more time with steering than without: \(what)",
      ratios.map { 100 * ($0 - 1) })
  }

  /// The time of each steered step over that of its two neighbours, which are not steered.
  private func stepCosts(_ requests: [GenerationRequest]) throws -> [Double] {
    try (0..<sampler.repeats)
      .flatMap { _ in
        try Task.checkCancellation()
        let clock = StepClock()
        var alternating = requests
        for index in alternating.indices {
          alternating[index].interventions = requests[index].interventions
            .map { EverySecondStep($0) }
        }
        alternating[0].logitHook = clock
        _ = try session.generate(alternating)
        return clock.costs
      }
  }

  // MARK: One run

  /// Seconds to read a prompt, one step of one sequence.
  private func prefillSeconds(
    _ tokens: Int, _ interventions: [any Intervention] = []
  ) throws -> Double {
    try session.generate([request(0, prompt: tokens, tokens: 1, interventions)])[0].promptSeconds
  }

  private func decodeSeconds() throws -> Double {
    // The first token belongs to the prompt.
    try seconds([request(0, prompt: 128, tokens: Self.steps + 1, [])])
  }

  /// Seconds from the first token of all sequences to the last.
  private func seconds(_ requests: [GenerationRequest]) throws -> Double {
    try session.generate(requests)[0].decodeSeconds
  }

  private func batch(_ interventions: [[any Intervention]]) -> [GenerationRequest] {
    interventions.enumerated()
      .map { row, interventions in
        request(row, prompt: 16 + row, tokens: Self.steps + 1, interventions)
      }
  }

  private func request(
    _ row: Int, prompt: Int, tokens: Int, _ interventions: [any Intervention]
  ) -> GenerationRequest {
    var random = RandomSource(seed: seed, stream: row)
    var request = GenerationRequest(prompt: randomTokens(prompt, of: model, &random))
    request.maxTokens = tokens
    request.ignoresEnd = true
    request.interventions = interventions
    return request
  }

  private func randomSteering(_ row: Int) throws -> Steering {
    try Steering(randomVector(for: model, seed: seed, stream: row), sizes: model.sizes)
  }
}

import Engine
import Kernels
import Steering
import Transformer

extension ModelObject {
  static func declareGeneration(in type: ClassDeclaration<ModelObject>) {
    type.method("generate", isModelTime: true) { object, call in
      let made = try object.request(
        call.argument(1, "prompt"), try call.options(2), call, row: 0)
      return try object.generate([made], call)[0]
    }
    type.method("generate_batch", isModelTime: true) { object, call in
      let rows = try call.argument(1, "rows").list()
      return .list(try object.generate(rows: rows, numbers: Array(rows.indices), call))
    }
  }

  /// Generates rows, `{prompt, max_tokens = …}` each, together.
  ///
  /// Their numbers say which streams of random numbers they draw from.
  func generate(rows: [Argument], numbers: [Int], _ call: Call) throws -> [LuaValue] {
    let requests = try zip(rows, numbers)
      .map { row, number in
        let options = try row.options()
        guard options.list.count == 1 else {
          throw row.bad(
            "{prompt, name = value, …} expected, got \(options.list.count) entries without a name"
          )
        }
        return try request(options[1], options, call, row: number, allowsList: true)
      }
    return try generate(requests, call)
  }

  /// A request, and the steering that belongs to it alone.
  private typealias Request = (request: GenerationRequest, steerings: [Steering])

  private func request(
    _ prompt: Argument, _ options: OptionTable, _ call: Call, row: Int,
    allowsList: Bool = false
  ) throws -> Request {
    var request = GenerationRequest(prompt: try model.tokens(of: prompt.prompt()))
    request.maxTokens = try options["max_tokens"].integer(default: 128, in: 1...1 << 20)
    var sampling = SamplingOptions()
    sampling.temperature = Float(try options["temperature"].number(default: 0))
    sampling.topK = try options["top_k"].integer(default: 0)
    sampling.topP = Float(try options["top_p"].number(default: 1))
    sampling.minP = Float(try options["min_p"].number(default: 0))
    sampling.repetitionPenalty = Float(try options["repetition_penalty"].number(default: 1))
    let seed = options["seed"]
    sampling.seed =
      seed.isMissing ? call.machine.seed : UInt64(bitPattern: Int64(try seed.integer()))
    // Rows without a seed of their own draw from different streams of the run's seed.
    sampling.stream = seed.isMissing ? row : 0
    if let fault = sampling.fault { throw LuaError(.script, "generate: \(fault)") }
    request.sampling = sampling
    let stop = options["stop"]
    if !stop.isMissing {
      request.stop = stop.value?.text != nil ? [try stop.text()] : try stop.texts()
    }
    request.onText = try streaming(options["stream"], call.machine)
    let steerings = try options["steer"].steerings(for: self, call.machine)
    try options.finish(allowsList: allowsList)
    request.interventions = [library.stopCheck] + handles.compactMap(\.steering) + steerings
    return (request, steerings)
  }

  /// Where text goes as it comes: to standard output for `true`, to a function, or nowhere.
  private func streaming(
    _ option: Argument, _ machine: LuaMachine
  ) throws -> ((String) throws -> Void)? {
    if case .function(let function)? = option.value {
      return { try machine.call(function, [.string($0)], in: .run, results: 0) }
    }
    return try option.boolean(default: false) ? { machine.stream($0) } : nil
  }

  private func generate(_ made: [Request], _ call: Call) throws -> [LuaValue] {
    let scripted = try library.hooks.sequenceHooks(for: self)
    var requests = made.map(\.request)
    for row in requests.indices {
      if let scripted { requests[row].interventions.append(scripted) }
      requests[row].logitHook = scripted?.logitHook(row: row)
    }
    uses += 1
    lastEffects = made.flatMap { $0.steerings.map { ($0.effect, $0.condition) } }
    let results = try session.generate(requests)
    // A sequence that ends at once has no generated token that could be steered.
    for (result, row) in zip(results, made)
    where result.tokens.count > 1 || result.stopReason == "length" {
      for steering in row.steerings { try steering.checkActed() }
    }
    return zip(results, made)
      .map { result, made in
        [
          "text": .string(result.text),
          "tokens": .list(result.tokens.map { .integer(Int($0)) }),
          "logprobs": .tensor(Tensor(result.logProbabilities)),
          "stop_reason": .string(result.stopReason),
          "stats": [
            "prompt_tokens": .integer(result.promptTokens),
            "generated_tokens": .integer(result.tokens.count),
            "prompt_seconds": .number(result.promptSeconds),
            "decode_seconds": .number(result.decodeSeconds),
            "steering": .list(made.steerings.map { effectTable($0) }),
          ],
        ]
      }
  }
}

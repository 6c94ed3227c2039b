import Kernels
import Tokens
import Transformer

/// One sequence of a ``Session/generate(_:)`` call.
struct GeneratedRow {
  private let request: GenerationRequest
  /// Keys and values of the tokens that have been computed.
  private(set) var cache: KVCache
  /// Tokens of the prompt that are still to be computed.
  private var rest: [Int32]
  private let hooks: [any ResidualHook]
  private var state: GenerationState
  private var sampler: Sampler
  private var stream = TextStream()
  private var stopRule: StopRule
  private var logProbabilities: [Float] = []
  private(set) var stopReason: String?

  init(_ request: GenerationRequest, row: Int, cache: KVCache, hooks: [any ResidualHook]) {
    self.request = request
    self.cache = cache
    self.hooks = hooks
    rest = request.prompt
    state = GenerationState(row: row)
    sampler = Sampler(request.sampling, prompt: request.prompt)
    stopRule = StopRule(request.stop)
    if request.maxTokens <= 0 { stopReason = "length" }
  }

  /// Whether the first tokens of the prompt have been computed for several sequences.
  var isShared: Bool { rest.count < request.prompt.count }

  /// Goes on from shared first tokens.
  mutating func begin(with stretch: Stretch) {
    cache = stretch.cache
    rest = stretch.tokens
  }

  var nextSegment: Segment {
    Segment(cache: cache, tokens: state.tokens.last.map { [$0] } ?? rest, hooks: hooks)
  }

  /// What messages call the logits that come next.
  var place: String { "generate: the logits of row \(state.row) at step \(state.step)" }

  /// Takes the logits `[vocabulary]` of the last token, which it may change, and log Σ exp of them.
  mutating func advance(
    _ logits: UnsafeMutableBufferPointer<Float>, _ total: Double, _ tokenizer: Tokenizer,
    contextLength: Int
  ) throws {
    let changes = request.logitHook != nil || request.sampling.repetitionPenalty != 1
    let raw = changes ? Array(logits) : []
    if let reason = try request.logitHook?.visit(logits, state) {
      try finish(reason)
      return
    }
    let token = sampler.pick(logits)
    let logit = changes ? raw[Int(token)] : logits[Int(token)]
    logProbabilities.append(Float(Double(logit) - total))
    state.tokens.append(token)
    state.step += 1
    if !request.ignoresEnd, tokenizer.endIDs.contains(token) {
      try finish("end")
      return
    }
    let (shown, reached) = stopRule.append(stream.append(tokenizer.piece(token)))
    try show(shown)
    if reached {
      stopReason = "stop"
    } else if state.tokens.count >= request.maxTokens || cache.length >= contextLength {
      try finish("length")
    }
  }

  private mutating func finish(_ reason: String) throws {
    let (shown, reached) = stopRule.append(stream.flush())
    try show(shown)
    if !reached { try show(stopRule.flush()) }
    stopReason = reached ? "stop" : reason
  }

  private mutating func show(_ text: String) throws {
    guard !text.isEmpty else { return }
    state.text += text
    try request.onText?(text)
  }

  func result(promptSeconds: Double, decodeSeconds: Double) -> Generation {
    Generation(
      text: state.text, tokens: state.tokens, logProbabilities: logProbabilities,
      stopReason: stopReason ?? "length", promptTokens: request.prompt.count,
      promptSeconds: promptSeconds, decodeSeconds: decodeSeconds)
  }
}

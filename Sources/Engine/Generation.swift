import Kernels
import Tokens
import Transformer

/// One sequence to generate.
public struct GenerationRequest {
  /// Token ids of the prompt.
  public var prompt: [Int32]
  /// How tokens are drawn.
  public var sampling = SamplingOptions()
  /// The most tokens to generate.
  public var maxTokens = 128
  /// Strings that end the text; they are not part of it.
  public var stop: [String] = []
  /// Go on after an end token; for measurements.
  public var ignoresEnd = false
  /// What acts on the residual stream.
  public var interventions: [any Intervention] = []
  /// What sees and changes the logits before a token is drawn.
  public var logitHook: (any LogitHook)?
  /// Called with each piece of text as it becomes final: whole code points, no stop strings.
  public var onText: ((String) throws -> Void)?

  /// Asks for a greedy continuation.
  public init(prompt: [Int32]) { self.prompt = prompt }
}

/// Sees the logits of one sequence once per generated token; nothing has been drawn yet.
public protocol LogitHook: AnyObject {
  /// Reads or rewrites `[vocabulary]` logits.
  ///
  /// - Parameters:
  ///   - logits: Valid until the call returns.
  ///   - state: The sequence so far.
  /// - Returns: A reason to stop before this token, or nil.
  /// - Throws: whatever makes the generation fail.
  func visit(
    _ logits: UnsafeMutableBufferPointer<Float>, _ state: GenerationState
  ) throws -> String?
}

/// A sequence that is being generated.
public struct GenerationState {
  /// Number of tokens generated so far.
  public internal(set) var step = 0
  /// 0-based row of the call.
  public let row: Int
  /// Generated token ids.
  public internal(set) var tokens: [Int32] = []
  /// Generated text so far, whole code points.
  public internal(set) var text = ""
}

/// What became of one sequence.
public struct Generation: Sendable {
  /// The text: decoded tokens, without the end token and without a stop string.
  public let text: String
  /// The generated ids, the end token included if there is one.
  public let tokens: [Int32]
  /// Log-probability of each generated token under the steered model at temperature 1, before
  /// logit hooks and sampling rules, nats.
  public let logProbabilities: [Float]
  /// `end` (an end token), `stop` (a stop string), `length` (the most tokens, or a full context),
  /// or the reason a hook gave.
  public let stopReason: String
  /// Tokens of the prompt.
  public let promptTokens: Int
  /// Seconds until every prompt of the call was computed and its first token drawn.
  public let promptSeconds: Double
  /// Seconds from then to the last token of the call.
  public let decodeSeconds: Double
}

extension Session {
  /// Generates several sequences together, each with its own options and steering.
  ///
  /// What a sequence becomes does not depend on the others.
  ///
  /// - Returns: One result for each request, in their order.
  /// - Throws: `ModelError`; what a hook or `onText` throws.
  public func generate(_ requests: [GenerationRequest]) throws -> [Generation] {
    let started = ContinuousClock.now
    var rows = try requests.enumerated()
      .map { index, request in
        let place = SequencePlace(row: index, prompt: request.prompt)
        return GeneratedRow(
          request, row: index, cache: KVCache(model.sizes),
          hooks: try request.interventions.hooks(for: place))
      }
    var active = rows.indices.filter { requests[$0].maxTokens > 0 }
    try forEachSharedPrompt(active.map { requests[$0] }) { index, stretch in
      rows[active[index]].begin(with: stretch)
    }
    var prefilled: ContinuousClock.Instant?
    while !active.isEmpty {
      let hidden = try decoder.step(active.map { rows[$0].nextSegment })
      if checksSharing && prefilled == nil {
        for (index, row) in active.enumerated() where rows[row].isShared {
          try check(
            hidden, row: index, rows[row].cache,
            SequencePlace(row: row, prompt: requests[row].prompt), requests[row].interventions)
        }
      }
      try forEachLogits(
        of: hidden, rows: 0..<active.count, called: { rows[active[$0]].place }
      ) { index, logits, total in
        try rows[active[index]]
          .advance(
            logits, total, model.tokenizer, contextLength: model.sizes.contextLength)
      }
      if prefilled == nil { prefilled = .now }
      active.removeAll { rows[$0].stopReason != nil }
    }
    let ended = ContinuousClock.now
    return rows.map {
      $0.result(
        promptSeconds: ((prefilled ?? ended) - started) / .seconds(1),
        decodeSeconds: (ended - (prefilled ?? ended)) / .seconds(1))
    }
  }
}

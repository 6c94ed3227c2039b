/// Which token of a prompt an activation is read at.
public enum TokenRule {
  /// The last token.
  case last
  /// One token: 0-based from the start, or negative from the end (−1 is the last).
  case index(Int)
  /// The mean over all tokens.
  case mean
  /// The mean over all tokens before the answer of a conversation that ends with one.
  case prompt
  /// The mean over the tokens of the answer that a conversation ends with.
  case response
  /// Every token but BOS: in a build each is an activation of its own, elsewhere their mean is one.
  case every
  /// Chosen for each prompt from its token ids; 0-based, or negative from the end.
  case chosen(([Int32]) throws -> Int)

  /// The tokens whose mean is the activation; one of them, or several.
  ///
  /// - Parameters:
  ///   - tokens: Ids of the prompt.
  ///   - response: Where the answer of a conversation begins, if the prompt ends with one.
  /// - Returns: Neighbouring positions, at least one.
  /// - Throws: ``SteeringError`` with code `positionOutOfRange`; what the rule's function throws.
  public func span(in tokens: [Int32], response: Int? = nil) throws -> Range<Int> {
    let asked: Int
    switch self {
    case .last: asked = -1
    case .mean, .every: return tokens.indices
    case .index(let index): asked = index
    case .chosen(let choose): asked = try choose(tokens)
    case .prompt, .response:
      guard let response, response > 0, response < tokens.count else {
        throw SteeringError(
          .positionOutOfRange,
          "position '\(name)' needs prompts that end with an answer (expected messages, the last "
            + "one the assistant's and not empty). Give such messages, or another position.")
      }
      if case .prompt = self { return 0..<response }
      return response..<tokens.count
    }
    let position = asked < 0 ? tokens.count + asked : asked
    guard tokens.indices.contains(position) else {
      throw SteeringError(
        .positionOutOfRange,
        "position \(asked) is outside a prompt of \(tokens.count) tokens "
          + "(expected \(-tokens.count) to \(tokens.count - 1)). Choose a token that it has.")
    }
    return position..<position + 1
  }

  /// Whether the rule asks where an answer begins.
  public var readsResponse: Bool {
    switch self {
    case .prompt, .response: true
    case .last, .index, .mean, .every, .chosen: false
    }
  }

  /// The rule of a passport; the last token where it names none.
  public init(named name: String?) {
    switch name {
    case "mean": self = .mean
    case "all": self = .every
    case "prompt": self = .prompt
    case "response": self = .response
    case let name?: self = Int(name).map { .index($0) } ?? .last
    case nil: self = .last
    }
  }

  /// The rule for prompts without an answer, where those of an answer or of what comes before it
  /// become the mean over all tokens but BOS.
  public var withoutAnswer: TokenRule { readsResponse ? .every : self }

  /// How a passport names the rule.
  public var name: String {
    switch self {
    case .last: "last"
    case .index(let index): String(index)
    case .mean: "mean"
    case .prompt: "prompt"
    case .response: "response"
    case .every: "all"
    case .chosen: "function"
    }
  }
}

/// Which tokens of a sequence are steered.
public enum PositionRule: Sendable, Hashable, CustomStringConvertible {
  /// Every token.
  case all
  /// The tokens of the prompt.
  case prompt
  /// The last token of the prompt only.
  case lastPrompt
  /// The last token of the prompt and everything after it.
  case response
  /// Everything after the prompt.
  case generated
  /// Positions from one to another, both included; negative ones count from the prompt's end.
  case range(Int, Int)
  /// These positions; negative ones count from the prompt's end.
  case list([Int])

  /// Names that a recipe uses.
  public static let names = ["all", "prompt", "last_prompt", "response", "generated"]

  /// Finds a rule by its name in recipes.
  public init?(named name: String) {
    switch name {
    case "all": self = .all
    case "prompt": self = .prompt
    case "last_prompt": self = .lastPrompt
    case "response": self = .response
    case "generated": self = .generated
    default: return nil
    }
  }

  /// How a recipe writes the rule.
  public var description: String {
    switch self {
    case .all: "all"
    case .prompt: "prompt"
    case .lastPrompt: "last_prompt"
    case .response: "response"
    case .generated: "generated"
    case .range(let first, let last): "{from = \(first), to = \(last)}"
    case .list(let positions): "{\(positions.map { "\($0)" }.joined(separator: ", "))}"
    }
  }

  /// Whether the token at a position is steered.
  ///
  /// - Parameters:
  ///   - position: 0-based in the sequence.
  ///   - promptLength: Number of tokens of its prompt.
  /// - Returns: True if the rule covers it.
  public func includes(_ position: Int, promptLength: Int) -> Bool {
    switch self {
    case .all: true
    case .prompt: position < promptLength
    case .lastPrompt: position == promptLength - 1
    case .response: position >= promptLength - 1
    case .generated: position >= promptLength
    case .range(let first, let last):
      position >= absolute(first, promptLength) && position <= absolute(last, promptLength)
    case .list(let positions): positions.contains { absolute($0, promptLength) == position }
    }
  }

  /// The first position that the rule may cover; `Int.max` where it covers none.
  func firstPosition(promptLength: Int) -> Int {
    switch self {
    case .all, .prompt: 0
    case .lastPrompt, .response: max(0, promptLength - 1)
    case .generated: promptLength
    case .range(let first, _): max(0, absolute(first, promptLength))
    case .list(let positions):
      positions.map { absolute($0, promptLength) }.filter { $0 >= 0 }.min() ?? Int.max
    }
  }

  /// A position that may count from the end of the prompt as one from its start.
  private func absolute(_ index: Int, _ promptLength: Int) -> Int {
    index < 0 ? promptLength + index : index
  }

  /// Whether two prompts that share their first tokens are steered alike there, wherever each
  /// ends: not so if positions count from the end.
  var treatsPrefixesAlike: Bool {
    switch self {
    case .range(let first, let last): first >= 0 && last >= 0
    case .list(let positions): positions.allSatisfy { $0 >= 0 }
    case .all, .prompt, .lastPrompt, .response, .generated: true
    }
  }
}

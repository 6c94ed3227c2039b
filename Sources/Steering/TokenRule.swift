/// Which token of a prompt an activation is read at.
public enum TokenRule {
  /// The last token.
  case last
  /// One token: 0-based from the start, or negative from the end (−1 is the last).
  case index(Int)
  /// The mean over all tokens.
  case mean
  /// Every token but BOS, each an activation of its own; for building only.
  case every
  /// Chosen for each prompt from its token ids; 0-based, or negative from the end.
  case chosen(([Int32]) throws -> Int)

  /// The 0-based position in a prompt, or nil for the mean.
  ///
  /// - Throws: ``SteeringError`` with code `positionOutOfRange`; what the rule's function throws.
  public func position(in tokens: [Int32]) throws -> Int? {
    let asked: Int
    switch self {
    case .last: asked = -1
    case .mean, .every: return nil
    case .index(let index): asked = index
    case .chosen(let choose): asked = try choose(tokens)
    }
    let position = asked < 0 ? tokens.count + asked : asked
    guard tokens.indices.contains(position) else {
      throw SteeringError(
        .positionOutOfRange,
        "position \(asked) is outside a prompt of \(tokens.count) tokens "
          + "(expected \(-tokens.count) to \(tokens.count - 1)). Choose a token that it has.")
    }
    return position
  }

  /// The rule of a passport; the last token where it names none.
  public init(named name: String?) {
    switch name {
    case "mean": self = .mean
    // A condition reads one activation: the mean stands for all.
    case "all": self = .mean
    case let name?: self = Int(name).map { .index($0) } ?? .last
    case nil: self = .last
    }
  }

  /// How a passport names the rule.
  public var name: String {
    switch self {
    case .last: "last"
    case .index(let index): String(index)
    case .mean: "mean"
    case .every: "all"
    case .chosen: "function"
    }
  }
}

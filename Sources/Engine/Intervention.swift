public import Transformer

/// Where a sequence's prompt ends, and which row of a call it is.
public struct SequencePlace: Sendable, Hashable {
  /// 0-based row of the call that the sequence belongs to.
  public let row: Int
  /// The prompt's tokens.
  public let prompt: [Int32]

  /// Describes a sequence.
  public init(row: Int, prompt: [Int32]) {
    self.row = row
    self.prompt = prompt
  }
}

/// Something that acts on sequences while they are computed: steering, or a recipe's own hook.
public protocol Intervention {
  /// Whether the rows of two prompts up to their first different token are treated alike, so that
  /// they may be computed once for both. False for hooks that keep state for each sequence.
  var treatsPrefixesAlike: Bool { get }

  /// Whether it leaves every activation as it is, so that what was computed without it holds.
  var isNeutral: Bool { get }

  /// Makes the hooks of one sequence.
  ///
  /// - Throws: if the intervention does not fit the model.
  func hooks(for place: SequencePlace) throws -> [any ResidualHook]
}

extension Intervention {
  /// Most interventions change something.
  public var isNeutral: Bool { false }
}

extension [any Intervention] {
  func hooks(for place: SequencePlace) throws -> [any ResidualHook] {
    try flatMap { try $0.hooks(for: place) }
  }
}

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
///
/// What it says of itself decides how much is computed once for several sequences; an intervention
/// that says nothing is computed from the first token and the first block on.
public protocol Intervention {
  /// Whether the rows of two prompts up to their first different token are treated alike, so that
  /// they may be computed once for both. False for hooks that keep state for each sequence.
  var treatsPrefixesAlike: Bool { get }

  /// Whether what is done to a row depends on more than the row, its position and the prompt, such
  /// as on what the hooks saw before; every sequence is then computed for itself.
  var keepsState: Bool { get }

  /// Whether it leaves every activation as it is, so that what was computed without it holds.
  var isNeutral: Bool { get }

  /// The first site of the forward pass that its hooks must see or may change.
  var firstSite: Site { get }

  /// The first position of a sequence that its hooks must see or may change.
  func firstPosition(in place: SequencePlace) -> Int

  /// One that does the same and keeps no account of it, for computing something a second time.
  var twin: any Intervention { get }

  /// Makes the hooks of one sequence.
  ///
  /// - Throws: if the intervention does not fit the model.
  func hooks(for place: SequencePlace) throws -> [any ResidualHook]
}

extension Intervention {
  /// One that treats prefixes differently may do so because of what it saw.
  public var keepsState: Bool { !treatsPrefixesAlike }

  /// Most interventions change something.
  public var isNeutral: Bool { false }

  /// Nothing is known: any site.
  public var firstSite: Site { Site(.embedding) }

  /// Nothing is known: any position.
  public func firstPosition(in place: SequencePlace) -> Int { 0 }

  /// Most interventions keep no account.
  public var twin: any Intervention { self }
}

extension Intervention {
  /// Whether what it makes of the first tokens of a prompt holds for every prompt that has them.
  var isSharable: Bool { isNeutral || treatsPrefixesAlike && !keepsState }
}

extension [any Intervention] {
  func hooks(for place: SequencePlace) throws -> [any ResidualHook] {
    try flatMap { try $0.hooks(for: place) }
  }

  /// Those whose hooks change something.
  var acting: [any Intervention] { filter { !$0.isNeutral } }

  /// Whether one that acts depends on what it saw before.
  var keepsState: Bool { acting.contains(where: \.keepsState) }

  /// The first position at which one acts, or `Int.max`.
  func firstPosition(in place: SequencePlace) -> Int {
    acting.lazy.map { Swift.max(0, $0.firstPosition(in: place)) }.min() ?? Int.max
  }

  /// The lowest layer from whose output, before any hook, a sequence can go on.
  ///
  /// What lies below is as without these interventions. Nil where nothing lies below.
  var entryLayer: LayerIndex? {
    let layers = acting.map(\.firstSite)
      .map { $0.part == .residual ? $0.layer.number : $0.layer.number - 1 }
    guard let lowest = layers.min(), lowest >= 0 else { return nil }
    return LayerIndex(lowest)
  }
}

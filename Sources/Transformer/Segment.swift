/// The rows of one sequence in a step: its next tokens, its cache, its hooks.
public struct Segment {
  /// Which rows of a segment are read out after the last block.
  public enum Readout: Sendable, Hashable {
    /// None: only the cache is of interest.
    case none
    /// The last row.
    case last
    /// Every row from this one on, 0-based within the segment; `rows(from: 0)` is all.
    case rows(from: Int)
  }

  /// Keys and values so far; the step appends to it.
  public let cache: KVCache
  /// The next tokens of the sequence; at least one.
  public let tokens: [Int32]
  /// What reads or rewrites this sequence's activations, in order.
  public let hooks: [any ResidualHook]
  /// The rows to read out.
  public let readout: Readout

  /// Describes one sequence's part of a step.
  public init(
    cache: KVCache, tokens: [Int32], hooks: [any ResidualHook] = [], readout: Readout = .last
  ) {
    self.cache = cache
    self.tokens = tokens
    self.hooks = hooks
    self.readout = readout
  }

  /// 0-based rows that are read out.
  var readRows: Range<Int> {
    switch readout {
    case .none: tokens.count..<tokens.count
    case .last: tokens.count - 1..<tokens.count
    case .rows(let first): min(max(first, 0), tokens.count)..<tokens.count
    }
  }
}

public import Kernels

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

  /// Where a segment's rows join the residual stream when they have been computed up to there.
  public struct Entry {
    /// The block whose output the rows are; its hooks act on them, then the next block runs.
    public let layer: LayerIndex
    /// Output of the block for each token, before any hook: `[tokens, width]`.
    public let rows: Tensor

    /// Describes rows that a step goes on from.
    public init(after layer: LayerIndex, _ rows: Tensor) {
      self.layer = layer
      self.rows = rows
    }
  }

  /// Keys and values so far; the step appends to it.
  public let cache: KVCache
  /// The next tokens of the sequence; at least one.
  public let tokens: [Int32]
  /// Where the rows come from if not from the tokens' embeddings.
  public let entry: Entry?
  /// What reads or rewrites this sequence's activations, in order.
  public let hooks: [any ResidualHook]
  /// The rows to read out.
  public let readout: Readout

  /// Describes one sequence's part of a step.
  public init(
    cache: KVCache, tokens: [Int32], entry: Entry? = nil, hooks: [any ResidualHook] = [],
    readout: Readout = .last
  ) {
    self.cache = cache
    self.tokens = tokens
    self.entry = entry
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

  /// The first block that the rows pass through.
  var firstBlock: Int { (entry?.layer.number ?? -1) + 1 }
}

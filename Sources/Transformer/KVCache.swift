import Kernels

/// The keys and values of one sequence, in pages that forks share until one of them writes.
///
/// A step that runs some of the blocks only leaves positions that have keys and values in those
/// blocks only; later steps may go on from there in the same blocks or fewer.
public final class KVCache {
  /// Number of positions that are stored.
  public private(set) var length = 0
  /// Number of first positions that are stored for every block.
  public private(set) var wholeLength = 0
  private(set) var pages: [KVPage] = []
  private let sizes: Hyperparameters
  /// The blocks for which the positions from `wholeLength` on are stored.
  private var blocks: Range<Int>

  /// Makes an empty cache for a model of these sizes.
  public init(_ sizes: Hyperparameters) {
    self.sizes = sizes
    blocks = 0..<sizes.layers
  }

  /// A cache that goes on from here on its own; full pages stay shared.
  public func fork() -> KVCache { fork(at: length) }

  /// A cache that goes on from the first `length` positions on its own.
  public func fork(at length: Int) -> KVCache {
    precondition(length >= 0 && length <= self.length, "fork at \(length) of \(self.length)")
    let other = KVCache(sizes)
    other.length = length
    other.wholeLength = min(length, wholeLength)
    other.blocks = blocks
    other.pages = Array(pages.prefix(KVCache.pageCount(length)))
    return other
  }

  /// Forgets every position from `length` on.
  public func truncate(to length: Int) {
    precondition(length >= 0 && length <= self.length, "truncate to \(length) of \(self.length)")
    self.length = length
    wholeLength = min(length, wholeLength)
    pages.removeLast(max(0, pages.count - KVCache.pageCount(length)))
  }

  /// Whether rows that pass through these blocks find the keys and values that they attend to.
  func serves(_ run: Range<Int>) -> Bool {
    wholeLength == length
      || blocks.lowerBound <= run.lowerBound && run.upperBound <= blocks.upperBound
  }

  /// Makes room for `count` positions after the stored ones, in pages that no fork shares.
  func reserve(_ count: Int) {
    let needed = KVCache.pageCount(length + count)
    let firstWritten = length / KVPage.positions
    if firstWritten < pages.count, !isKnownUniquelyReferenced(&pages[firstWritten]) {
      pages[firstWritten] = pages[firstWritten].copy()
    }
    while pages.count < needed {
      pages.append(
        KVPage(layers: sizes.layers, kvHeads: sizes.kvHeads, headWidth: sizes.headWidth))
    }
  }

  /// Counts `count` more positions as stored, for the blocks that were run.
  func commit(_ count: Int, _ run: Range<Int>) {
    if wholeLength == length {
      if run == 0..<sizes.layers { wholeLength += count } else { blocks = run }
    } else {
      blocks = blocks.clamped(to: run)
    }
    length += count
  }

  private static func pageCount(_ length: Int) -> Int {
    (length + KVPage.positions - 1) / KVPage.positions
  }
}

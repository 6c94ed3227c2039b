import Kernels

/// The keys and values of one sequence, in pages that forks share until one of them writes.
public final class KVCache {
  /// Number of positions that are stored.
  public private(set) var length = 0
  private(set) var pages: [KVPage] = []
  private let sizes: Hyperparameters

  /// Makes an empty cache for a model of these sizes.
  public init(_ sizes: Hyperparameters) { self.sizes = sizes }

  /// A cache that goes on from here on its own; full pages stay shared.
  public func fork() -> KVCache {
    let other = KVCache(sizes)
    other.length = length
    other.pages = Array(pages.prefix((length + KVPage.positions - 1) / KVPage.positions))
    return other
  }

  /// Forgets every position from `length` on.
  public func truncate(to length: Int) {
    precondition(length >= 0 && length <= self.length, "truncate to \(length) of \(self.length)")
    self.length = length
    pages.removeLast(max(0, pages.count - (length + KVPage.positions - 1) / KVPage.positions))
  }

  /// Makes room for `count` positions after the stored ones, in pages that no fork shares.
  func reserve(_ count: Int) {
    let needed = (length + count + KVPage.positions - 1) / KVPage.positions
    let firstWritten = length / KVPage.positions
    if firstWritten < pages.count, !isKnownUniquelyReferenced(&pages[firstWritten]) {
      pages[firstWritten] = pages[firstWritten].copy()
    }
    while pages.count < needed {
      pages.append(
        KVPage(layers: sizes.layers, kvHeads: sizes.kvHeads, headWidth: sizes.headWidth))
    }
  }

  /// Counts `count` more positions as stored.
  func commit(_ count: Int) { length += count }
}

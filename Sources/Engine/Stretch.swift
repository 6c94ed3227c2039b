import Kernels
import Transformer

/// Consecutive tokens that are computed once for every sequence that has them at the same place:
/// what all prompts begin with, what a group of them begins with, the rest of one, a completion.
final class Stretch {
  /// What comes before, if not nothing.
  let parent: Stretch?
  /// 0-based rows of the call, of the prompts that have it.
  let rows: [Int]
  /// The tokens; at least one.
  let tokens: [Int32]
  /// Position of the first token.
  let start: Int
  /// Whether nothing comes after it, so that its own keys and values are not kept.
  let isLast: Bool
  /// Keys and values of what comes before, to which those of the stretch are added.
  let cache: KVCache
  /// The residual stream where it is needed again.
  var kept: KeptRows?

  init(
    _ tokens: [Int32], of rows: [Int], after parent: Stretch?, cache: KVCache,
    isLast: Bool = false
  ) {
    self.isLast = isLast
    self.parent = parent
    self.rows = rows
    self.tokens = tokens
    self.cache = cache
    start = parent?.end ?? 0
  }

  /// The position after the last token.
  var end: Int { start + tokens.count }

  /// The row of the call, of the one prompt or the first.
  var row: Int { rows[0] }

  /// The stretches from the first token of the prompt up to this one.
  var path: [Stretch] { (parent?.path ?? []) + [self] }

  /// The tokens of this and earlier stretches from a position on.
  func tokens(from position: Int) -> [Int32] {
    position >= start
      ? Array(tokens[(position - start)...]) : (parent?.tokens(from: position) ?? []) + tokens
  }

  /// The kept residual stream at a site from a position to the end, `[tokens, width]`.
  func keptRows(_ site: Site, from position: Int, width: Int) -> Tensor {
    let result = Tensor(rows: end - position, columns: width)
    for stretch in path where stretch.end > position {
      let first = max(position, stretch.start)
      stretch.kept?.copy(site, first..<stretch.end, to: result, from: first - position)
    }
    return result
  }
}

extension Session {
  /// How much is computed at once.
  struct BatchLimit {
    /// Tokens of a batch.
    var tokens = Decoder.rowsPerPass
    /// What a short sequence counts as: its cache has a page of its own.
    var least = 8
    /// Tokens that come with each sequence.
    var extra = 0

    /// What a sequence counts as.
    func cost(_ own: Int) -> Int { max(least, own) + extra }

    /// Cuts items into batches that reach the limit by no more than the last one.
    func batches<Item>(of items: [Item], _ own: (Item) -> Int) -> [ArraySlice<Item>] {
      var batches: [ArraySlice<Item>] = []
      var (start, filled) = (0, 0)
      for index in items.indices {
        filled += cost(own(items[index]))
        if filled >= tokens || index == items.count - 1 {
          batches.append(items[start...index])
          (start, filled) = (index + 1, 0)
        }
      }
      return batches
    }
  }
}

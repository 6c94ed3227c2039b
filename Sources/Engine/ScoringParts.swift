import Kernels
import Transformer

extension Session {
  /// Variants and completions that are scored together.
  struct ScoringPart {
    let variants: [Variant]
    let columns: Range<Int>
    /// How many tokens of prompts and completions are kept at once.
    let limit: BatchLimit
  }

  /// Cuts variants and completions so that what is kept of the residual stream stays within
  /// ``keptBytes``; `promptBytes` are kept for each prompt besides.
  func parts(
    of variants: [Variant], _ prompts: [[Int32]], _ completions: [[Int32]], promptBytes: Int = 0
  ) -> [ScoringPart] {
    guard !variants.isEmpty else { return [] }
    let sizes = model.sizes
    let rowBytes = sizes.width * 4
    // The longest prompt, from where variants begin to act, must fit.
    let longest =
      prompts.indices
      .map { row in
        prompts[row].count - min(prompts[row].count, variants.map { $0.first[row] }.min() ?? 0)
      }
      .max() ?? 0
    let most = max(1, keptBytes / (rowBytes * max(1, longest)))
    let layers = Set(variants.compactMap(\.entry)).sorted()
    var parts: [ScoringPart] = []
    for start in stride(from: 0, to: max(1, layers.count), by: most) {
      let entries = layers.dropFirst(start).prefix(most)
      let chosen = variants.filter {
        $0.entry.map { entries.contains($0) } ?? (start == 0)
      }
      let pageBytes = sizes.layers * sizes.kvHeads * sizes.headWidth * 8
      let tokens = keptBytes / (pageBytes + entries.count * rowBytes)
      let limit = min(max(tokens, 64), 4 * Decoder.rowsPerPass)
      for columns in columns(of: completions, atMost: limit / 2) {
        let extra =
          completions[columns].reduce(0) { $0 + $1.count - 1 }
          + promptBytes / (pageBytes + entries.count * rowBytes)
        parts.append(
          ScoringPart(
            variants: chosen, columns: columns,
            limit: BatchLimit(tokens: limit, least: KVPage.positions, extra: extra)))
      }
    }
    return parts
  }

  /// Completions that follow each other and together have a bounded number of tokens.
  private func columns(of completions: [[Int32]], atMost tokens: Int) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var (start, filled) = (0, 0)
    for (index, completion) in completions.enumerated() {
      if index > start, filled + completion.count - 1 > tokens {
        ranges.append(start..<index)
        (start, filled) = (index, 0)
      }
      filled += completion.count - 1
    }
    return ranges + [start..<completions.count]
  }
}

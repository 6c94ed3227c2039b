import Kernels
import Transformer

extension Session {
  /// Compares what follows each prompt under several variants of steering with what follows it
  /// without any of them.
  ///
  /// What cannot differ between variants and prompts is computed once, as in
  /// ``score(_:completions:variants:common:progress:)``; the result has the same bits as each alone.
  ///
  /// - Parameters:
  ///   - prompts: Token ids, none empty.
  ///   - variants: What acts on the sequences in turn.
  ///   - common: What acts with and without them, before their own interventions.
  ///   - progress: Called with the number of prompts done, each counted once for every variant.
  /// - Returns: For each variant one divergence for each prompt, of its one position.
  /// - Throws: `ModelError`; what a hook throws.
  public func divergences(
    _ prompts: [[Int32]], variants: [[any Intervention]], common: [any Intervention] = [],
    progress: (Int) throws -> Void = { _ in }
  ) throws -> [[Divergence]] {
    guard !prompts.contains([]) else {
      throw ModelError(
        .emptyInput, "divergence: an empty prompt (expected tokens). Add some text.")
    }
    guard !prompts.isEmpty, !variants.isEmpty else { return variants.map { _ in [] } }
    let total = variants.count * prompts.count
    var done = 0
    func advance(_ count: Int) throws {
      done = min(done + count, total)
      try progress(done)
    }
    func alone(_ variant: Int, _ row: Int) throws -> Divergence {
      try divergence(
        prompts[row], from: prompts[row].count - 1, interventions: variants[variant],
        common: common)
    }
    let shares = common.allSatisfy(\.isSharable)
    let isApart = variants.map { !shares || (common + $0).keepsState }
    let compared = UnsteeredLogits(variants: variants.count, prompts: prompts.count)
    for variant in variants.indices where isApart[variant] {
      for row in prompts.indices {
        compared.found[variant][row] = try alone(variant, row)
        try advance(1)
      }
    }
    let together = variants.indices.filter { !isApart[$0] }
      .map { Variant($0, variants[$0], prompts) }
    for part in parts(of: together, prompts, [], promptBytes: 4 * model.weights.vocabulary) {
      compared.variantsLeft = part.variants.count
      let scoring = VariantScoring(
        self, prompts, [], columns: 0..<0,
        [Variant(UnsteeredLogits.index, [], prompts)] + part.variants, common: common, into: [],
        readFirst: compared.read)
      try scoring.fill(part.limit) { try advance($0) }
    }
    if checksSharing {
      for variant in together {
        for row in prompts.indices {
          let found = compared.found[variant.index][row]
          let expected = try alone(variant.index, row)
          guard found == expected else {
            throw differs(
              "divergence: variant \(variant.index), prompt \(row)",
              "expected \(expected.kl), found \(found.kl)")
          }
        }
      }
    }
    return compared.found
  }
}

/// Keeps the logits after prompts without steering until every variant has been compared with them.
private final class UnsteeredLogits {
  /// The number of the variant that is none.
  static let index = -1

  var found: [[Divergence]]
  /// How many variants are to be compared.
  var variantsLeft = 0
  private var rows: [Int: Row] = [:]

  private struct Row {
    let logits: [Float]
    let total: Double
    let likeliest: Int
    var left: Int
  }

  init(variants: Int, prompts: Int) {
    let none = Divergence(kl: 0, largest: 0, agreement: 1, tokens: 1)
    found = Array(repeating: Array(repeating: none, count: prompts), count: variants)
  }

  func read(
    _ variants: [Variant], _ row: Int, _ logits: UnsafeMutableBufferPointer<Float>,
    _ total: Double
  ) {
    guard let base = logits.baseAddress else { return }
    let likeliest = Elementwise.indexOfLargest(base, count: logits.count)
    if variants.contains(where: { $0.index == UnsteeredLogits.index }) {
      // The others in the list spare the prompt: nothing changes for them.
      let left = variantsLeft - (variants.count - 1)
      rows[row] =
        left == 0
        ? nil : Row(logits: Array(logits), total: total, likeliest: likeliest, left: left)
      return
    }
    guard let without = rows[row] else { return }
    let kl = Divergence.between(without.logits, without.total, base, total, logits.count)
    for variant in variants {
      found[variant.index][row] = Divergence(
        kl: kl, largest: kl, agreement: likeliest == without.likeliest ? 1 : 0, tokens: 1)
    }
    let left = without.left - variants.count
    if left == 0 { rows[row] = nil } else { rows[row]?.left = left }
  }
}

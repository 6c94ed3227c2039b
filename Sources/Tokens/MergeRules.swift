/// Which neighbouring symbols may become one token, and which pair goes first.
///
/// A pair is looked up by the bytes of both halves together: they name a token, and its rules say
/// where it may be put together from. So opening a vocabulary needs no table of pairs.
final class MergeRules: Sendable {
  /// The priority of pairs that stay two.
  static let never = UInt32.max

  /// Finds tokens by their bytes.
  let index: PieceIndex
  /// By token: its first rule, or ``never``; a rule's number is its priority, 0 goes first.
  private let firstRule: [UInt32]
  /// By rule: length in bytes of the left half; empty if every cut will do.
  private let leftCounts: [UInt32]
  /// By rule: the next one for the same token, or ``never``.
  private let nextRule: [UInt32]

  /// What two neighbouring symbols become, if anything.
  ///
  /// - Parameters:
  ///   - text: The bytes of the two together.
  ///   - leftCount: Length in bytes of the left one.
  ///   - count: Length in bytes of both.
  /// - Returns: The priority, or ``never``, and the token.
  func pair(
    _ text: UnsafePointer<UInt8>, leftCount: Int, count: Int
  ) -> (priority: UInt32, token: Int32) {
    let token = index.find(text, count)
    guard token >= 0 else { return (MergeRules.never, -1) }
    var rule = firstRule[Int(token)]
    guard !leftCounts.isEmpty else { return (rule, token) }
    while rule != MergeRules.never, Int(leftCounts[Int(rule)]) != leftCount {
      rule = nextRule[Int(rule)]
    }
    return (rule, token)
  }

  /// Whether a token is ever the result of a merge.
  func isResult(_ token: Int32) -> Bool { firstRule[Int(token)] != MergeRules.never }

  // MARK: SentencePiece

  /// Rules by score: any two symbols that are a token together, the highest score first.
  ///
  /// Control, unknown and byte tokens are not text, so nothing is merged into them.
  init(scores: [Float], kinds: [Vocabulary.Kind], index: PieceIndex) {
    self.index = index
    firstRule = zip(scores, kinds)
      .map { score, kind in
        switch kind {
        case .control, .unknown, .byte: MergeRules.never
        default: MergeRules.priority(score)
        }
      }
    leftCounts = []
    nextRule = []
  }

  /// The order of scores, the highest first; NaN comes last.
  static func priority(_ score: Float) -> UInt32 {
    guard !score.isNaN else { return never - 1 }
    let bits = (score + 0).bitPattern  // -0 and 0 are the same score
    let ascending = bits >> 31 == 1 ? ~bits : bits | 1 << 31
    return ~ascending
  }

  // MARK: By rank

  /// Rules by rank, as stored: `left right`, the best first.
  ///
  /// - Parameters:
  ///   - merges: A line for each rule.
  ///   - cuts: By rule: length of its left half; empty if there is one space in every line.
  ///   - isAlphabet: Whether they are written in the alphabet of GPT-2.
  ///   - index: Finds tokens by their bytes.
  /// - Throws: ``TokenError`` with code `malformedVocabulary` for a line that is not two halves
  ///   of a token.
  init(
    merges: PieceTable, cuts: [UInt32] = [], isAlphabet: Bool = true, index: PieceIndex
  ) throws(TokenError) {
    precondition(cuts.isEmpty || cuts.count == merges.count, "a cut for each merge")
    self.index = index
    let count = merges.count
    guard count < Int(MergeRules.never) else {
      throw TokenError(
        .malformedVocabulary,
        "vocabulary: \(count) merges (expected fewer than 2³²). The file is damaged.")
    }
    var firstRule = [UInt32](repeating: MergeRules.never, count: index.pieces.count)
    var nextRule = [UInt32](repeating: MergeRules.never, count: count)
    var leftCounts = [UInt32](repeating: 0, count: count)
    var bad: Int?
    firstRule.withUnsafeMutableBufferPointer { firstRule in
      nextRule.withUnsafeMutableBufferPointer { nextRule in
        leftCounts.withUnsafeMutableBufferPointer { leftCounts in
          bad = MergeRules.link(
            merges, cuts, isAlphabet, index, firstRule, nextRule, leftCounts)
        }
      }
    }
    if let bad {
      throw TokenError(
        .malformedVocabulary,
        "vocabulary: merge \(bad) is '\(String(decoding: merges[bad], as: UTF8.self))' (expected "
          + "two halves of a token with a space between them). The file is damaged.")
    }
    self.firstRule = firstRule
    self.nextRule = nextRule
    self.leftCounts = leftCounts
  }

  /// Hangs every rule on the token it makes.
  ///
  /// - Returns: The first line that is not a rule, or nil.
  private static func link(
    _ merges: PieceTable, _ cuts: [UInt32], _ isAlphabet: Bool, _ index: PieceIndex,
    _ firstRule: UnsafeMutableBufferPointer<UInt32>,
    _ nextRule: UnsafeMutableBufferPointer<UInt32>,
    _ leftCounts: UnsafeMutableBufferPointer<UInt32>
  ) -> Int? {
    guard let first = firstRule.baseAddress, let next = nextRule.baseAddress,
      let left = leftCounts.baseAddress
    else { return merges.count == 0 ? nil : 0 }
    return merges.withPointers { lines, offsets in
      var line = MergeLine()
      // Most vocabularies list their tokens in the order of the merges, so the token after the
      // last one is tried before the index is.
      var token = -1
      for rule in 0..<merges.count {
        let start = Int(offsets[rule])
        guard
          line.read(
            lines + start, Int(offsets[rule + 1]) - start,
            cut: cuts.isEmpty ? nil : Int(cuts[rule]), isAlphabet: isAlphabet)
        else { return rule }
        let (leftCount, count) = (line.leftCount, line.count)
        token = line.bytes.withUnsafeBufferPointer { text in
          guard let text = text.baseAddress else { return -1 }
          return index.holds(text, count, at: token + 1) ? token + 1 : Int(index.find(text, count))
        }
        guard token >= 0 else { return rule }
        left[rule] = UInt32(truncatingIfNeeded: leftCount)
        guard first[token] != MergeRules.never else {
          first[token] = UInt32(rule)
          continue
        }
        // Of two equal rules the first counts.
        var last = Int(first[token])
        while Int(left[last]) != leftCount, next[last] != MergeRules.never {
          last = Int(next[last])
        }
        if Int(left[last]) != leftCount { next[last] = UInt32(rule) }
      }
      return nil
    }
  }
}

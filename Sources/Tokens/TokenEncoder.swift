/// Plain text to ids, as the vocabulary's model does it.
enum TokenEncoder: Sendable {
  case bytePair(BytePairEncoder)
  case sentencePiece(SentencePieceEncoder)

  /// - Throws: ``TokenError`` with code `malformedVocabulary` or `unsupportedPattern`.
  init(
    _ vocabulary: Vocabulary, _ index: PieceIndex, _ kinds: [Vocabulary.Kind], _ spaces: SpaceRule
  ) throws(TokenError) {
    switch vocabulary.model {
    case .bytePair(let preTokenizer):
      self = .bytePair(
        BytePairEncoder(
          try MergeRules(merges: vocabulary.merges, cuts: vocabulary.mergeCuts, index: index),
          try WordSplitter(preTokenizer.steps), takesWholeWords: vocabulary.takesWholeWords,
          missing: vocabulary.missingByte))
    case .sentencePiece:
      self = .sentencePiece(
        try SentencePieceEncoder(
          MergeRules(scores: vocabulary.scores, kinds: kinds, index: index),
          byteTokens: try vocabulary.byteTokens(), unknown: vocabulary.unknown, spaces: spaces))
    case .characterPairs:
      self = .sentencePiece(
        try SentencePieceEncoder(
          try MergeRules(
            merges: vocabulary.merges, cuts: vocabulary.mergeCuts, isAlphabet: false, index: index),
          byteTokens: try vocabulary.byteTokens(), unknown: vocabulary.unknown, spaces: spaces,
          takesAnyPiece: true))
    }
  }

  /// What is merged.
  var rules: MergeRules {
    switch self {
    case .bytePair(let encoder): encoder.rules
    case .sentencePiece(let encoder): encoder.rules
    }
  }

  /// Appends the ids of a part of a text without special tokens.
  ///
  /// - Parameters:
  ///   - text: Any bytes.
  ///   - isFirst: Whether it is the start of the text.
  ///   - merger: Working memory.
  ///   - ids: Where to append.
  /// - Throws: ``TokenError`` with code `unsupportedPattern` for a pattern that goes over the text
  ///   again and again.
  func encode(
    _ text: UnsafeBufferPointer<UInt8>, isFirst: Bool, _ merger: inout SymbolMerger,
    into ids: inout [Int32]
  ) throws(TokenError) {
    switch self {
    case .bytePair(let encoder): try encoder.encode(text, &merger, into: &ids)
    case .sentencePiece(let encoder): encoder.encode(text, isFirst: isFirst, &merger, into: &ids)
    }
  }
}

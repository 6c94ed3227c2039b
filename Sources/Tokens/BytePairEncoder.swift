/// Byte-level BPE: words split off by patterns, their bytes merged by rank.
struct BytePairEncoder: Sendable {
  /// What becomes of a byte that has no token.
  enum MissingByte: Sendable, Hashable {
    /// It is left out once its neighbours have been merged, as llama.cpp does.
    case leftOut
    /// It is left out before, so that its neighbours may be merged, as Hugging Face does.
    case skipped
    /// It becomes this token; several in a row become one if `fuses`.
    case unknown(Int32, fuses: Bool)
  }

  let rules: MergeRules
  private let splitter: WordSplitter
  /// By byte: its token, or -1.
  private let byteTokens: [Int32]
  private let takesWholeWords: Bool
  private let missing: MissingByte

  /// - Parameters:
  ///   - rules: What is merged.
  ///   - splitter: What splits off words.
  ///   - takesWholeWords: Whether a word that is a token needs no merging.
  ///   - missing: What becomes of a byte that has no token; SmolLM2 lacks six control characters.
  init(
    _ rules: MergeRules, _ splitter: WordSplitter, takesWholeWords: Bool, missing: MissingByte
  ) {
    self.rules = rules
    self.splitter = splitter
    self.takesWholeWords = takesWholeWords
    self.missing = missing
    byteTokens = (0...255).map { rules.index.find([UInt8($0)]) }
  }

  /// Appends the ids of a text without special tokens.
  ///
  /// - Throws: ``TokenError`` with code `unsupportedPattern` for a pattern that goes over the text
  ///   again and again.
  func encode(
    _ text: UnsafeBufferPointer<UInt8>, _ merger: inout SymbolMerger, into ids: inout [Int32]
  ) throws(TokenError) {
    guard let bytes = text.baseAddress else { return }
    var words: [Range<Int>] = []
    var work = 0
    try splitter.split(bytes, text.count, into: &words, work: &work)
    byteTokens.withUnsafeBufferPointer { byteTokens in
      for word in words { encode(bytes, word, byteTokens, &merger, into: &ids) }
    }
  }

  private func encode(
    _ bytes: UnsafePointer<UInt8>, _ word: Range<Int>, _ byteTokens: UnsafeBufferPointer<Int32>,
    _ merger: inout SymbolMerger, into ids: inout [Int32]
  ) {
    if takesWholeWords {
      let whole = rules.index.find(bytes + word.lowerBound, word.count)
      if whole >= 0 {
        ids.append(whole)
        return
      }
    }
    merger.reset()
    var isComplete = true
    for position in word {
      let token = byteTokens[Int(bytes[position])]
      isComplete = isComplete && token >= 0
      merger.append(start: position, count: 1, token: token)
    }
    if !isComplete, missing == .skipped {
      let known = word.map { bytes[$0] }.filter { byteTokens[Int($0)] >= 0 }
      merger.reset()
      for (position, byte) in known.enumerated() {
        merger.append(start: position, count: 1, token: byteTokens[Int(byte)])
      }
      known.withUnsafeBufferPointer {
        guard let known = $0.baseAddress else { return }
        merger.merge(known) { ids.append($0.token) }
      }
      return
    }
    var wasUnknown = false
    merger.merge(bytes) { symbol in
      if symbol.token >= 0 {
        ids.append(symbol.token)
        wasUnknown = false
      } else if case .unknown(let unknown, let fuses) = missing {
        if !wasUnknown || !fuses { ids.append(unknown) }
        wasUnknown = true
      }
    }
  }
}

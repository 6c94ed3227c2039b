/// Byte-level BPE: words split off by a pattern, their bytes merged by rank.
struct BytePairEncoder: Sendable {
  let rules: MergeRules
  private let preTokenizer: PreTokenizer
  /// By byte: its token, or -1.
  private let byteTokens: [Int32]
  /// Whether a word that is a token needs no merging: Llama 3 has tokens that no merge leads to.
  private let takesWholeWords: Bool

  init(_ rules: MergeRules, _ preTokenizer: PreTokenizer) {
    self.rules = rules
    self.preTokenizer = preTokenizer
    byteTokens = (0...255).map { rules.index.find([UInt8($0)]) }
    takesWholeWords = preTokenizer == .llama3
  }

  /// Appends the ids of a text without special tokens.
  ///
  /// A byte that has no token is left out, as llama.cpp and Hugging Face do; SmolLM2 lacks six
  /// control characters.
  func encode(
    _ text: UnsafeBufferPointer<UInt8>, _ merger: inout SymbolMerger, into ids: inout [Int32]
  ) {
    guard let bytes = text.baseAddress else { return }
    ScalarReader.read(bytes, text.count) { reader in
      let scanner = WordScanner(reader, preTokenizer)
      byteTokens.withUnsafeBufferPointer { byteTokens in
        var start = 0
        while start < text.count {
          let end = scanner.endOfWord(from: start)
          if takesWholeWords {
            let whole = rules.index.find(bytes + start, end - start)
            if whole >= 0 {
              ids.append(whole)
              start = end
              continue
            }
          }
          merger.reset()
          for position in start..<end {
            merger.append(
              start: position, count: 1, token: byteTokens[Int(bytes[position])])
          }
          merger.merge(bytes) { if $0.token >= 0 { ids.append($0.token) } }
          start = end
        }
      }
    }
  }
}

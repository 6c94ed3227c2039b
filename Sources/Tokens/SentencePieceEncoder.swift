/// SentencePiece with byte fallback: characters merged by score, spaces written as U+2581.
struct SentencePieceEncoder: Sendable {
  let rules: MergeRules
  private let spaces: SpaceRule
  /// Whether every piece may stand alone, also one that nothing is merged into.
  private let takesAnyPiece: Bool
  /// By byte: its token, or that for unknown text.
  private let byteTokens: [Int32]
  private let unknown: Int32?
  /// By byte: whether some token has a U+2581 right after it.
  ///
  /// Between other bytes and a U+2581 nothing is ever merged, so the text may be cut there.
  private let joins: [Bool]

  /// - Throws: ``TokenError`` with code `malformedVocabulary` if a byte has no token.
  init(
    _ rules: MergeRules, byteTokens: [Int32], unknown: Int32?, spaces: SpaceRule,
    takesAnyPiece: Bool = false
  ) throws(TokenError) {
    self.rules = rules
    self.spaces = spaces
    self.takesAnyPiece = takesAnyPiece
    self.unknown = unknown
    self.byteTokens = byteTokens.map { $0 < 0 ? unknown ?? -1 : $0 }
    if let byte = self.byteTokens.firstIndex(of: -1) {
      throw TokenError(
        .malformedVocabulary,
        "vocabulary: no token for byte \(byte) and none for unknown text (expected one of them). "
          + "Convert the checkpoint again.")
    }
    joins =
      spaces.splits
      ? [Bool](repeating: false, count: 256) : SentencePieceEncoder.joins(rules)
  }

  /// Appends the ids of a text without special tokens.
  ///
  /// - Parameters:
  ///   - text: Any bytes; the start of a text, or what follows a special token.
  ///   - isFirst: Whether it is the start of the text.
  ///   - merger: Working memory.
  ///   - ids: Where to append.
  func encode(
    _ text: UnsafeBufferPointer<UInt8>, isFirst: Bool, _ merger: inout SymbolMerger,
    into ids: inout [Int32]
  ) {
    let escaped = spaces.apply(text, isFirst: isFirst)
    escaped.withUnsafeBufferPointer { escaped in
      guard let bytes = escaped.baseAddress else { return }
      var start = 0
      while start < escaped.count {
        let end = endOfSegment(bytes, escaped.count, from: start)
        merger.reset()
        var position = start
        while position < end {
          let count = min(ScalarReader.sequenceLength(bytes[position]), end - position)
          let token = rules.index.find(bytes + position, count)
          merger.append(
            start: position, count: count,
            token: token >= 0 && (takesAnyPiece || rules.isResult(token)) ? token : -1)
          position += count
        }
        merger.merge(bytes) { symbol in
          if symbol.token >= 0 {
            ids.append(symbol.token)
          } else {
            for offset in 0..<Int(symbol.count) {
              ids.append(byteTokens[Int(bytes[Int(symbol.start) + offset])])
            }
          }
        }
        start = end
      }
    }
  }

  /// The token that stands for one byte, or -1.
  func token(ofByte byte: UInt8) -> Int32 {
    let token = byteTokens[Int(byte)]
    return token == unknown ? -1 : token
  }

  /// Where the text may be cut next without parting what could be merged.
  private func endOfSegment(_ text: UnsafePointer<UInt8>, _ count: Int, from start: Int) -> Int {
    joins.withUnsafeBufferPointer { joins in
      var position = start + 1
      while position + 3 <= count {
        if SpaceMark.isMark(text + position), !joins[Int(text[position - 1])] { return position }
        position += 1
      }
      return count
    }
  }

  private static func joins(_ rules: MergeRules) -> [Bool] {
    var joins = [Bool](repeating: false, count: 256)
    let pieces = rules.index.pieces
    joins.withUnsafeMutableBufferPointer { joins in
      pieces.withPointers { bytes, offsets in
        for id in 0..<pieces.count where rules.isResult(Int32(id)) {
          let end = Int(offsets[id + 1])
          var position = Int(offsets[id]) + 1
          while position + 3 <= end {
            if SpaceMark.isMark(bytes + position) { joins[Int(bytes[position - 1])] = true }
            position += 1
          }
        }
      }
    }
    return joins
  }
}

/// Text to token ids and back.
///
/// Immutable. Ids are those of llama.cpp, except that text which merely looks like a control
/// token never becomes one unless control tokens are recognised.
public final class Tokenizer: Sendable {
  /// Number of tokens.
  public let count: Int
  /// The token before a text.
  public let bos: Int32?
  /// The token after a text.
  public let eos: Int32?
  /// Whether ``bos`` goes before a raw text.
  public let addsBOS: Bool
  /// Whether ``eos`` goes after a raw text.
  public let addsEOS: Bool
  /// Tokens that end a generation: of the text, of a turn.
  public let endIDs: Set<Int32>

  let kinds: [Vocabulary.Kind]
  let index: PieceIndex
  let special: SpecialTokens
  let addsSpacePrefix: Bool
  let isSentencePiece: Bool
  private let encoder: Encoder

  private enum Encoder: Sendable {
    case bytePair(BytePairEncoder)
    case sentencePiece(SentencePieceEncoder)

    var rules: MergeRules {
      switch self {
      case .bytePair(let encoder): encoder.rules
      case .sentencePiece(let encoder): encoder.rules
      }
    }
  }

  /// Longest text in bytes, so that positions fit into 32 bits however it is written.
  static let longestText = 1 << 29

  /// Checks a vocabulary and indexes it.
  ///
  /// - Throws: ``TokenError`` with code `malformedVocabulary`.
  public init(_ vocabulary: Vocabulary) throws(TokenError) {
    try vocabulary.check()
    count = vocabulary.count
    bos = vocabulary.bos
    eos = vocabulary.eos
    addsBOS = vocabulary.addsBOS
    addsEOS = vocabulary.addsEOS

    var kinds = vocabulary.kinds
    if kinds.isEmpty { kinds = [Vocabulary.Kind](repeating: .normal, count: vocabulary.count) }
    index = try vocabulary.indexed(kinds)
    endIDs = EndTokens.find(vocabulary, index, &kinds)
    self.kinds = kinds
    special = SpecialTokens(index.pieces, kinds, swallowing: vocabulary.stripsSpaceAfter)

    isSentencePiece = vocabulary.model == .sentencePiece
    addsSpacePrefix = isSentencePiece && vocabulary.addsSpacePrefix
    switch vocabulary.model {
    case .bytePair(let preTokenizer):
      encoder = .bytePair(
        BytePairEncoder(try MergeRules(merges: vocabulary.merges, index: index), preTokenizer))
    case .sentencePiece:
      encoder = .sentencePiece(
        try SentencePieceEncoder(
          MergeRules(scores: vocabulary.scores, kinds: kinds, index: index),
          byteTokens: try vocabulary.byteTokens(), unknown: vocabulary.unknown,
          addsSpacePrefix: vocabulary.addsSpacePrefix))
    }
  }

  /// The token ids of a text.
  ///
  /// - Parameters:
  ///   - text: Any text, the empty one too.
  ///   - special: Whether control tokens such as `<|im_start|>` are recognised in the text;
  ///     otherwise they are text like any other. User-defined tokens always are.
  ///   - addBOS: Whether the vocabulary's BOS token goes first.
  /// - Returns: Ids, without BOS unless asked for.
  /// - Throws: ``TokenError`` with code `textTooLong`.
  /// - Complexity: O(n log n) in the length of the longest word, O(n) in the number of words.
  public func encode(
    _ text: String, special: Bool = true, addBOS: Bool = false
  ) throws(TokenError) -> [Int32] {
    try Tokenizer.checkLength(text.utf8.count)
    var text = text
    return text.withUTF8 { encode($0, special, addBOS) }
  }

  /// The token ids of bytes that need not be UTF-8.
  ///
  /// - Parameters:
  ///   - bytes: Any bytes.
  ///   - special: As in ``encode(_:special:addBOS:)``.
  ///   - addBOS: As in ``encode(_:special:addBOS:)``.
  /// - Returns: Ids, without BOS unless asked for.
  /// - Throws: ``TokenError`` with code `textTooLong`.
  public func encode(
    bytes: [UInt8], special: Bool = true, addBOS: Bool = false
  ) throws(TokenError) -> [Int32] {
    try Tokenizer.checkLength(bytes.count)
    return bytes.withUnsafeBufferPointer { encode($0, special, addBOS) }
  }

  /// The token that stands for exactly this text, if there is one.
  ///
  /// Control tokens are found by their name.
  public func id(of piece: String) -> Int32? {
    let piece = [UInt8](piece.utf8)
    var id = index.find(piece)
    if id < 0, case .sentencePiece(let encoder) = encoder {
      id = index.find(
        piece.withUnsafeBufferPointer { SpaceMark.escape($0, addingPrefix: false) })
      if id < 0, piece.count == 1 { id = encoder.token(ofByte: piece[0]) }
    }
    return id < 0 ? nil : id
  }

  private func encode(
    _ text: UnsafeBufferPointer<UInt8>, _ recognisesControl: Bool, _ addBOS: Bool
  ) -> [Int32] {
    var ids: [Int32] = []
    ids.reserveCapacity(text.count / 4 + 2)
    if addBOS, let bos { ids.append(bos) }
    var merger = SymbolMerger(encoder.rules)
    var position = 0
    var startsAfresh = true
    while position < text.count {
      let match = special.firstMatch(
        in: text, from: position, recognisesControl ? .all : .userDefined)
      let end = match?.start ?? text.count
      if end > position {
        let plain = UnsafeBufferPointer(rebasing: text[position..<end])
        switch encoder {
        case .bytePair(let encoder): encoder.encode(plain, &merger, into: &ids)
        case .sentencePiece(let encoder):
          encoder.encode(plain, startsAfresh: startsAfresh, &merger, into: &ids)
        }
      }
      guard let match else { break }
      ids.append(match.token)
      startsAfresh = true
      position = match.end
    }
    return ids
  }

  private static func checkLength(_ count: Int) throws(TokenError) {
    guard count <= longestText else {
      throw TokenError(
        .textTooLong,
        "text: \(count) bytes (expected at most \(longestText)). Split it up.")
    }
  }
}

/// Text to token ids and back.
///
/// Immutable. Of a GGUF file, ids are those of llama.cpp, except that text which merely looks like a
/// control token never becomes one unless control tokens are recognised, that `</s>` is special only
/// where the file says so, and that white space outside of ASCII is what the patterns of DeepSeek
/// say it is. Of a `tokenizer.json`, ids are those of Hugging Face's tokenizers.
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
  let spaces: SpaceRule
  /// Tokens that are looked for after normalization.
  private let normalizedSpecial: SpecialTokens
  private let normalizer: Normalizer
  let isSentencePiece: Bool
  private let encoder: TokenEncoder

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
    normalizer = vocabulary.normalizer
    (special, normalizedSpecial) = SpecialTokens.both(vocabulary, index.pieces, kinds)

    isSentencePiece = !vocabulary.isByteLevel
    spaces =
      isSentencePiece
      ? vocabulary.spaces ?? SpaceRule(prefix: vocabulary.addsSpacePrefix ? .everyPart : .none)
      : SpaceRule(prefix: .none)
    encoder = try TokenEncoder(vocabulary, index, kinds, spaces)
  }

  /// The token ids of a text.
  ///
  /// - Parameters:
  ///   - text: Any text, the empty one too.
  ///   - special: Whether control tokens such as `<|im_start|>` are recognised in the text;
  ///     otherwise they are text like any other. User-defined tokens always are.
  ///   - addBOS: Whether the vocabulary's BOS token goes first.
  /// - Returns: Ids, without BOS unless asked for.
  /// - Throws: ``TokenError`` with code `textTooLong`, or `unsupportedPattern` for a pattern of a
  ///   stranger's that goes over the text again and again.
  /// - Complexity: O(n log n) in the length of the longest word, O(n) in the number of words.
  public func encode(
    _ text: String, special: Bool = true, addBOS: Bool = false
  ) throws(TokenError) -> [Int32] {
    try encode(bytes: Array(text.utf8), special: special, addBOS: addBOS)
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
    return try bytes.withUnsafeBufferPointer { (bytes) throws(TokenError) in
      try encode(bytes, special, addBOS)
    }
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
  ) throws(TokenError) -> [Int32] {
    var ids: [Int32] = []
    ids.reserveCapacity(text.count / 4 + 2)
    if addBOS, let bos { ids.append(bos) }
    let scope: SpecialTokens.Scope = recognisesControl ? .all : .userDefined
    var merger = SymbolMerger(encoder.rules)
    var parts = special.parts(of: text, scope)
    while let part = parts.next() {
      guard case .text(let range) = part else {
        if case .token(let token) = part { ids.append(token) }
        continue
      }
      let plain = UnsafeBufferPointer(rebasing: text[range])
      guard !normalizer.isEmpty || !normalizedSpecial.isEmpty else {
        try encoder.encode(
          plain, isFirst: range.lowerBound == 0, &merger, into: &ids)
        continue
      }
      let normal = normalizer.apply(plain)
      let isFirst = range.lowerBound == 0
      try normal.withUnsafeBufferPointer { (normal) throws(TokenError) in
        try encodeNormal(normal, scope, isFirst: isFirst, &merger, into: &ids)
      }
    }
    return ids
  }

  /// Appends the ids of normalized text.
  private func encodeNormal(
    _ text: UnsafeBufferPointer<UInt8>, _ scope: SpecialTokens.Scope, isFirst: Bool,
    _ merger: inout SymbolMerger, into ids: inout [Int32]
  ) throws(TokenError) {
    var parts = normalizedSpecial.parts(of: text, scope)
    while let part = parts.next() {
      switch part {
      case .token(let token): ids.append(token)
      case .text(let range):
        try encoder.encode(
          UnsafeBufferPointer(rebasing: text[range]), isFirst: isFirst && range.lowerBound == 0,
          &merger, into: &ids)
      }
    }
  }

  private static func checkLength(_ count: Int) throws(TokenError) {
    guard count <= longestText else {
      throw TokenError(
        .textTooLong,
        "text: \(count) bytes (expected at most \(longestText)). Split it up.")
    }
  }
}

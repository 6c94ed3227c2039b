/// Text to token ids and back.
///
/// Immutable; ids are those of llama.cpp.
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
  /// Tokens that end a generation.
  public let endIDs: Set<Int32>

  /// Checks a vocabulary and indexes it.
  ///
  /// - Throws: ``TokenError`` with code `malformedVocabulary`.
  public init(_ vocabulary: Vocabulary) throws(TokenError) {
    count = vocabulary.count
    bos = vocabulary.bos
    eos = vocabulary.eos
    addsBOS = vocabulary.addsBOS
    addsEOS = vocabulary.addsEOS
    endIDs = []
  }

  /// The token ids of a text.
  ///
  /// - Parameters:
  ///   - text: Any text, the empty one too.
  ///   - special: Whether control tokens such as `<|im_start|>` are recognised in the text;
  ///     otherwise they are text like any other.
  ///   - addBOS: Whether the vocabulary's BOS token goes first.
  /// - Returns: Ids, without BOS unless asked for.
  /// - Throws: ``TokenError`` with code `unencodable` or `textTooLong`.
  public func encode(
    _ text: String, special: Bool = true, addBOS: Bool = false
  ) throws(TokenError) -> [Int32] {
    []
  }

  /// The token ids of bytes that need not be UTF-8.
  ///
  /// - Parameters:
  ///   - bytes: Any bytes.
  ///   - special: As in ``encode(_:special:addBOS:)``.
  ///   - addBOS: As in ``encode(_:special:addBOS:)``.
  /// - Returns: Ids, without BOS unless asked for.
  /// - Throws: ``TokenError`` with code `unencodable` or `textTooLong`.
  public func encode(
    bytes: [UInt8], special: Bool = true, addBOS: Bool = false
  ) throws(TokenError) -> [Int32] {
    []
  }

  /// The bytes that token ids stand for; not always UTF-8 if a character is cut.
  ///
  /// - Parameters:
  ///   - ids: Token ids.
  ///   - special: Whether control tokens are written out; otherwise they are left out.
  /// - Returns: The bytes of all pieces together.
  /// - Throws: ``TokenError`` with code `unknownToken`.
  public func decode(_ ids: [Int32], special: Bool) throws(TokenError) -> [UInt8] {
    []
  }

  /// The bytes that one token stands for, control tokens written out; none for other ids.
  public func piece(_ id: Int32) -> [UInt8] {
    []
  }

  /// The token that stands for exactly this text, if there is one.
  public func id(of piece: String) -> Int32? {
    nil
  }

  /// Whether a token is a control token rather than text.
  public func isControl(_ id: Int32) -> Bool {
    false
  }
}

/// What a checkpoint says about its tokens, as plain values.
///
/// The fields are those of GGUF's `tokenizer.ggml.*` keys, and mean the same.
public struct Vocabulary: Sendable {
  /// How text becomes tokens.
  public enum Model: Sendable, Hashable {
    /// Byte-level BPE (GGUF: `gpt2`): words are split off by a pattern, then merged by rank.
    case bytePair(PreTokenizer)
    /// SentencePiece with byte fallback (GGUF: `llama`): pairs are merged by score.
    case sentencePiece
    /// Characters with byte fallback, merged by rank: SentencePiece as Hugging Face stores it.
    case characterPairs
  }

  /// What a token is for; raw values are GGUF's.
  public enum Kind: UInt8, Sendable, Hashable {
    case undefined = 0
    /// A piece of text.
    case normal = 1
    /// Stands for text that has no token.
    case unknown = 2
    /// Steers the model, such as the begin of a turn; not a piece of text.
    case control = 3
    /// A piece of text that is matched before all others, such as a tag.
    case userDefined = 4
    /// A row of the embedding that no text leads to.
    case unused = 5
    /// One byte, written `<0x0A>` (SentencePiece only).
    case byte = 6
  }

  /// How text becomes tokens.
  public var model: Model
  /// What each token stands for, by id; byte-level BPE in the alphabet of GPT-2.
  public var pieces: PieceTable
  /// What each token is for, by id; empty if all are normal.
  public var kinds: [Kind]
  /// Log-probabilities by id; SentencePiece only.
  public var scores: [Float]
  /// Merge rules `left right`, best first; not for SentencePiece.
  public var merges: PieceTable
  /// By merge: length in bytes of its left half; empty if there is one space in every rule.
  var mergeCuts: [UInt32] = []
  /// The token before a text.
  public var bos: Int32?
  /// The token after a text.
  public var eos: Int32?
  /// The token after a turn of a conversation.
  public var eot: Int32?
  /// The token for text that has none.
  public var unknown: Int32?
  /// The token that fills up batches.
  public var padding: Int32?
  /// Whether ``bos`` goes before a raw text.
  public var addsBOS: Bool
  /// Whether ``eos`` goes after a raw text.
  public var addsEOS: Bool
  /// Whether SentencePiece puts a space before a text, and after a control token.
  public var addsSpacePrefix: Bool
  /// Control tokens that swallow the ASCII white space after them, as those of Phi-3 do.
  public var stripsSpaceAfter: [Int32] = []
  /// Whether a word that is a token needs no merging; byte-level BPE only.
  public var takesWholeWords = false
  /// What becomes of a byte without a token; byte-level BPE only.
  var missingByte = BytePairEncoder.MissingByte.leftOut
  /// What is done to text before it is split.
  var normalizer = Normalizer()
  /// How spaces become U+2581; not for byte-level BPE.
  var spaces: SpaceRule?
  /// What else is to be known of tokens that are looked for in the text.
  var addedTokens: [Int32: AddedTokenRule] = [:]

  /// A vocabulary without special tokens and with the defaults of its model.
  ///
  /// - Parameters:
  ///   - model: How text becomes tokens.
  ///   - pieces: What each token stands for, by id.
  ///   - kinds: What each token is for, by id; empty if all are normal.
  ///   - scores: Log-probabilities by id; SentencePiece only.
  ///   - merges: Merge rules `left right`, best first; byte-level BPE only.
  public init(
    model: Model, pieces: PieceTable, kinds: [Kind] = [], scores: [Float] = [],
    merges: PieceTable = PieceTable()
  ) {
    self.model = model
    self.pieces = pieces
    self.kinds = kinds
    self.scores = scores
    self.merges = merges
    if case .bytePair(let preTokenizer) = model {
      addsBOS = preTokenizer.addsBOS
      takesWholeWords = preTokenizer.takesWholeWords
    } else {
      addsBOS = model == .sentencePiece
    }
    addsEOS = false
    addsSpacePrefix = model == .sentencePiece
  }

  /// Number of tokens.
  public var count: Int { pieces.count }
}

/// How a family of byte-level BPE vocabularies splits text into words before merging.
public struct PreTokenizer: Sendable, Hashable {
  /// What it is called: GGUF's `tokenizer.ggml.pre`, or `tokenizer.json`.
  public let name: String
  /// What is split off, one step after the other.
  let steps: [SplitStep]
  /// Whether a word that is a token needs no merging: Llama 3 has tokens that no merge leads to.
  let takesWholeWords: Bool
  /// Whether BOS goes before a raw text where a checkpoint does not say.
  let addsBOS: Bool

  init(
    _ name: String, _ steps: [SplitStep], takesWholeWords: Bool = false, addsBOS: Bool = false
  ) {
    self.name = name
    self.steps = steps
    self.takesWholeWords = takesWholeWords
    self.addsBOS = addsBOS
  }

  /// GPT-2.
  public static let gpt2 = PreTokenizer("gpt-2", [SplitStep(Pattern.gpt2)])
  /// Llama 3: up to three digits are a word.
  public static let llama3 = PreTokenizer(
    "llama-bpe", [SplitStep(Pattern.llama3(digits: #"\p{N}{1,3}"#))], takesWholeWords: true,
    addsBOS: true)
  /// Qwen 2 and 2.5: every digit is a word.
  public static let qwen2 = PreTokenizer(
    "qwen2", [SplitStep(Pattern.llama3(digits: #"\p{N}"#))])
  /// SmolLM: as GPT-2, but every digit is a word.
  public static let smolLM = PreTokenizer(
    "smollm", [SplitStep(#"\p{N}"#), SplitStep(Pattern.gpt2)])

  /// The pre-tokenizer of a GGUF checkpoint.
  ///
  /// - Parameter name: GGUF's `tokenizer.ggml.pre`.
  /// - Throws: ``TokenError`` with code `unknownPreTokenizer`, which names the known ones.
  public init(named name: String?) throws(TokenError) {
    if let name, let known = PreTokenizer.known[name] {
      self = PreTokenizer(
        name, known.steps, takesWholeWords: known.takesWholeWords, addsBOS: known.addsBOS)
      return
    }
    throw TokenError(
      .unknownPreTokenizer,
      "tokenizer.ggml.pre: \(name.map { "'\($0)'" } ?? "missing") (expected one of "
        + "\(PreTokenizer.knownNames.joined(separator: ", "))). "
        + "Use a model of one of these families.")
  }

  /// The names that ``init(named:)`` knows, in the order of the alphabet.
  public static let knownNames = known.keys.sorted()

  /// What GGUF's names mean; those of one line are one pre-tokenizer.
  private static let known: [String: PreTokenizer] = {
    let table: [([String], PreTokenizer)] = [
      (["gpt-2", "phi-2", "mpt", "olmo", "exaone4", "a.x-4.0", "gigachat"], .gpt2),
      (
        ["smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"], .smolLM
      ),
      (
        ["llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2"],
        .llama3
      ),
      (
        ["dbrx", "smaug-bpe", "chatglm-bpe", "glm4"],
        PreTokenizer("dbrx", llama3.steps)
      ),
      (
        ["qwen2", "deepseek-r1-qwen", "stablelm2", "megrez", "hunyuan", "kormo", "grok-2"], .qwen2
      ),
      (
        ["deepseek-llm"],
        PreTokenizer(
          "deepseek-llm",
          [
            #"[\r\n]"#, #"\s?["# + Pattern.deepSeekLetters + "]+",
            #"\s?[!-/:-~！-／：-～‘-‟　-。]+"#, #"\s+$"#, Pattern.deepSeekCJK, #"\p{N}+"#,
          ]
          .map { SplitStep($0) })
      ),
      (
        ["deepseek-coder"],
        PreTokenizer(
          "deepseek-coder",
          [#"[\r\n]"#, #"\s?\p{L}+"#, #"\s?\p{P}+"#, Pattern.deepSeekCJK, #"\p{N}"#]
            .map { SplitStep($0) })
      ),
      (
        ["deepseek-v3", "hunyuan-dense"],
        PreTokenizer(
          "deepseek-v3",
          [#"\p{N}{1,3}"#, "[一-龥\u{3040}-ゟ゠-ヿ]+", Pattern.deepSeek3].map { SplitStep($0) })
      ),
      (
        ["falcon"],
        PreTokenizer(
          "falcon",
          [#"[\p{P}$+<=>^~|`]+"#, Pattern.gpt2, "[0-9][0-9][0-9]"].map { SplitStep($0) })
      ),
      (
        ["tekken"],
        PreTokenizer(
          "tekken", [SplitStep(Pattern.cased(suffix: "", digits: #"\p{N}"#))],
          takesWholeWords: true)
      ),
      (
        ["gpt-4o", "llama4"],
        PreTokenizer(
          "gpt-4o",
          [
            SplitStep(
              Pattern.cased(suffix: Pattern.contractions + "?", digits: #"\p{N}{1,3}"#))
          ])
      ),
      (
        ["seed-coder"],
        PreTokenizer(
          "seed-coder",
          [
            SplitStep(
              Pattern.contractions
                + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+"#
                + #"|\s+(?!\S)|\s+"#)
          ])
      ),
    ]
    var known: [String: PreTokenizer] = [:]
    for (names, preTokenizer) in table {
      for name in names { known[name] = preTokenizer }
    }
    return known
  }()

  /// The expressions that the original tokenizers split by.
  private enum Pattern {
    static let gpt2 =
      #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
    static let contractions =
      "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"

    static func llama3(digits: String) -> String {
      contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|"# + digits
        + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    }

    /// Words end where capitals follow small letters, which llama.cpp tells apart in ASCII only.
    static func cased(suffix: String, digits: String) -> String {
      let (upper, lower) = (#"(?:(?=\p{L})[^a-z])"#, #"(?:(?=\p{L})[^A-Z])"#)
      let before = #"[^\r\n\p{L}\p{N}]?"#
      return before + upper + "*" + lower + "+" + suffix + "|"
        + before + upper + "+" + lower + "*" + suffix + "|" + digits
        + #"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    }

    static let deepSeek3 =
      ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"##
      + #"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

    static let deepSeekCJK = "[一-龥ࠀ-一가-\u{D7FF}]+"

    /// Letters with two cases, as DeepSeek LLM lists them.
    static let deepSeekLetters =
      #"\x{41}-\x{5A}\x{61}-\x{7A}\x{B5}\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{1BA}"#
      + #"\x{1BC}-\x{1BF}\x{1C4}-\x{293}\x{295}-\x{2AF}\x{370}-\x{373}\x{376}\x{377}"#
      + #"\x{37B}-\x{37D}\x{37F}\x{386}\x{388}-\x{38A}\x{38C}\x{38E}-\x{3A1}\x{3A3}-\x{3F5}"#
      + #"\x{3F7}-\x{481}\x{48A}-\x{52F}\x{531}-\x{556}\x{10A0}-\x{10C5}\x{13A0}-\x{13F5}"#
      + #"\x{13F8}-\x{13FD}\x{1C90}-\x{1CBA}\x{1CBD}-\x{1CBF}\x{1D00}-\x{1D2B}"#
      + #"\x{1D6B}-\x{1D77}\x{1D79}-\x{1D9A}\x{1E00}-\x{1F15}\x{1F18}-\x{1F1D}"#
      + #"\x{1F20}-\x{1F45}\x{1F48}-\x{1F4D}\x{1F50}-\x{1F57}\x{1F59}\x{1F5B}\x{1F5D}"#
      + #"\x{1F5F}-\x{1F7D}\x{1F80}-\x{1FB4}\x{1FB6}-\x{1FBC}\x{1FBE}\x{1FC2}-\x{1FC4}"#
      + #"\x{1FC6}-\x{1FCC}\x{1FD0}-\x{1FD3}\x{1FD6}-\x{1FDB}\x{1FE0}-\x{1FEC}"#
      + #"\x{1FF2}-\x{1FF4}\x{1FF6}-\x{1FFC}\x{2102}\x{2107}\x{210A}-\x{2113}\x{2115}"#
      + #"\x{2119}-\x{211D}\x{2124}\x{2126}\x{2128}\x{212A}-\x{212D}\x{212F}-\x{2134}\x{2139}"#
      + #"\x{213C}-\x{213F}\x{2145}-\x{2149}\x{214E}\x{2183}\x{2184}\x{2C00}-\x{2C7B}"#
      + #"\x{2C7E}-\x{2CE4}\x{2CEB}-\x{2CEE}\x{2CF2}\x{2CF3}\x{A640}-\x{A66D}\x{A680}-\x{A69B}"#
      + #"\x{A722}-\x{A76F}\x{A771}-\x{A787}\x{A78B}-\x{A78E}\x{AB70}-\x{ABBF}"#
      + #"\x{FB00}-\x{FB06}\x{FB13}-\x{FB17}\x{FF21}-\x{FF3A}\x{FF41}-\x{FF5A}"#
      + #"\x{10400}-\x{1044F}\x{104B0}-\x{104D3}\x{104D8}-\x{104FB}\x{10C80}-\x{10CB2}"#
      + #"\x{10CC0}-\x{10CF2}\x{118A0}-\x{118DF}\x{1E900}-\x{1E943}"#
  }
}

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
      (["smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"], .smolLM),
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
      "A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗ"
      + "ὙὛὝὟ-ώᾀ-ᾴᾶ-ᾼιῂ-ῄῆ-ῌῐ-ΐῖ-Ίῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎ"
      + "ꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ\u{10400}-\u{1044F}\u{104B0}-\u{104D3}\u{104D8}-\u{104FB}"
      + "\u{10C80}-\u{10CB2}\u{10CC0}-\u{10CF2}\u{118A0}-\u{118DF}\u{1E900}-\u{1E943}"
  }
}

import JSON

/// What a `tokenizer.json` does to text before and after its model, in casthost's terms.
struct TokenizerPipeline {
  /// What is done to text before added tokens with `normalized` are looked for.
  private(set) var normalizer = Normalizer()
  /// How byte-level text is split.
  private(set) var steps: [SplitStep] = []
  /// How spaces become U+2581; nil for byte-level BPE.
  private(set) var spaces: SpaceRule?
  /// Names of the tokens that go before and after a text.
  private(set) var prefix: [String] = []
  private(set) var suffix: [String] = []
  /// Whether pieces are written in the alphabet of byte-level vocabularies.
  private(set) var isByteLevel = false

  private static let gpt2 =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
  private static let punctuation = #"[\p{P}!-/:-@\[-`{-~]"#
  private static let mark = "\u{2581}"

  /// - Throws: ``TokenError`` with code `unsupportedTokenizer` or `malformedTokenizer`.
  init(_ parts: [String: JSONValue]) throws(TokenError) {
    let before = try TokenizerPipeline.flat(parts["normalizer"] ?? .null, "normalizers")
    let splits = try TokenizerPipeline.flat(parts["pre_tokenizer"] ?? .null, "pretokenizers")
    isByteLevel = splits.contains { $0["type"]?.string == "ByteLevel" }
    for step in before { try addNormalizer(step) }
    if isByteLevel {
      for step in splits { try addSplit(step) }
    } else {
      try addSpaces(splits)
    }
    for step in try TokenizerPipeline.flat(parts["post_processor"] ?? .null, "processors") {
      try addPostProcessor(step)
    }
    let decoders = ["ByteLevel", "Replace", "ByteFallback", "Fuse", "Strip", "Metaspace"]
    for step in try TokenizerPipeline.flat(parts["decoder"] ?? .null, "decoders")
    where !decoders.contains(step["type"]?.string ?? "") {
      throw TokenizerPipeline.unsupported("decoder", step, decoders)
    }
  }

  /// The steps of a sequence, or the one step that it is.
  private static func flat(
    _ value: JSONValue, _ key: String, depth: Int = 0
  ) throws(TokenError) -> [JSONValue] {
    guard value != .null else { return [] }
    guard value["type"]?.string == "Sequence" else { return [value] }
    var steps: [JSONValue] = []
    for step in value[key]?.array ?? [] {
      steps += try flat(step, key, depth: depth + 1)
      guard steps.count <= 32 else {
        throw .unsupportedTokenizer("a sequence of more than 32 \(key)", "fewer")
      }
    }
    return steps
  }

  private static func unsupported(
    _ kind: String, _ step: JSONValue, _ known: [String]
  ) -> TokenError {
    .unsupportedTokenizer(
      "the \(kind) '\(step["type"]?.string ?? "without type")'", known.joined(separator: ", "))
  }

  // MARK: Normalizers

  private mutating func addNormalizer(_ step: JSONValue) throws(TokenError) {
    switch step["type"]?.string {
    case "NFC": normalizer.steps.append(.composed)
    case "Prepend":
      let prefix = step["prepend"]?.string ?? ""
      if !prefix.isEmpty { normalizer.steps.append(.prepended(Array(prefix.utf8))) }
    case "Replace":
      guard let old = step["pattern"]?["String"]?.string, !old.isEmpty,
        let new = step["content"]?.string
      else {
        throw .unsupportedTokenizer(
          "a Replace normalizer without a string as its pattern", "a string")
      }
      normalizer.steps.append(.replaced(Array(old.utf8), by: Array(new.utf8)))
    default: throw TokenizerPipeline.unsupported("normalizer", step, ["NFC", "Prepend", "Replace"])
    }
  }

  // MARK: Byte-level BPE

  private mutating func addSplit(_ step: JSONValue) throws(TokenError) {
    let isAlphabet = steps.last?.readsByteAlphabet ?? false
    var split: SplitStep
    switch step["type"]?.string {
    case "ByteLevel":
      guard step["add_prefix_space"]?.bool != true else {
        throw .unsupportedTokenizer("ByteLevel with add_prefix_space", "add_prefix_space false")
      }
      guard !isAlphabet else { throw .unsupportedTokenizer("ByteLevel twice", "once") }
      if step["use_regex"]?.bool ?? true { steps.append(SplitStep(TokenizerPipeline.gpt2)) }
      hasAlphabet = true
      return
    case "Split":
      guard let behavior = step["behavior"]?.string.flatMap(SplitStep.Behavior.init) else {
        throw .malformedTokenizer(
          "a Split with the behavior '\(step["behavior"]?.string ?? "")'",
          "Isolated, Removed, Contiguous, MergedWithPrevious or MergedWithNext")
      }
      let literal = step["pattern"]?["String"]?.string.map(SplitPattern.quoting)
      guard let pattern = step["pattern"]?["Regex"]?.string ?? literal else {
        throw .malformedTokenizer("a Split without pattern", "a string or an expression")
      }
      split = SplitStep(pattern, behavior, isInverted: step["invert"]?.bool ?? false)
    case "Digits":
      let isIndividual = step["individual_digits"]?.bool ?? false
      split = SplitStep(#"\p{N}"#, isIndividual ? .isolated : .contiguous)
    case "Punctuation":
      let behavior = step["behavior"]?.string ?? "Isolated"
      split = SplitStep(
        TokenizerPipeline.punctuation, SplitStep.Behavior(rawValue: behavior) ?? .isolated)
    default:
      throw TokenizerPipeline.unsupported(
        "pre-tokenizer", step, ["ByteLevel", "Split", "Digits", "Punctuation"])
    }
    split.readsByteAlphabet = hasAlphabet
    steps.append(split)
  }

  /// Whether a step has written the text in the alphabet already.
  private var hasAlphabet = false

  // MARK: Characters with byte fallback

  private mutating func addSpaces(_ splits: [JSONValue]) throws(TokenError) {
    var rule = SpaceRule(prefix: .none, escapes: false)
    let mark = Array(TokenizerPipeline.mark.utf8)
    if normalizer.steps.contains(.prepended(mark)) { rule.prefix = .everyPart }
    for step in splits {
      switch step["type"]?.string {
      case "Metaspace" where splits.count == 1:
        guard (step["replacement"]?.string ?? TokenizerPipeline.mark) == TokenizerPipeline.mark
        else { throw .unsupportedTokenizer("a Metaspace with another sign", "U+2581") }
        rule.escapes = true
        rule.splits = step["split"]?.bool ?? true
        switch step["prepend_scheme"]?.string {
        case "always": rule.prefix = .unlessMarked
        case "first": rule.prefix = .firstUnlessMarked
        case "never": rule.prefix = .none
        default: rule.prefix = step["add_prefix_space"]?.bool == false ? .none : .unlessMarked
        }
      case "Split" where isIdle(step): continue
      default:
        throw TokenizerPipeline.unsupported(
          "pre-tokenizer", step, ["Metaspace alone, or ByteLevel among others"])
      }
    }
    spaces = rule
  }

  /// Whether a split by a string comes after the normalizer has replaced that string.
  private func isIdle(_ step: JSONValue) -> Bool {
    guard let string = step["pattern"]?["String"]?.string,
      case .replaced(let old, let new)? = normalizer.steps.last
    else { return false }
    return old == Array(string.utf8) && !new.contains(old[0]) && old.count == 1
  }

  // MARK: Special tokens around a text

  private mutating func addPostProcessor(_ step: JSONValue) throws(TokenError) {
    switch step["type"]?.string {
    case "ByteLevel": return
    case "TemplateProcessing":
      var isBefore = true
      for item in step["single"]?.array ?? [] {
        if item["Sequence"] != nil {
          isBefore = false
        } else if let name = item["SpecialToken"]?["id"]?.string {
          if isBefore { prefix.append(name) } else { suffix.append(name) }
        } else {
          throw .malformedTokenizer("a template of something else", "special tokens and sequences")
        }
      }
      guard prefix.count <= 1, suffix.count <= 1 else {
        throw .unsupportedTokenizer(
          "more than one special token before or after a text", "one at most")
      }
    default:
      throw TokenizerPipeline.unsupported(
        "post-processor", step, ["TemplateProcessing", "ByteLevel"])
    }
  }
}

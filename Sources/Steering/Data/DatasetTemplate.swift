import Engine
public import Tokens

extension ContrastSet {
  /// How a template makes prompts.
  public enum Layout: Sendable {
    /// One text.
    case text
    /// The text is the user's message, the suffix opens the assistant's reply; the model's own chat
    /// template goes round them.
    case chat
  }

  /// The most pairs of a template.
  private static let mostPairs = 1_000_000

  /// Fills a text with personas and suffixes: each suffix makes a pair
  /// (the way repeng builds its datasets).
  ///
  /// - Parameters:
  ///   - text: Contains `{persona}` and, for `text`, `{suffix}`; a missing `{suffix}` is appended.
  ///   - positive: Personas of the behaviour.
  ///   - negative: Personas of its opposite, as many.
  ///   - suffixes: What the model has begun to say.
  ///   - layout: How prompts are made.
  /// - Returns: A pair for each persona and suffix.
  /// - Throws: ``SteeringError`` if the counts differ, `{persona}` is missing, or there are more
  ///   than a million pairs.
  public static func template(
    _ text: String, positive: [String], negative: [String], suffixes: [String],
    layout: Layout = .text
  ) throws(SteeringError) -> ContrastSet {
    guard positive.count == negative.count, !positive.isEmpty, !suffixes.isEmpty else {
      throw SteeringError(
        .badOption,
        "dataset.template: \(positive.count) positive and \(negative.count) negative personas, "
          + "\(suffixes.count) suffixes (expected as many positive as negative, at least one of "
          + "each). Add the missing ones.")
    }
    guard text.contains("{persona}") else {
      throw SteeringError(
        .badOption,
        "dataset.template: the text has no {persona} (expected a place for it). Write it where "
          + "the personas go.")
    }
    if case .chat = layout, text.contains("{suffix}") {
      throw SteeringError(
        .badOption,
        "dataset.template: the text has a {suffix} (expected none with chat = true). The suffix "
          + "opens the assistant's reply; leave it out.")
    }
    let (count, overflows) = positive.count.multipliedReportingOverflow(by: suffixes.count)
    guard !overflows, count <= mostPairs else {
      throw SteeringError(
        .badOption,
        "dataset.template: too many pairs (expected at most \(mostPairs)). Give fewer suffixes.")
    }
    func fill(_ persona: String, _ suffix: String) -> Prompt {
      let withPersona = replace("{persona}", in: text, by: persona)
      if case .chat = layout {
        return .messages([
          ChatMessage(role: "user", content: withPersona),
          ChatMessage(role: "assistant", content: suffix),
        ])
      }
      return .text(
        withPersona.contains("{suffix}")
          ? replace("{suffix}", in: withPersona, by: suffix) : withPersona + suffix)
    }
    var pairs: [ContrastPair] = []
    pairs.reserveCapacity(count)
    for (good, bad) in zip(positive, negative) {
      for suffix in suffixes {
        pairs.append(ContrastPair(positive: fill(good, suffix), negative: fill(bad, suffix)))
      }
    }
    return ContrastSet(pairs, source: "template")
  }

  /// The beginnings of some texts, cut after every token but the last, as repeng makes suffixes of
  /// sentences; a text of one token stays whole.
  ///
  /// - Throws: `TokenError` for a text that is too long.
  public static func beginnings(
    of texts: [String], _ tokenizer: Tokenizer
  ) throws(TokenError) -> [String] {
    var beginnings: [String] = []
    for text in texts {
      let ids = try tokenizer.encode(text, special: false)
      if ids.count < 2 { beginnings.append(text) }
      for count in 1..<max(1, ids.count) {
        let bytes = try tokenizer.decode(Array(ids[..<count]), special: true)
        // A token may end within a character.
        if let text = String(validating: bytes, as: UTF8.self) { beginnings.append(text) }
      }
    }
    return beginnings
  }

  private static func replace(_ part: String, in text: String, by other: String) -> String {
    guard !part.isEmpty else { return text }
    var pieces: [Substring] = []
    var rest = text[...]
    while let range = rest.firstRange(of: part) {
      pieces.append(rest[..<range.lowerBound])
      rest = rest[range.upperBound...]
    }
    pieces.append(rest)
    return pieces.joined(separator: other)
  }
}

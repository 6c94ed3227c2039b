public import Engine

/// Two inputs that differ in one behaviour.
public struct ContrastPair: Sendable, Hashable {
  /// The input that shows the behaviour.
  public var positive: Prompt
  /// The input that does not.
  public var negative: Prompt
  /// What the dataset's file says of this pair: for example `question`, `matching`.
  public var fields: [String: String]

  /// Makes a pair.
  public init(positive: Prompt, negative: Prompt, fields: [String: String] = [:]) {
    self.positive = positive
    self.negative = negative
    self.fields = fields
  }
}

/// Contrast pairs in order.
public struct ContrastSet: Sendable, Hashable {
  /// The pairs.
  public var pairs: [ContrastPair]
  /// Where the pairs come from, for the vector's passport.
  public var source: String

  /// Collects pairs.
  public init(_ pairs: [ContrastPair], source: String = "recipe") {
    self.pairs = pairs
    self.source = source
  }

  /// Number of pairs.
  public var count: Int { pairs.count }

  /// Fills a text with personas and suffixes: each suffix makes a pair
  /// (the way repeng builds its datasets).
  ///
  /// - Parameters:
  ///   - text: Contains `{persona}` and `{suffix}`; a missing `{suffix}` is appended.
  ///   - positive: Personas of the behaviour.
  ///   - negative: Personas of its opposite, as many.
  ///   - suffixes: What the model has begun to say.
  /// - Returns: A pair for each persona and suffix.
  /// - Throws: ``SteeringError`` if the counts differ or `{persona}` is missing.
  public static func template(
    _ text: String, positive: [String], negative: [String], suffixes: [String]
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
    func fill(_ persona: String, _ suffix: String) -> Prompt {
      let withPersona = replace("{persona}", in: text, by: persona)
      return .text(
        withPersona.contains("{suffix}")
          ? replace("{suffix}", in: withPersona, by: suffix) : withPersona + suffix)
    }
    var pairs: [ContrastPair] = []
    for (good, bad) in zip(positive, negative) {
      for suffix in suffixes {
        pairs.append(ContrastPair(positive: fill(good, suffix), negative: fill(bad, suffix)))
      }
    }
    return ContrastSet(pairs, source: "template")
  }

  /// Cuts the set in two, in order: the first `fraction` of the pairs, and the rest.
  public func split(_ fraction: Double) -> (ContrastSet, ContrastSet) {
    let cut = Int((Double(count) * min(max(fraction, 0), 1)).rounded())
    return (
      ContrastSet(Array(pairs[..<cut]), source: source),
      ContrastSet(Array(pairs[cut...]), source: source)
    )
  }

  /// The first `count` pairs, or all if there are fewer.
  public func take(_ count: Int) -> ContrastSet {
    ContrastSet(Array(pairs.prefix(max(0, count))), source: source)
  }

  /// The pairs in an order drawn from a seed (Fisher–Yates).
  public func shuffled(seed: UInt64) -> ContrastSet {
    var random = RandomSource(seed: seed)
    var shuffled = pairs
    for index in stride(from: shuffled.count - 1, to: 0, by: -1) {
      shuffled.swapAt(index, Int(random.next() % UInt64(index + 1)))
    }
    return ContrastSet(shuffled, source: source)
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

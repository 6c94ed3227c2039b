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
}

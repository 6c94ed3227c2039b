public import Engine
import Tokens

/// What may be wrong with contrast pairs, before a vector is built from them.
public struct DatasetCheck: Sendable {
  /// A label that a positive side has, as `Yes`, and how many do.
  public struct Label: Sendable, Equatable {
    /// The text of the answer.
    public let text: String
    /// Number of pairs.
    public let count: Int
  }

  /// Number of pairs.
  public let pairs: Int
  /// Where they come from.
  public let source: String
  /// Pairs with the same content, each group by its numbers from 1.
  public private(set) var duplicates: [[Int]] = []
  /// Pairs that share most of their words with another, by their numbers from 1.
  public private(set) var nearDuplicates: [[Int]] = []
  /// Pairs whose two sides are the same, by their numbers from 1.
  public private(set) var withoutDifference: [Int] = []
  /// The answers on the positive side, the most frequent first; none where pairs have no answers.
  public private(set) var labels: [Label] = []
  /// What lengths are counted in: `characters` or `tokens`.
  public let unit: String
  /// Mean length of the positive sides, in units.
  public private(set) var positiveLength = 0.0
  /// Mean length of the negative sides, in units.
  public private(set) var negativeLength = 0.0
  /// Number of pairs whose positive side is the longer one.
  public private(set) var longerPositive = 0
  /// Number of pairs whose negative side is the longer one.
  public private(set) var longerNegative = 0
  /// What a vector may learn in place of the behaviour, a sentence each.
  public private(set) var warnings: [String] = []

  /// Looks at a set.
  ///
  /// - Parameters:
  ///   - set: The pairs.
  ///   - tokens: Counts the tokens of a prompt; nil to count characters.
  /// - Throws: What `tokens` throws.
  public init(_ set: ContrastSet, tokens: ((Prompt) throws -> Int)? = nil) throws {
    pairs = set.count
    source = set.source
    unit = tokens == nil ? "characters" : "tokens"
    let count = tokens ?? { DatasetCheck.characters($0) }
    var answers: [String: Int] = [:]
    var groups: [String: [Int]] = [:]
    var order: [String] = []
    for (index, pair) in set.pairs.enumerated() {
      let (positive, negative) = (try count(pair.positive), try count(pair.negative))
      positiveLength += Double(positive) / Double(max(1, pairs))
      negativeLength += Double(negative) / Double(max(1, pairs))
      if positive > negative { longerPositive += 1 }
      if negative > positive { longerNegative += 1 }
      if pair.positive == pair.negative { withoutDifference.append(index + 1) }
      if let answer = pair.fields["matching"] { answers[answer, default: 0] += 1 }
      // Both sides count: the same question with swapped answers is no duplicate.
      let key = ContrastPair.folded(pair.positive) + " | " + ContrastPair.folded(pair.negative)
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(index + 1)
    }
    labels = answers.map { Label(text: $0.key, count: $0.value) }
      .sorted { ($1.count, $0.text) < ($0.count, $1.text) }
    duplicates = order.compactMap { groups[$0] }.filter { $0.count > 1 }
    nearDuplicates = NearDuplicates.pairs(
      of: order.compactMap { key in groups[key]?.first.map { ($0, set.pairs[$0 - 1].content) } })
    warnings = makeWarnings()
  }

  private static func characters(_ prompt: Prompt) -> Int {
    switch prompt {
    case .text(let text): text.count
    case .messages(let messages): messages.reduce(0) { $0 + $1.content.count }
    case .tokens(let ids): ids.count
    }
  }

  // MARK: Judging

  private static let fewest = 10
  private static let mostFrequent = 0.6
  private static let mostLabels = 8

  private func makeWarnings() -> [String] {
    var warnings: [String] = []
    if let first = labels.first, labels.count <= DatasetCheck.mostLabels,
      pairs >= DatasetCheck.fewest, share(first.count) > DatasetCheck.mostFrequent
    {
      warnings.append(
        "The positive answer is '\(first.text)' in \(percent(first.count)) of the pairs: a vector "
          + "may learn that word. Balance the answers.")
    }
    for (name, longer, other) in [
      ("positive", longerPositive, longerNegative), ("negative", longerNegative, longerPositive),
    ] where pairs >= DatasetCheck.fewest && longer > other {
      let (mean, otherMean) =
        name == "positive" ? (positiveLength, negativeLength) : (negativeLength, positiveLength)
      guard share(longer) > 0.75 || mean > 1.1 * otherMean else { continue }
      warnings.append(
        "The \(name) side is longer in \(percent(longer)) of the pairs: a vector may learn length.")
    }
    let repeated = duplicates.reduce(0) { $0 + $1.count - 1 }
    if repeated > 0 {
      warnings.append(
        "\(repeated) pairs occur already (\(DatasetCheck.list(duplicates))): they count twice.")
    }
    if !nearDuplicates.isEmpty {
      warnings.append(
        "\(nearDuplicates.count) pairs are nearly the same as another "
          + "(\(DatasetCheck.list(nearDuplicates))): split may put them on different sides.")
    }
    if !withoutDifference.isEmpty {
      warnings.append(
        "\(withoutDifference.count) pairs have the same text on both sides "
          + "(\(DatasetCheck.list(withoutDifference.map { [$0] }))): they say nothing.")
    }
    return warnings
  }

  private func share(_ count: Int) -> Double { Double(count) / Double(max(1, pairs)) }
  private func percent(_ count: Int) -> String { "\(Int((share(count) * 100).rounded())) %" }

  /// The first groups of numbers: `3 and 7, 5 and 9, …`.
  private static func list(_ groups: [[Int]]) -> String {
    groups.prefix(3).map { $0.prefix(4).map { "\($0)" }.joined(separator: " and ") }
      .joined(separator: ", ") + (groups.count > 3 ? ", …" : "")
  }

  /// All of it, a line each.
  public var text: String {
    func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
    var lines = ["\(pairs) pairs (\(source))"]
    if !labels.isEmpty {
      let shown = labels.prefix(6).map { "'\($0.text)' \(percent($0.count))" }
      lines.append(
        "  positive answers: " + shown.joined(separator: ", ")
          + (labels.count > 6 ? ", \(labels.count - 6) others" : ""))
    }
    lines.append(
      "  mean length in \(unit): positive \(tenths(positiveLength)), negative "
        + "\(tenths(negativeLength)); longer: positive \(percent(longerPositive)), negative "
        + percent(longerNegative))
    lines += warnings.map { "  ! \($0)" }
    if warnings.isEmpty { lines.append("  nothing to warn of") }
    return lines.joined(separator: "\n")
  }
}

/// Texts that share most of their words.
private enum NearDuplicates {
  private static let words = 3
  private static let least = 0.8
  private static let most = 200

  /// Pairs of texts whose runs of three words are the same in four of five cases (Jaccard).
  static func pairs(of texts: [(number: Int, text: String)]) -> [[Int]] {
    let shingles = texts.map { Self.shingles($0.text) }
    var places: [UInt64: [Int]] = [:]
    for (index, set) in shingles.enumerated() {
      for shingle in set { places[shingle, default: []].append(index) }
    }
    // Runs that occur everywhere, as a question's fixed words, tell nothing apart.
    let frequent = max(20, texts.count / 20)
    var found: [[Int]] = []
    for (index, set) in shingles.enumerated() {
      let rare = set.filter { places[$0]?.count ?? 0 <= frequent }
      var shared: [Int: Int] = [:]
      for shingle in rare {
        for other in places[shingle] ?? [] where other > index { shared[other, default: 0] += 1 }
      }
      for (other, count) in shared.sorted(by: { $0.key < $1.key }) {
        let others = shingles[other].count { places[$0]?.count ?? 0 <= frequent }
        guard Double(count) >= least * Double(rare.count + others - count) else { continue }
        found.append([texts[index].number, texts[other].number])
        if found.count == most { return found }
      }
    }
    return found
  }

  private static func shingles(_ text: String) -> Set<UInt64> {
    let parts = text.split { !($0.isLetter || $0.isNumber) }
    guard parts.count >= words else { return [ContrastSet.hash(parts.joined(separator: " "))] }
    return Set(
      (0...parts.count - words)
        .map { ContrastSet.hash(parts[$0..<$0 + words].joined(separator: " ")) })
  }
}

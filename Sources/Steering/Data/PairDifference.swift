/// On which tokens the two sides of a pair differ.
public struct PairDifference: Sendable, Equatable {
  /// A run of tokens that both sides have, or that one or both have in its place.
  public struct Run: Sendable, Equatable {
    /// Positions on the positive side; empty where only the other has tokens.
    public var positive: Range<Int>
    /// Positions on the negative side.
    public var negative: Range<Int>
    /// Whether both sides have the same tokens here.
    public var isSame: Bool
  }

  /// The tokens of the positive side.
  public let positive: [Int32]
  /// The tokens of the negative side.
  public let negative: [Int32]
  /// The runs, in order; no two neighbours are alike.
  public let runs: [Run]

  /// Longest middle parts, in tokens times tokens, that are aligned; beyond, they differ as a whole.
  private static let mostWork = 4_000_000

  /// Aligns two sides: as many tokens as possible are the same (longest common subsequence).
  public init(_ positive: [Int32], _ negative: [Int32]) {
    self.positive = positive
    self.negative = negative
    let shorter = min(positive.count, negative.count)
    var head = 0
    while head < shorter, positive[head] == negative[head] { head += 1 }
    var tail = 0
    while tail < shorter - head,
      positive[positive.count - 1 - tail] == negative[negative.count - 1 - tail]
    { tail += 1 }
    var pairs = (0..<head).map { ($0, $0) }
    pairs += PairDifference.common(
      positive[head..<positive.count - tail], negative[head..<negative.count - tail])
    pairs += (0..<tail).reversed().map { (positive.count - 1 - $0, negative.count - 1 - $0) }
    runs = PairDifference.runs(pairs, positive.count, negative.count)
  }

  /// Positions of the tokens that both have, in order.
  private static func common(
    _ one: ArraySlice<Int32>, _ other: ArraySlice<Int32>
  ) -> [(Int, Int)] {
    let (rows, columns) = (one.count, other.count)
    guard rows > 0, columns > 0, rows * columns <= mostWork else { return [] }
    let (a, b) = (Array(one), Array(other))
    // lengths[i][j]: how many tokens the rests from i and from j have in common.
    let width = columns + 1
    var lengths = [Int32](repeating: 0, count: (rows + 1) * width)
    for i in (0..<rows).reversed() {
      for j in (0..<columns).reversed() {
        lengths[i * width + j] =
          a[i] == b[j]
          ? lengths[(i + 1) * width + j + 1] + 1
          : max(lengths[(i + 1) * width + j], lengths[i * width + j + 1])
      }
    }
    var pairs: [(Int, Int)] = []
    var (i, j) = (0, 0)
    while i < rows, j < columns {
      if a[i] == b[j] {
        pairs.append((one.startIndex + i, other.startIndex + j))
        (i, j) = (i + 1, j + 1)
      } else if lengths[(i + 1) * width + j] >= lengths[i * width + j + 1] {
        i += 1
      } else {
        j += 1
      }
    }
    return pairs
  }

  private static func runs(_ pairs: [(Int, Int)], _ positives: Int, _ negatives: Int) -> [Run] {
    var runs: [Run] = []
    var (i, j) = (0, 0)
    for (p, n) in pairs + [(positives, negatives)] {
      if p > i || n > j { runs.append(Run(positive: i..<p, negative: j..<n, isSame: false)) }
      (i, j) = (p, n)
      guard p < positives, n < negatives else { continue }
      if let last = runs.last, last.isSame {
        runs[runs.count - 1].positive = last.positive.lowerBound..<p + 1
        runs[runs.count - 1].negative = last.negative.lowerBound..<n + 1
      } else {
        runs.append(Run(positive: p..<p + 1, negative: n..<n + 1, isSame: true))
      }
      (i, j) = (p + 1, n + 1)
    }
    return runs
  }

  /// Positions that only the positive side has.
  public var positiveOnly: [Int] { runs.filter { !$0.isSame }.flatMap(\.positive) }
  /// Positions that only the negative side has.
  public var negativeOnly: [Int] { runs.filter { !$0.isSame }.flatMap(\.negative) }

  // MARK: Showing

  /// The sides for a terminal: what is the same once, what differs one above the other.
  ///
  /// - Parameters:
  ///   - width: Characters of a line.
  ///   - piece: The text of some tokens.
  /// - Returns: Lines: `+` before the positive side, `-` before the negative, positions in front.
  public func text(width: Int = 96, _ piece: ([Int32]) -> String) -> String {
    var lines = [
      "\(positive.count) tokens on the positive side, \(negative.count) on the negative; "
        + (positiveOnly.isEmpty && negativeOnly.isEmpty
          ? "all are the same"
          : "\(positiveOnly.count) and \(negativeOnly.count) differ")
    ]
    for run in runs {
      guard !run.isSame else {
        let shown = PairDifference.visible(piece(Array(positive[run.positive])))
        lines.append(
          line(" ", run.positive, PairDifference.shortened(shown, to: width - 10)))
        continue
      }
      for (mark, range, tokens) in [("+", run.positive, positive), ("-", run.negative, negative)]
      where !range.isEmpty {
        let pieces = tokens[range].map { "[\(PairDifference.visible(piece([$0])))]" }
        lines += wrapped(mark, range.lowerBound, pieces, width)
      }
    }
    lines.append(lastTokens(piece))
    return lines.joined(separator: "\n")
  }

  private func line(_ mark: String, _ range: Range<Int>, _ text: String) -> String {
    let number = "\(range.lowerBound)"
    let space = String(repeating: " ", count: max(0, 5 - number.count))
    return "  \(mark) \(space)\(number)  \(text)"
  }

  private func wrapped(_ mark: String, _ start: Int, _ pieces: [String], _ width: Int) -> [String] {
    var lines: [String] = []
    var (text, first) = ("", start)
    for (offset, piece) in pieces.enumerated() {
      if !text.isEmpty, text.count + piece.count > width - 11 {
        lines.append(line(mark, first..<first + 1, text))
        (text, first) = ("", start + offset)
      }
      text += piece
    }
    return lines + [line(mark, first..<first + 1, text)]
  }

  /// What the token rule `last` reads.
  private func lastTokens(_ piece: ([Int32]) -> String) -> String {
    guard let one = positive.last, let other = negative.last else { return "  (a side is empty)" }
    let (shown, otherShown) =
      (PairDifference.visible(piece([one])), PairDifference.visible(piece([other])))
    return one == other
      ? "  position 'last' reads [\(shown)] on both sides: it sees the difference only from behind it"
      : "  position 'last' reads [\(shown)] and [\(otherShown)]"
  }

  /// Line breaks and other control characters as signs.
  private static func visible(_ text: String) -> String {
    text.unicodeScalars
      .map { scalar in
        switch scalar {
        case "\n": "⏎"
        case "\t": "⇥"
        default:
          scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
            || (0x202A...0x202E).contains(scalar.value)
            || (0x2066...0x2069).contains(scalar.value)
            ? "\\u{\(String(scalar.value, radix: 16, uppercase: true))}" : String(scalar)
        }
      }
      .joined()
  }

  /// The beginning and the end of a long text.
  private static func shortened(_ text: String, to most: Int) -> String {
    guard text.count > most else { return text }
    let half = (most - 3) / 2
    return "\(text.prefix(half)) … \(text.suffix(half))"
  }
}

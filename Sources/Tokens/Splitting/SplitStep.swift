/// One of the steps in which a pre-tokenizer splits text, each the parts that the one before left.
struct SplitStep: Sendable, Hashable {
  /// What becomes of the places that a pattern finds; named as in Hugging Face's `Split`.
  enum Behavior: String, Sendable, Hashable {
    /// They are words.
    case isolated = "Isolated"
    /// They are left out.
    case removed = "Removed"
    /// Neighbouring ones are one word.
    case contiguous = "Contiguous"
    /// They end the word before them.
    case mergedWithPrevious = "MergedWithPrevious"
    /// They begin the word after them.
    case mergedWithNext = "MergedWithNext"
  }

  /// A regular expression; see ``SplitPattern``.
  var pattern: String
  var behavior = Behavior.isolated
  /// Whether the pattern finds the words, and what lies between them is treated by the behavior.
  var isInverted = false
  /// Whether the text was written in the alphabet of byte-level vocabularies by an earlier step.
  var readsByteAlphabet = false

  init(
    _ pattern: String, _ behavior: Behavior = .isolated, isInverted: Bool = false,
    readsByteAlphabet: Bool = false
  ) {
    self.pattern = pattern
    self.behavior = behavior
    self.isInverted = isInverted
    self.readsByteAlphabet = readsByteAlphabet
  }
}

/// Splits text into the words that byte-level BPE merges one by one.
struct WordSplitter: Sendable {
  private let steps: [(automaton: SplitAutomaton, step: SplitStep)]

  /// Scalars that are read for each byte of a text before the pattern is called hostile; those of
  /// the known models need less than a tenth of it for each step.
  static let patience = 64

  /// - Throws: ``TokenError`` with code `unsupportedPattern`.
  init(_ steps: [SplitStep]) throws(TokenError) {
    var compiled: [(automaton: SplitAutomaton, step: SplitStep)] = []
    for step in steps {
      compiled.append(
        (try SplitAutomaton(step.pattern, readsByteAlphabet: step.readsByteAlphabet), step))
    }
    self.steps = compiled
  }

  /// The words of a text.
  ///
  /// - Parameters:
  ///   - text: Any bytes.
  ///   - count: Length in bytes.
  ///   - words: Where each word starts and ends; what was there is replaced.
  ///   - work: Counts the scalars that are read.
  /// - Throws: ``TokenError`` with code `unsupportedPattern` if a pattern goes over the text again
  ///   and again.
  func split(
    _ text: UnsafePointer<UInt8>, _ count: Int, into words: inout [Range<Int>], work: inout Int
  ) throws(TokenError) {
    words.removeAll(keepingCapacity: true)
    words.append(0..<count)
    for (automaton, step) in steps {
      let parts = words
      words.removeAll(keepingCapacity: true)
      let limit = work + WordSplitter.patience * (count + 16)
      for part in parts {
        var joiner = WordJoiner(step.behavior)
        let isDone = automaton.split(text, part, steps: &work, limit: limit) { range, isMatch in
          joiner.take(range, isMatch != step.isInverted, into: &words)
        }
        joiner.finish(into: &words)
        guard isDone else {
          throw .unsupportedPattern(step.pattern, "goes over this text again and again")
        }
      }
    }
  }
}

/// Makes words of what a pattern found, by the behavior of the step.
private struct WordJoiner {
  private let behavior: SplitStep.Behavior
  private var wasFound: Bool?
  private var waiting: Range<Int>?

  init(_ behavior: SplitStep.Behavior) { self.behavior = behavior }

  mutating func take(_ range: Range<Int>, _ isFound: Bool, into words: inout [Range<Int>]) {
    defer { wasFound = isFound }
    switch behavior {
    case .isolated: words.append(range)
    case .removed: if !isFound { words.append(range) }
    case .contiguous:
      if wasFound == isFound { extend(&words, range) } else { words.append(range) }
    case .mergedWithPrevious:
      if isFound, wasFound == false { extend(&words, range) } else { words.append(range) }
    case .mergedWithNext:
      if isFound {
        finish(into: &words)
        waiting = range
      } else {
        words.append((waiting?.lowerBound ?? range.lowerBound)..<range.upperBound)
        waiting = nil
      }
    }
  }

  mutating func finish(into words: inout [Range<Int>]) {
    if let waiting { words.append(waiting) }
    waiting = nil
  }

  private func extend(_ words: inout [Range<Int>], _ range: Range<Int>) {
    guard let last = words.popLast() else { return }
    words.append(last.lowerBound..<range.upperBound)
  }
}

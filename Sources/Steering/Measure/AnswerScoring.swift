public import Engine
import Kernels

/// A prompt in tokens with the ways in which either answer may be given.
public struct AnswerForm: Sendable, Hashable {
  /// The prompt.
  public var prompt: [Int32]
  /// Token ids of the answer that shows the behaviour, one list for each spelling.
  public var positive: [[Int32]]
  /// Token ids of the other answer.
  public var negative: [[Int32]]

  /// Makes a form.
  public init(prompt: [Int32], positive: [[Int32]], negative: [[Int32]]) {
    self.prompt = prompt
    self.positive = positive
    self.negative = negative
  }
}

/// How likely two answers are.
public struct AnswerScore: Sendable, Hashable {
  /// log p of the answer that shows the behaviour, nats.
  public var positive: Double
  /// log p of the other one, nats.
  public var negative: Double

  /// Makes a score.
  public init(positive: Double, negative: Double) {
    self.positive = positive
    self.negative = negative
  }

  /// log p(positive) − log p(negative), nats.
  public var logOdds: Double { positive - negative }

  /// p(positive) of the two: p₊/(p₊ + p₋).
  public var probability: Double { 1 / (1 + ScalarMath.exponential(-logOdds)) }

  /// p₊ + p₋: what the model gives to either; where it falls, the other numbers say little.
  public var mass: Double { ScalarMath.exponential(positive) + ScalarMath.exponential(negative) }
}

extension Session {
  /// Scores two answers of each prompt under several variants of steering.
  ///
  /// Prompts share what they begin with alike, and variants what lies before they act; answers of one
  /// token cost the row of logits that both are read from.
  ///
  /// - Parameters:
  ///   - forms: Prompts and answers.
  ///   - variants: What acts in turn.
  ///   - common: What acts in every variant, before its own interventions.
  ///   - progress: Called with the number of forms done, each counted once for every variant.
  /// - Returns: For each variant a score for each form.
  /// - Throws: `ModelError`; what a hook throws.
  public func answerScores(
    _ forms: [AnswerForm], variants: [[any Intervention]], common: [any Intervention] = [],
    progress: (Int) throws -> Void = { _ in }
  ) throws -> [[AnswerScore]] {
    var scores = variants.map { _ in
      [AnswerScore](repeating: AnswerScore(positive: 0, negative: 0), count: forms.count)
    }
    var groups: [(answers: [[Int32]], rows: [Int])] = []
    var known: [Set<[Int32]>: Int] = [:]
    for (row, form) in forms.enumerated() {
      let answers = Set(form.positive + form.negative)
      if let group = known[answers] {
        groups[group].rows.append(row)
      } else {
        known[answers] = groups.count
        groups.append((answers.sorted { $0.lexicographicallyPrecedes($1) }, [row]))
      }
    }
    var done = 0
    for (answers, rows) in groups {
      let before = done
      let found = try score(
        rows.map { forms[$0].prompt }, completions: answers, variants: variants, common: common,
        progress: {
          done = before + $0
          try progress(done)
        })
      done = before + rows.count * variants.count
      for (variant, tensor) in found.enumerated() {
        for (index, row) in rows.enumerated() {
          func total(_ spellings: [[Int32]]) -> Double {
            logSum(
              spellings.compactMap { spelling in
                answers.firstIndex(of: spelling).map { Double(tensor.row(index)[$0]) }
              })
          }
          scores[variant][row] = AnswerScore(
            positive: total(forms[row].positive), negative: total(forms[row].negative))
        }
      }
    }
    return scores
  }
}

/// log Σ exp.
private func logSum(_ values: [Double]) -> Double {
  guard let largest = values.max(), values.count > 1, largest.isFinite else {
    return values.first ?? -.infinity
  }
  let sum = values.reduce(0.0) { $0 + ScalarMath.exponential($1 - largest) }
  return largest + ScalarMath.logarithm(sum)
}

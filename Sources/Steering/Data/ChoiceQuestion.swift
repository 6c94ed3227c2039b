public import Engine
import Tokens

/// A question with an answer that shows a behaviour and one that does not, ready to be scored.
///
/// Of a lettered question, "(A) … (B) …", there is a second form with the two answers exchanged, so
/// that a liking for a letter or a place cancels out
/// ([Tan et al. 2024](https://arxiv.org/abs/2407.12404)).
public struct ChoiceQuestion: Sendable, Hashable {
  /// A prompt and its two answers, each one token or a few.
  public struct Form: Sendable, Hashable {
    /// What the model is asked.
    public var prompt: Prompt
    /// The answer that shows the behaviour.
    public var positive: String
    /// The answer that does not.
    public var negative: String
  }

  /// The question as it was given.
  public let question: String
  /// One form, or two with the answers exchanged.
  public let forms: [Form]

  /// Reads a question.
  ///
  /// An answer such as "(A)" belongs to a line of the question that begins so; what is scored is the
  /// bare letter after "(", with which the assistant's answer is begun. Other answers, as Yes and No,
  /// are scored as the assistant's first words; with `letters` they become "(A)" and "(B)".
  ///
  /// - Parameters:
  ///   - question: The user's message.
  ///   - positive: The answer that shows the behaviour.
  ///   - negative: The other one.
  ///   - letters: Turn answers without letters into lettered ones.
  ///   - bothOrders: Whether to make the second form.
  /// - Throws: ``SteeringError`` for equal or empty answers, and for letters that the question lacks.
  public init(
    _ question: String, positive: String, negative: String, letters: Bool = false,
    bothOrders: Bool = true
  ) throws(SteeringError) {
    let (positive, negative) = (ChoiceQuestion.trimmed(positive), ChoiceQuestion.trimmed(negative))
    guard !positive.isEmpty, !negative.isEmpty, positive != negative else {
      throw SteeringError(
        .malformedFile,
        "question \"\(question.prefix(40))\": answers '\(positive)' and '\(negative)' "
          + "(expected two different ones). Correct the row.")
    }
    self.question = question
    var text = question
    var answers = [positive, negative]
    if let first = ChoiceQuestion.letter(positive), let second = ChoiceQuestion.letter(negative) {
      answers = [first, second]
    } else if letters {
      // Which answer is (A) must not depend on which one matches.
      let sorted = [positive, negative].sorted()
      text += "\n\nChoices:\n(A) \(sorted[0])\n(B) \(sorted[1])"
      answers = positive == sorted[0] ? ["A", "B"] : ["B", "A"]
    } else {
      forms = [
        Form(
          prompt: .messages([ChatMessage(role: "user", content: question)]), positive: positive,
          negative: negative)
      ]
      return
    }
    let swapped = ChoiceQuestion.exchanged(text, answers[0], answers[1])
    guard let swapped else {
      throw SteeringError(
        .malformedFile,
        "question \"\(question.prefix(40))\": answers (\(answers[0])) and (\(answers[1])) are no "
          + "lines of the question (expected lines that begin so). Correct the row.")
    }
    func form(_ text: String, _ positive: String, _ negative: String) -> Form {
      Form(
        prompt: .messages([
          ChatMessage(role: "user", content: text), ChatMessage(role: "assistant", content: "("),
        ]), positive: positive, negative: negative)
    }
    let first = form(text, answers[0], answers[1])
    forms = bothOrders ? [first, form(swapped, answers[1], answers[0])] : [first]
  }

  private static func trimmed(_ text: String) -> String {
    let end = text.reversed().drop(while: \.isWhitespace)
    return String(String(end.reversed()).drop(while: \.isWhitespace))
  }

  /// The letter of "(A)".
  static func letter(_ answer: String) -> String? {
    guard answer.count == 3, answer.first == "(", answer.last == ")" else { return nil }
    let letter = answer.dropFirst().prefix(1)
    return letter.allSatisfy(\.isLetter) ? String(letter) : nil
  }

  /// The question with the texts of two lettered answers exchanged, letters left where they are; nil
  /// where it lacks one.
  static func exchanged(_ question: String, _ first: String, _ second: String) -> String? {
    var lines = question.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    /// Where an answer's text begins, and how many lines it has.
    func answer(_ letter: String) -> (head: String, texts: [String], at: Range<Int>)? {
      let mark = "(\(letter))"
      guard
        let start = lines.firstIndex(where: { $0.drop(while: \.isWhitespace).hasPrefix(mark) })
      else { return nil }
      let indent = lines[start].prefix(while: \.isWhitespace)
      let text = lines[start].dropFirst(indent.count + mark.count)
      var end = start + 1
      while end < lines.count, !startsAnswer(lines[end]) { end += 1 }
      func isBlank(_ index: Int) -> Bool { lines[index].allSatisfy(\.isWhitespace) }
      if end == lines.count {
        // After the last answer something else may follow, such as "Answer:".
        end = (start + 1..<end).first(where: isBlank) ?? end
      }
      while end > start + 1, isBlank(end - 1) { end -= 1 }
      return (indent + mark, [String(text)] + lines[(start + 1)..<end], start..<end)
    }
    guard let one = answer(first), let other = answer(second) else { return nil }
    func joined(_ head: String, _ texts: [String]) -> [String] {
      [head + texts[0]] + texts.dropFirst()
    }
    let parts = one.at.lowerBound < other.at.lowerBound ? [one, other] : [other, one]
    lines.replaceSubrange(parts[1].at, with: joined(parts[1].head, parts[0].texts))
    lines.replaceSubrange(parts[0].at, with: joined(parts[0].head, parts[1].texts))
    return lines.joined(separator: "\n")
  }

  private static func startsAnswer(_ line: String) -> Bool {
    letter(String(line.drop(while: \.isWhitespace).prefix(3))) != nil
  }
}

/// A number from content alone, for splits that put equal rows on the same side.
public enum ContentHash {
  /// From 0 up to, not including, 1: the hash of a text's bytes (FNV-1a, mixed once more).
  public static func share(of text: String) -> Double {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    var mixer = RandomSource(seed: hash)
    return mixer.uniform()
  }
}

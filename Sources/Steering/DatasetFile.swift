import Engine
import FoundationEssentials
import Tokens

extension ContrastSet {
  /// How a file holds its rows.
  public enum Format: String, Sendable {
    /// Judged by the first character.
    case auto
    /// One JSON object a line.
    case jsonl
    /// One JSON array of objects.
    case json
  }

  /// Reads contrast pairs from the text of a file.
  ///
  /// JSON Lines, or one JSON array, of objects. Recognised layouts, told apart by their fields:
  ///
  /// - `positive`, `negative`: prompts as they are;
  /// - `question`, `answer_matching_behavior`, `answer_not_matching_behavior` (Model-Written
  ///   Evals, CAA): the question is the user's message, the answers open the assistant's reply;
  /// - `prompt`, `correct`, `incorrect` (CAA's MMLU and TruthfulQA): likewise.
  ///
  /// - Parameters:
  ///   - text: The file's content, UTF-8.
  ///   - path: Named in messages and in the set's source.
  ///   - format: How the file holds its rows.
  /// - Returns: The pairs, in the file's order.
  /// - Throws: ``SteeringError`` with code `malformedFile`, naming the line or item.
  public static func parse(
    _ text: String, path: String, format: Format = .auto
  ) throws(SteeringError) -> ContrastSet {
    let rows: [(place: String, fields: [String: JSONField])]
    let isArray =
      format == .auto ? text.drop(while: \.isWhitespace).first == "[" : format == .json
    if isArray {
      rows = try decode([[String: JSONField]].self, text, path).enumerated()
        .map {
          ("item \($0.offset + 1)", $0.element)
        }
    } else {
      var lines: [(String, [String: JSONField])] = []
      // "\r\n" is one Character; U+2028 may stand inside a JSON string, so not every newline counts.
      for (index, line)
        in text.split(
          omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r\n" }
        )
        .enumerated() where !line.allSatisfy(\.isWhitespace)
      {
        let place = "line \(index + 1)"
        lines.append(
          (place, try decode([String: JSONField].self, String(line), "\(path), \(place)")))
      }
      rows = lines
    }
    var pairs: [ContrastPair] = []
    for row in rows { pairs.append(try pair(row.fields, "\(path), \(row.place)")) }
    guard !pairs.isEmpty else {
      throw SteeringError(
        .emptyDataset, "\(path): no pairs (expected JSON Lines or a JSON array of objects).")
    }
    return ContrastSet(pairs, source: path)
  }

  private static func decode<Value: Decodable>(
    _ type: Value.Type, _ text: String, _ place: String
  ) throws(SteeringError) -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(text.utf8))
    } catch {
      throw SteeringError(
        .malformedFile,
        "\(place): not a JSON object of the expected form (expected fields of text, numbers or "
          + "booleans). Check the file's syntax.")
    }
  }

  private static func pair(
    _ fields: [String: JSONField], _ place: String
  ) throws(SteeringError) -> ContrastPair {
    let texts = fields.compactMapValues(\.text)
    if let positive = texts["positive"], let negative = texts["negative"] {
      return ContrastPair(
        positive: .text(positive), negative: .text(negative),
        fields: texts.filter { $0.key != "positive" && $0.key != "negative" })
    }
    let layouts = [
      ("question", "answer_matching_behavior", "answer_not_matching_behavior"),
      ("prompt", "correct", "incorrect"),
    ]
    for (question, matching, other) in layouts {
      guard let asked = texts[question], let good = texts[matching], let bad = texts[other] else {
        continue
      }
      // The data sets put a space before the answer; a chat template ends with a line break.
      let answers = [good, bad].map { String($0.drop(while: \.isWhitespace)) }
      var kept = texts
      kept["question"] = asked
      kept["matching"] = answers[0]
      kept["not_matching"] = answers[1]
      func prompt(_ answer: String) -> Prompt {
        .messages([
          ChatMessage(role: "user", content: asked),
          ChatMessage(role: "assistant", content: answer),
        ])
      }
      return ContrastPair(
        positive: prompt(answers[0]), negative: prompt(answers[1]), fields: kept)
    }
    let found = fields.keys.sorted().joined(separator: ", ")
    throw SteeringError(
      .malformedFile,
      "\(place): fields \(found) (expected positive and negative, or question with "
        + "answer_matching_behavior and answer_not_matching_behavior). Rename the fields.")
  }
}

/// A value of a dataset's row: text, numbers and booleans are kept as text, the rest is dropped.
private struct JSONField: Decodable {
  let text: String?

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let string = try? value.decode(String.self) {
      text = string
    } else if let number = try? value.decode(Double.self) {
      text = number == number.rounded() && abs(number) < 1e15 ? String(Int(number)) : "\(number)"
    } else if let flag = try? value.decode(Bool.self) {
      text = String(flag)
    } else {
      text = nil
    }
  }
}

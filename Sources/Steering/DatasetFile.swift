import Engine
import FoundationEssentials
import Tokens

extension ContrastSet {
  /// How a file holds its rows.
  public enum Format: String, Sendable {
    /// Judged by the path's ending, else by the first character.
    case auto
    /// One JSON object a line.
    case jsonl
    /// One JSON array of objects.
    case json
    /// Comma-separated, with a header.
    case csv
  }

  /// Reads contrast pairs from the text of a file.
  ///
  /// JSON Lines, one JSON array of objects, or CSV with a header. Recognised layouts, told apart
  /// by their fields:
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
    var pairs: [ContrastPair] = []
    for row in try rows(of: text, path, format) {
      pairs.append(try pair(row.texts, row.names, "\(path), \(row.place)"))
    }
    guard !pairs.isEmpty else {
      throw SteeringError(
        .emptyDataset,
        "\(path): no pairs (expected JSON Lines, a JSON array of objects, or CSV with a header).")
    }
    return ContrastSet(pairs, source: path)
  }

  /// A row of a file: where it stands, the fields that have a text, the names of all.
  private typealias Row = (place: String, texts: [String: String], names: [String])

  private static func rows(
    of text: String, _ path: String, _ format: Format
  ) throws(SteeringError) -> [Row] {
    if format == .csv || (format == .auto && path.lowercased().hasSuffix(".csv")) {
      return try CSVText.rows(of: text, path: path)
        .map { ("line \($0.line)", $0.fields, $0.fields.keys.sorted()) }
    }
    func row(_ place: String, _ fields: [String: JSONField]) -> Row {
      (place, fields.compactMapValues(\.text), fields.keys.sorted())
    }
    let isArray =
      format == .auto ? text.drop(while: \.isWhitespace).first == "[" : format == .json
    if isArray {
      return try decode([[String: JSONField]].self, text, path).enumerated()
        .map { row("item \($0.offset + 1)", $0.element) }
    }
    var rows: [Row] = []
    // "\r\n" is one Character; U+2028 may stand inside a JSON string, so not every newline counts.
    for (index, line)
      in text.split(
        omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r\n" }
      )
      .enumerated() where !line.allSatisfy(\.isWhitespace)
    {
      let place = "line \(index + 1)"
      rows.append(
        row(place, try decode([String: JSONField].self, String(line), "\(path), \(place)")))
    }
    return rows
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
    _ texts: [String: String], _ names: [String], _ place: String
  ) throws(SteeringError) -> ContrastPair {
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
    throw SteeringError(
      .malformedFile,
      "\(place): fields \(names.joined(separator: ", ")) (expected positive and negative, or question with "
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

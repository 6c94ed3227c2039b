import Engine
import JSON
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
  ///   - columns: Which fields are the sides, for a file with names of its own; nil to recognise a
  ///     layout.
  /// - Returns: The pairs, in the file's order.
  /// - Throws: ``SteeringError`` with code `malformedFile`, naming the line or item.
  public static func parse(
    _ text: String, path: String, format: Format = .auto, columns: Columns? = nil
  ) throws(SteeringError) -> ContrastSet {
    var pairs: [ContrastPair] = []
    for row in try rows(of: text, path, format) {
      let place = "\(path), \(row.place)"
      if let columns {
        pairs.append(try pair(row.texts, row.names, columns, place))
      } else {
        pairs.append(try pair(row.texts, row.names, place))
      }
    }
    guard !pairs.isEmpty else {
      throw SteeringError(
        .emptyDataset,
        "\(path): no pairs (expected JSON Lines, a JSON array of objects, or CSV with a header).")
    }
    return ContrastSet(pairs, source: path)
  }

  /// The fields of a file that make pairs.
  public struct Columns: Sendable {
    /// What the user asks; nil where the sides are whole texts.
    public var question: String?
    /// The positive side, or the answer that shows the behaviour.
    public var positive: String
    /// The negative side, or the other answer.
    public var negative: String

    /// Names the fields.
    public init(question: String? = nil, positive: String, negative: String) {
      self.question = question
      self.positive = positive
      self.negative = negative
    }
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
    func row(_ place: String, _ value: JSONValue) throws(SteeringError) -> Row {
      guard let fields = value.object else {
        throw SteeringError(
          .malformedFile,
          "\(path), \(place): not a JSON object (expected fields of text, numbers or booleans). "
            + "Check the file's syntax.")
      }
      return (place, fields.compactMapValues(\.fieldText), fields.keys.sorted())
    }
    // Some editors put a byte order mark before the text.
    let start = text.unicodeScalars.first == "\u{FEFF}" ? text.dropFirst() : text[...]
    let isArray =
      format == .auto ? start.drop(while: \.isWhitespace).first == "[" : format == .json
    if isArray {
      guard let items = try decode(text, path).array else {
        throw SteeringError(
          .malformedFile, "\(path): not a JSON array (expected objects). Check the file's syntax.")
      }
      var rows: [Row] = []
      for (index, item) in items.enumerated() { rows.append(try row("item \(index + 1)", item)) }
      return rows
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
      rows.append(try row(place, try decode(String(line), path, from: index + 1)))
    }
    return rows
  }

  /// Reads JSON as Python writes it; `line` is the text's first line in the file.
  private static func decode(
    _ text: String, _ path: String, from line: Int = 1
  ) throws(SteeringError) -> JSONValue {
    do throws(JSONFault) {
      return try JSONValue(parsing: Array(text.utf8), .python)
    } catch {
      throw SteeringError(
        .malformedFile,
        "\(path), line \(error.line + line - 1), column \(error.column): not JSON (expected "
          + "\(error.expected), found \(error.found)). Check the file's syntax.")
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
      return answered(asked, good, bad, texts)
    }
    throw SteeringError(
      .malformedFile,
      "\(place): fields \(names.joined(separator: ", ")) (expected positive and negative, or question with "
        + "answer_matching_behavior and answer_not_matching_behavior). Rename the fields.")
  }
}

extension ContrastSet {
  /// A pair of a file that says itself which fields are the sides.
  private static func pair(
    _ texts: [String: String], _ names: [String], _ columns: Columns, _ place: String
  ) throws(SteeringError) -> ContrastPair {
    let wanted = [columns.question, columns.positive, columns.negative].compactMap { $0 }
    if let missing = wanted.first(where: { texts[$0] == nil }) {
      throw SteeringError(
        .malformedFile,
        "\(place): no field '\(missing)' with a text (found \(names.joined(separator: ", "))). "
          + "Name the fields that the file has.")
    }
    let (positive, negative) = (texts[columns.positive] ?? "", texts[columns.negative] ?? "")
    if let question = columns.question {
      return answered(texts[question] ?? "", positive, negative, texts)
    }
    return ContrastPair(
      positive: .text(positive), negative: .text(negative),
      fields: texts.filter { $0.key != columns.positive && $0.key != columns.negative })
  }

  /// A question of the user's, with two answers that open the assistant's reply.
  private static func answered(
    _ asked: String, _ good: String, _ bad: String, _ texts: [String: String]
  ) -> ContrastPair {
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
    return ContrastPair(positive: prompt(answers[0]), negative: prompt(answers[1]), fields: kept)
  }

  // MARK: Texts that are no pairs

  /// Reads texts and what stands beside them: open questions, statements, repeng's suffixes.
  ///
  /// The formats of ``parse(_:path:format:columns:)``; JSON may also hold plain strings, and a file
  /// whose name ends in `.txt` has one text a line.
  ///
  /// - Parameters:
  ///   - text: The file's content, UTF-8.
  ///   - path: Named in messages.
  ///   - format: How the file holds its rows.
  ///   - field: Which field is the text; nil for `prompt`, `question`, `text` or `statement`,
  ///     whichever is there first.
  /// - Returns: For each row the text and the other fields.
  /// - Throws: ``SteeringError`` with code `malformedFile`, naming the line or item.
  public static func texts(
    in text: String, path: String, format: Format = .auto, field: String? = nil
  ) throws(SteeringError) -> [(text: String, fields: [String: String])] {
    if format == .auto, path.lowercased().hasSuffix(".txt") {
      return text.split(whereSeparator: \.isNewline)
        .filter { !$0.allSatisfy(\.isWhitespace) }.map { (String($0), [:]) }
    }
    if let items = (try? JSONValue(parsing: Array(text.utf8), .python))?.array {
      let strings = items.compactMap(\.string)
      if strings.count == items.count { return strings.map { ($0, [:]) } }
    }
    let names = field.map { [$0] } ?? ["prompt", "question", "text", "statement"]
    var found: [(text: String, fields: [String: String])] = []
    for row in try rows(of: text, path, format) {
      guard let name = names.first(where: { row.texts[$0] != nil }), let text = row.texts[name]
      else {
        throw SteeringError(
          .malformedFile,
          "\(path), \(row.place): fields \(row.names.joined(separator: ", ")) (expected "
            + "\(names.joined(separator: " or "))). Name the field that is the text.")
      }
      found.append((text, row.texts.filter { $0.key != name }))
    }
    return found
  }
}

extension JSONValue {
  /// A field of a dataset's row: text, numbers and booleans as text, nil for the rest.
  fileprivate var fieldText: String? {
    switch self {
    case .string(let text): text
    case .number(let number) where !number.isFinite: nil
    case .number(let number):
      number == number.rounded() && abs(number) < 1e15 ? String(Int(number)) : "\(number)"
    case .bool(let flag): String(flag)
    case .null, .array, .object: nil
    }
  }
}

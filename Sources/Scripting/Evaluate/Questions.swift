import Engine
import Steering
import Tokens

extension ModelLibrary {
  /// Declares `cast.questions`.
  func declareQuestions(in cast: HostModule) {
    cast.function("questions") { call in
      let rows = try call.argument(1, "rows")
      let options = try call.options(2)
      let letters = try options["letters"].boolean(default: false)
      let bothOrders = try options["both_orders"].boolean(default: true)
      try options.finish()
      return .list(
        try rows.questionRows()
          .map { row in
            try ChoiceQuestion(
              row.question, positive: row.positive, negative: row.negative, letters: letters,
              bothOrders: bothOrders
            )
            .item(row.category)
          })
    }
  }
}

/// The question and answers of a row of a dataset.
private struct QuestionRow {
  let question: String
  let positive: String
  let negative: String
  var category: String?
}

extension Argument {
  /// The rows of a dataset, or of a list of tables as they stand in its file.
  fileprivate func questionRows() throws -> [QuestionRow] {
    if case .object = value {
      return try object(DatasetObject.self).set.pairs
        .map { pair in
          guard let question = pair.fields["question"], let positive = pair.fields["matching"],
            let negative = pair.fields["not_matching"]
          else {
            throw bad("a dataset of questions with matching and not matching answers expected")
          }
          return QuestionRow(
            question: question, positive: positive, negative: negative,
            category: pair.fields["category"])
        }
    }
    return try list()
      .map { row in
        let fields = try row.table().fields
        func text(_ names: String...) throws -> String {
          for name in names {
            if let text = fields[name]?.text { return text }
          }
          throw row.bad("a text as \(names.map { "'\($0)'" }.joined(separator: " or ")) expected")
        }
        return QuestionRow(
          question: try text("question", "prompt"),
          positive: try text("answer_matching_behavior", "matching", "correct"),
          negative: try text("answer_not_matching_behavior", "not_matching", "incorrect"),
          category: fields["category"]?.text)
      }
  }
}

extension ChoiceQuestion {
  /// The item as a recipe sees it.
  fileprivate func item(_ category: String?) -> LuaValue {
    func fields(_ form: Form) -> [String: LuaValue] {
      [
        "prompt": LuaValue(form.prompt), "positive": .string(form.positive),
        "negative": .string(form.negative),
      ]
    }
    var item = fields(forms[0])
    item["question"] = .string(question)
    item["category"] = category.map { LuaValue.string($0) }
    if forms.count > 1 { item["swapped"] = .record(fields(forms[1])) }
    return .record(item)
  }
}

/// A question as metrics score it.
struct ScoredItem {
  /// What the recipe wrote.
  let value: LuaValue
  /// What tells the question from others; the same for both orders of its answers.
  let key: String
  /// What it asks, in all the ways in which a question may be recognised.
  let questions: Set<String>
  /// The forms, in tokens; none where the item has no answers.
  let forms: [AnswerForm]

  /// Reads `{prompt, positive, negative, swapped = {…}}`.
  init(_ argument: Argument, _ model: ModelObject, needsAnswers: Bool) throws {
    value = argument.value ?? .nil
    let fields = try argument.options()
    let question = fields["question"]
    let prompt = fields["prompt"]
    key =
      try question.value?.text
      ?? String(decoding: JSON.encode(prompt.value ?? .nil), as: UTF8.self)
    var questions: Set<String> = []
    if let asked = try? prompt.prompt() { questions.insert(ContrastPair.question(of: asked)) }
    if let text = question.value?.text {
      questions.insert(ContrastPair.question(of: .text(text)))
    }
    self.questions = questions
    guard needsAnswers || !fields["positive"].isMissing else {
      forms = []
      return
    }
    let swapped = fields["swapped"]
    forms =
      [try AnswerForm(fields, model)]
      + (swapped.isMissing ? [] : [try AnswerForm(swapped.options(), model)])
  }
}

extension AnswerForm {
  init(_ fields: OptionTable, _ model: ModelObject) throws {
    self.init(
      prompt: try model.model.tokens(of: fields["prompt"].prompt()),
      positive: try fields["positive"].answers(model),
      negative: try fields["negative"].answers(model))
    guard Set(positive).isDisjoint(with: negative) else {
      throw fields["negative"].bad("an answer that is not the positive one too expected")
    }
  }
}

extension Argument {
  /// An answer, or several spellings of one: texts, or lists of token ids.
  func answers(_ model: ModelObject) throws -> [[Int32]] {
    guard case .table? = value else { return [try answer(model)] }
    let entries = try list()
    switch entries.first?.value {
    case .bytes?, .table?: return try entries.map { try $0.answer(model) }
    default: return [try answer(model)]
    }
  }

  /// An answer in tokens: a text, or token ids.
  fileprivate func answer(_ model: ModelObject) throws -> [Int32] {
    let ids: [Int32]
    if case .table? = value {
      ids = try tokenIDs()
    } else {
      ids = try model.model.tokenizer.encode(text(), special: true)
    }
    guard !ids.isEmpty else { throw bad("at least one token expected") }
    return ids
  }
}

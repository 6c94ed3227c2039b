import Engine
import Steering
import Tokens

extension ModelLibrary {
  /// Declares `cast.dataset`.
  func declareDatasets(in cast: HostModule) {
    let dataset = cast.module("dataset")
    dataset.function("pairs") { call in
      let rows = try call.argument(1, "pairs").list()
      guard !rows.isEmpty else {
        throw try call.argument(1, "pairs").bad("at least one pair expected, got an empty list")
      }
      return .object(DatasetObject(ContrastSet(try rows.map { try DatasetObject.pair($0) })))
    }
    dataset.function("template") { call in
      let personas = try call.options(2, "personas")
      let options = try call.options(4)
      let isChat = try options["chat"].boolean(default: false)
      var suffixes = try call.argument(3, "suffixes").texts()
      let truncate = options["truncate"]
      if !truncate.isMissing {
        suffixes = try ContrastSet.beginnings(of: suffixes, truncate.tokenizer())
      }
      try options.finish()
      let set = try ContrastSet.template(
        call.argument(1, "text").text(), positive: personas["positive"].texts(),
        negative: personas["negative"].texts(), suffixes: suffixes, layout: isChat ? .chat : .text)
      try personas.finish()
      return .object(DatasetObject(set))
    }
    dataset.function("load", in: .outsideHooks) { [files] call in
      let path = try call.argument(1, "path").text()
      let options = try call.options(2)
      let format = try options.datasetFormat()
      let columns = try options.columns()
      try options.finish()
      return try orFailure {
        let text = String(decoding: try files.read(path), as: UTF8.self)
        return .object(
          DatasetObject(
            try ContrastSet.parse(text, path: path, format: format, columns: columns)))
      }
    }
    declareTexts(in: dataset)
  }

  /// Declares what reads texts that are no pairs.
  private func declareTexts(in dataset: HostModule) {
    typealias Rows = [(text: String, fields: [String: String])]
    func texts(_ call: Call, _ options: OptionTable) throws -> () throws -> Rows {
      let path = try call.argument(1, "path").text()
      let format = try options.datasetFormat()
      let field = try options["field"].isMissing ? nil : options["field"].text()
      try options.finish()
      return { [files] in
        let text = String(decoding: try files.read(path), as: UTF8.self)
        return try ContrastSet.texts(in: text, path: path, format: format, field: field)
      }
    }
    dataset.function("texts", in: .outsideHooks) { call in
      let read = try texts(call, call.options(2))
      return try orFailure { .list(try read().map { .string($0.text) }) }
    }
    dataset.function("prompts", in: .outsideHooks) { call in
      let options = try call.options(2)
      let isChat = try options["chat"].boolean(default: false)
      let read = try texts(call, options)
      return try orFailure { .list(try read().map { item($0, isChat) }) }
    }
    func item(_ row: (text: String, fields: [String: String]), _ isChat: Bool) -> LuaValue {
      var item = row.fields.mapValues { LuaValue.string($0) }
      item["prompt"] =
        isChat
        ? LuaValue(.messages([ChatMessage(role: "user", content: row.text)])) : .string(row.text)
      return .record(item)
    }
  }
}

/// Turns a failure of the world into `nil, message`; mistakes of the recipe and a denied permission
/// go on as errors.
private func orFailure(_ body: () throws -> LuaValue) throws -> LuaValue {
  do {
    return try body()
  } catch let error as SteeringError {
    return .failure(error)
  } catch let error as LuaError where error.code == .script {
    return .failure(error)
  }
}

extension OptionTable {
  fileprivate func datasetFormat() throws -> ContrastSet.Format {
    let name = try self["format"].choice(["auto", "jsonl", "json", "csv"], default: "auto")
    return ContrastSet.Format(rawValue: name) ?? .auto
  }

  /// `positive`, `negative` and `question`: names of a file's fields.
  fileprivate func columns() throws -> ContrastSet.Columns? {
    let (question, positive, negative) = (self["question"], self["positive"], self["negative"])
    if question.isMissing, positive.isMissing, negative.isMissing { return nil }
    return ContrastSet.Columns(
      question: question.isMissing ? nil : try question.text(), positive: try positive.text(),
      negative: try negative.text())
  }
}

extension Argument {
  /// The tokenizer of a model, or one alone.
  fileprivate func tokenizer() throws -> Tokenizer {
    switch value {
    case .object(let object as ModelObject)?: return object.model.tokenizer
    case .object(let object as TokenizerObject)?: return object.tokenizer
    default: throw mismatch("model or tokenizer")
    }
  }
}

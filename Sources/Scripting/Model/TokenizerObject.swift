import Engine
import Tokens

/// A tokenizer without a model, in a recipe.
final class TokenizerObject: HostObject {
  static let luaName = "tokenizer"
  let tokenizer: Tokenizer
  let source: String

  init(_ tokenizer: Tokenizer, _ source: String) {
    self.tokenizer = tokenizer
    self.source = source
  }

  static func declare(in type: ClassDeclaration<TokenizerObject>) {
    type.property("vocab_size") { .integer($0.tokenizer.count) }
    type.property("bos") { $0.tokenizer.bos.map { .integer(Int($0)) } ?? .nil }
    type.property("eos") { $0.tokenizer.eos.map { .integer(Int($0)) } ?? .nil }
    type.method("encode", in: .anywhere) { object, call in
      try encode(call, with: object.tokenizer)
    }
    type.method("decode", in: .anywhere) { object, call in
      try decode(call, with: object.tokenizer)
    }
    type.text { "tokenizer of \($0.source) (\($0.tokenizer.count) tokens)" }
  }

  /// `encode(text, {special = true, bos = false})`.
  static func encode(_ call: Call, with tokenizer: Tokenizer) throws -> LuaValue {
    let text = try call.argument(1, "text").text()
    let options = try call.options(2)
    let special = try options["special"].boolean(default: true)
    let bos = try options["bos"].boolean(default: false)
    try options.finish()
    return .list(
      try tokenizer.encode(text, special: special, addBOS: bos).map { .integer(Int($0)) })
  }

  /// `decode(ids)`: bytes, for a token may be a part of a code point.
  static func decode(_ call: Call, with tokenizer: Tokenizer) throws -> LuaValue {
    .bytes(try tokenizer.decode(try call.argument(1, "ids").tokenIDs(), special: true))
  }
}

extension ModelLibrary {
  /// Declares `cast.tokenizer`.
  func declareTokenizers(in cast: HostModule) {
    cast.function("tokenizer", in: .outsideHooks) { [files] call in
      let path = try call.argument(1, "path").text()
      do {
        if let json = try? files.openIfPresent(path + "/tokenizer.json") {
          let name = path + "/tokenizer_config.json"
          let configuration = try files.openIfPresent(name)
          return tokenizer(path, [json.path: path, configuration?.path ?? name: name]) {
            try Tokenizer(tokenizerJSON: json.path, configuration: configuration?.path)
          }
        }
        let opened = try files.openForReading(path)
        return tokenizer(path, [opened.path: path]) { try Tokenizer(checkpoint: opened.path) }
      } catch let error as LuaError where error.code != .permission {
        return .failure(error)
      }
    }
  }
}

/// A tokenizer, or nil and why it cannot be opened, files called as the recipe called them.
private func tokenizer(
  _ path: String, _ names: [String: String], _ open: () throws -> Tokenizer
) -> LuaValue {
  do {
    return .object(TokenizerObject(try open(), path))
  } catch {
    return .failure(names.reduce("\(error)") { $0.replacing($1.key, with: $1.value) })
  }
}

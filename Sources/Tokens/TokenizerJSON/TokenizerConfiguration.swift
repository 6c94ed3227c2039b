import JSON

/// What a `tokenizer_config.json` says that casthost has a use for.
public struct TokenizerConfiguration: Sendable {
  /// The text of the token before a text.
  public let bos: String?
  /// The text of the token after a text.
  public let eos: String?
  /// The text of the token for text that has none.
  public let unknown: String?
  /// The text of the token that fills up batches.
  public let padding: String?
  /// Whether ``bos`` goes before a raw text, where the class of the tokenizer heeds it.
  public let addsBOS: Bool?
  /// Whether ``eos`` goes after a raw text, where the class of the tokenizer heeds it.
  public let addsEOS: Bool?
  /// Jinja templates by name; a single one is called `default`.
  public let chatTemplates: [String: String]
  /// Tokens that may be missing in `tokenizer.json`.
  let addedTokens: [TokenizerFile.AddedToken]

  /// Classes of Transformers that put BOS and EOS around a text as this file says, whatever
  /// `tokenizer.json` does.
  private static let heeding: Set<String> = [
    "LlamaTokenizer", "CodeLlamaTokenizer", "GemmaTokenizer", "CohereTokenizer",
  ]

  /// Reads the file.
  ///
  /// - Parameter json: Its bytes.
  /// - Throws: ``TokenError`` with code `malformedTokenizer` or `unsupportedTokenizer`.
  public init(json: [UInt8]) throws(TokenError) {
    let root: JSONValue
    do throws(JSONFault) {
      root = try JSONValue(parsing: json, .python)
    } catch {
      throw TokenError(error, "tokenizer_config.json")
    }
    func token(_ name: String) -> String? { root[name]?.string ?? root[name]?["content"]?.string }
    bos = token("bos_token")
    eos = token("eos_token")
    unknown = token("unk_token")
    padding = token("pad_token")
    var name = root["tokenizer_class"]?.string ?? ""
    if name.hasSuffix("Fast") { name.removeLast(4) }
    let heeds = TokenizerConfiguration.heeding.contains(name)
    addsBOS = heeds ? root["add_bos_token"]?.bool ?? true : nil
    addsEOS = heeds ? root["add_eos_token"]?.bool ?? false : nil
    var templates: [String: String] = [:]
    if let template = root["chat_template"]?.string { templates["default"] = template }
    for entry in root["chat_template"]?.array ?? [] {
      if let name = entry["name"]?.string, let template = entry["template"]?.string {
        templates[name] = template
      }
    }
    chatTemplates = templates
    var added: [TokenizerFile.AddedToken] = []
    if let entries = root["added_tokens_decoder"]?.object {
      for (id, entry) in entries {
        guard let id = Int(id), let content = entry["content"]?.string else {
          throw .malformedTokenizer("an added token without id and content", "both of them")
        }
        added.append(try TokenizerFile.AddedToken(id: id, content: content, entry))
      }
    }
    addedTokens = added.sorted { $0.id < $1.id }
  }
}

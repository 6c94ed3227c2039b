import JSON

/// The content of a `tokenizer.json` as it is stored, nothing interpreted yet.
struct TokenizerFile: Sendable {
  /// What errors call the file.
  static let name = "tokenizer.json"
  /// Most ids without a token that the ids of a vocabulary may leave between them.
  static let mostGaps = 1 << 16
  /// The largest id.
  static let mostTokens = 1 << 24
  /// Most values, eight times what the largest file has (Gemma 3's).
  private static let mostValues = 1 << 24

  /// Everything but the model.
  private(set) var parts: [String: JSONValue] = [:]
  /// The model without its vocabulary and merges.
  private(set) var model: [String: JSONValue] = [:]
  /// The vocabulary's pieces in the order of the file.
  private(set) var pieces = PieceTable()
  /// The id of each of them.
  private(set) var ids: [Int] = []
  /// Merge rules `left right`, best first, and the length in bytes of their left halves.
  private(set) var merges = PieceTable()
  private(set) var cuts: [UInt32] = []
  private var hasVocabulary = false
  private var hasMerges = false

  /// Reads a file.
  ///
  /// - Throws: ``TokenError`` with code `malformedTokenizer`.
  init(_ bytes: UnsafeBufferPointer<UInt8>) throws(TokenError) {
    var reader = JSONReader(
      UnsafeRawBufferPointer(bytes), JSONRules(mostValues: TokenizerFile.mostValues))
    do throws(JSONFault) {
      try read(&reader)
    } catch {
      throw TokenError(error, TokenizerFile.name)
    }
  }

  private mutating func read(_ reader: inout JSONReader) throws(JSONFault) {
    try reader.beginObject()
    while try reader.nextName() {
      let name = reader.string
      guard parts[name] == nil, name != "model" || model.isEmpty else {
        throw reader.repeatedName()
      }
      if name == "model" {
        try readModel(&reader)
      } else {
        parts[name] = try reader.value()
      }
    }
    try reader.end()
    guard hasVocabulary || !model.isEmpty else {
      throw reader.fault("no model", "a vocabulary and its merges")
    }
  }

  private mutating func readModel(_ reader: inout JSONReader) throws(JSONFault) {
    try reader.beginObject()
    while try reader.nextName() {
      let name = reader.string
      let isTwice =
        model[name] != nil || (name == "vocab" && hasVocabulary) || (name == "merges" && hasMerges)
      guard !isTwice else { throw reader.repeatedName() }
      switch name {
      case "vocab":
        hasVocabulary = true
        // Another model's vocabulary is a list; its name is said later, so it is skipped here.
        if try reader.kind() == .object {
          try readVocabulary(&reader)
        } else {
          try reader.skip()
        }
      case "merges":
        hasMerges = true
        try readMerges(&reader)
      default: model[name] = try reader.value()
      }
    }
  }

  private mutating func readVocabulary(_ reader: inout JSONReader) throws(JSONFault) {
    try reader.beginObject()
    while try reader.nextName() {
      reader.text.withUnsafeBytes { pieces.append($0) }
      ids.append(try reader.wholeNumber(atMost: TokenizerFile.mostTokens - 1))
    }
  }

  private mutating func readMerges(_ reader: inout JSONReader) throws(JSONFault) {
    var line: [UInt8] = []
    try reader.beginList()
    while try reader.nextElement() {
      if try reader.kind() == .list {
        var halves = 0
        line.removeAll(keepingCapacity: true)
        try reader.beginList()
        while try reader.nextElement() {
          try reader.readString()
          halves += 1
          if halves == 2 {
            cuts.append(UInt32(truncatingIfNeeded: line.count))
            line.append(0x20)
          }
          line += reader.text
        }
        guard halves == 2 else { throw reader.fault("a merge of \(halves) parts", "two halves") }
        line.withUnsafeBytes { merges.append($0) }
      } else {
        try reader.readString()
        let text = reader.text
        guard let cut = text.firstIndex(of: 0x20), !text[(cut + 1)...].contains(0x20) else {
          throw reader.fault("a merge with \(text.count { $0 == 0x20 }) spaces", "two halves")
        }
        cuts.append(UInt32(truncatingIfNeeded: cut))
        text.withUnsafeBytes { merges.append($0) }
      }
    }
  }

  // MARK: Tokens by id

  /// A token that is looked for in the text before it is split.
  struct AddedToken: Sendable {
    var id: Int
    var content: String
    var isSpecial: Bool
    var rule: AddedTokenRule
  }

  /// The file's added tokens, in its order.
  ///
  /// - Throws: ``TokenError`` with code `malformedTokenizer` or `unsupportedTokenizer`.
  func addedTokens() throws(TokenError) -> [AddedToken] {
    var tokens: [AddedToken] = []
    for entry in parts["added_tokens"]?.array ?? [] {
      guard let id = entry["id"]?.integer, let content = entry["content"]?.string else {
        throw TokenError.malformedTokenizer(
          "an added token without id and content", "both of them")
      }
      tokens.append(try AddedToken(id: id, content: content, entry))
    }
    return tokens
  }
}

extension TokenizerFile.AddedToken {
  /// An entry of `added_tokens`, or of `added_tokens_decoder` in `tokenizer_config.json`.
  init(id: Int, content: String, _ entry: JSONValue) throws(TokenError) {
    guard (0..<TokenizerFile.mostTokens).contains(id) else {
      throw TokenError.malformedTokenizer(
        "the added token '\(content)' has the id \(id)",
        "an id from 0 to \(TokenizerFile.mostTokens - 1)")
    }
    guard entry["single_word"]?.bool != true else {
      throw TokenError.unsupportedTokenizer(
        "the added token '\(content)' is for single words", "single_word false")
    }
    self.id = id
    self.content = content
    isSpecial = entry["special"]?.bool ?? false
    rule = AddedTokenRule(
      takesSpaceBefore: entry["lstrip"]?.bool ?? false,
      takesSpaceAfter: entry["rstrip"]?.bool ?? false,
      isNormalized: entry["normalized"]?.bool ?? !isSpecial)
  }
}

extension TokenError {
  /// A file beside the weights that is no JSON, or not of its form.
  init(_ fault: JSONFault, _ file: String) {
    self.init(
      .malformedTokenizer,
      "\(file): \(fault.found) at byte \(fault.offset) (expected \(fault.expected)). "
        + "The file is damaged; fetch it again.")
  }

  /// A `tokenizer.json` that contradicts itself.
  static func malformedTokenizer(_ found: String, _ expected: String) -> TokenError {
    TokenError(
      .malformedTokenizer,
      "\(TokenizerFile.name): \(found) (expected \(expected)). "
        + "The file is damaged; fetch it again.")
  }

  /// A `tokenizer.json` that asks for what casthost does not do.
  static func unsupportedTokenizer(_ found: String, _ expected: String) -> TokenError {
    TokenError(
      .unsupportedTokenizer,
      "\(TokenizerFile.name): \(found), which is not supported (expected \(expected)). "
        + "Use a GGUF file of the model.")
  }
}

/// Which files of a repository are the model that a reference means.
enum HubSelection: Hashable {
  /// A GGUF file, or all parts of a split one in order.
  case gguf([String])
  /// A folder with safetensors: its configuration and tokenizer. Which files have the weights is for
  /// the index to say, if there is one.
  case folder([String], index: String?)

  static let indexName = "model.safetensors.index.json"
  static let weightsName = "model.safetensors"
  private static let needed = ["config.json", "tokenizer.json"]
  private static let wanted = [
    "tokenizer_config.json", "chat_template.jinja", "chat_template.json", "generation_config.json",
    "special_tokens_map.json",
  ]

  /// Chooses.
  ///
  /// - Parameters:
  ///   - reference: Names a file, or leaves the choice.
  ///   - files: What there is, by path.
  /// - Throws: ``ModelStoreError`` with code `unknownModel` for a file that is not there, or
  ///   `unsupportedReference` where there is no one model; the message lists the GGUF files.
  init(_ reference: HubReference, among files: [String: HubFile]) throws(ModelStoreError) {
    if let file = reference.file {
      self = .gguf(try Self.parts(of: file, reference, files))
      return
    }
    let models = Self.firstParts(files)
    if models.count == 1 {
      self = .gguf(try Self.parts(of: models[0], reference, files))
      return
    }
    guard files[Self.indexName] != nil || files[Self.weightsName] != nil else {
      throw Self.choice(reference, models, files)
    }
    if let missing = Self.needed.first(where: { files[$0] == nil }) {
      throw ModelStoreError(
        .unsupportedReference,
        "\(reference): no \(missing) beside its weights, which casthost reads. "
          + "Use a repository that has it, or one with a GGUF file.")
    }
    let index = files[Self.indexName] == nil ? nil : Self.indexName
    self = .folder(
      Self.needed + Self.wanted.filter { files[$0] != nil }
        + (index == nil ? [Self.weightsName] : []), index: index)
  }

  /// The GGUF files, of a split one its first part, in sorted order; what goes with the images of a
  /// model is none.
  static func firstParts(_ files: [String: HubFile]) -> [String] {
    files.keys
      .filter { path in
        let name = path.split(separator: "/").last?.lowercased() ?? ""
        guard name.hasSuffix(".gguf"), !name.hasPrefix("mmproj") else { return false }
        return SplitName(path).map { $0.number == 1 } ?? true
      }
      .sorted()
  }

  /// All parts of a file.
  private static func parts(
    of file: String, _ reference: HubReference, _ files: [String: HubFile]
  ) throws(ModelStoreError) -> [String] {
    guard file.lowercased().hasSuffix(".gguf") else {
      throw ModelStoreError(
        .unsupportedReference,
        "\(reference): no GGUF file. Name one, or leave the file out to take the repository's "
          + "safetensors.")
    }
    guard files[file] != nil else { throw choice(reference, firstParts(files), files) }
    guard let split = SplitName(file) else { return [file] }
    let parts = split.all
    guard let missing = parts.first(where: { files[$0] == nil }) else { return parts }
    throw ModelStoreError(
      .unknownModel, "\(reference): one of its parts is missing, \(missing). Use another file.")
  }

  /// Says what can be chosen.
  private static func choice(
    _ reference: HubReference, _ models: [String], _ files: [String: HubFile]
  ) -> ModelStoreError {
    let named = reference.file == nil
    guard !models.isEmpty else {
      return ModelStoreError(
        named ? .unsupportedReference : .unknownModel,
        "\(reference): the repository has neither a GGUF file nor \(weightsName). "
          + "Use a repository that has one.")
    }
    let most = 20
    let shown = models.prefix(most)
      .map { path in
        let parts = SplitName(path)?.all ?? [path]
        let sizes = parts.compactMap { files[$0]?.size }
        let size = sizes.reduce(0) { $0.addingReportingOverflow($1).partialValue }
        return sizes.count == parts.count ? "\(path) (\(ByteCount(size)))" : path
      }
    let rest = models.count > most ? " and \(models.count - most) more" : ""
    return ModelStoreError(
      named ? .unsupportedReference : .unknownModel,
      "\(reference): \(named ? "has several models" : "no such file"). "
        + "Write hf:\(reference.repository)\(reference.revision.map { "@" + $0 } ?? ""):FILE with "
        + "one of: \(shown.joined(separator: ", "))\(rest).")
  }
}

/// The name of a part of a split GGUF file: `model-00001-of-00003.gguf`.
struct SplitName {
  private let stem: Substring
  /// Which part it is, from 1.
  let number: Int
  private let count: Int

  /// Reads a name; nil for a file in one piece.
  init?(_ path: String) {
    guard path.hasSuffix(".gguf") else { return nil }
    let words = path.dropLast(5).split(separator: "-", omittingEmptySubsequences: false)
    guard words.count > 3, words[words.count - 2] == "of",
      let count = Self.number(words[words.count - 1]),
      let number = Self.number(words[words.count - 3]), number <= count
    else { return nil }
    self.number = number
    self.count = count
    stem = path.dropLast(5 + 15)
  }

  /// The names of all parts.
  var all: [String] {
    (1...count).map { "\(stem)-\(Self.digits($0))-of-\(Self.digits(count)).gguf" }
  }

  private static func number(_ word: Substring) -> Int? {
    guard word.utf8.count == 5, let value = Int(word), value > 0 else { return nil }
    return value
  }

  private static func digits(_ number: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: 5 - text.count) + text
  }
}

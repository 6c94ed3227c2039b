import Checkpoint
public import Tokens
import Transformer

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension Tokenizer {
  /// Reads the tokenizer of a GGUF checkpoint, with or without weights.
  ///
  /// - Throws: `CheckpointError`, `ModelError` or `TokenError`, one sentence with the remedy.
  public convenience init(checkpoint path: String) throws {
    try self.init(Vocabulary(GGUF.open(path)))
  }

  /// Reads the tokenizer of a GGUF checkpoint or of a Hugging Face directory.
  ///
  /// - Parameter path: A GGUF file, with or without weights, or a folder with `tokenizer.json` and,
  ///   if there is one, `tokenizer_config.json`.
  /// - Returns: The same tokenizer for both.
  /// - Throws: `CheckpointError`, `ModelError` or `TokenError`, one sentence with the remedy.
  public static func open(_ path: String) throws -> Tokenizer {
    guard isReadable(path + "/.") else { return try Tokenizer(checkpoint: path) }
    let configuration = "\(path)/tokenizer_config.json"
    return try Tokenizer(
      tokenizerJSON: "\(path)/tokenizer.json",
      configuration: isReadable(configuration) ? configuration : nil)
  }

  /// Reads the tokenizer of a Hugging Face directory.
  ///
  /// - Parameters:
  ///   - tokenizerJSON: Path of a `tokenizer.json`.
  ///   - configuration: Path of a `tokenizer_config.json`, if there is one.
  /// - Throws: `CheckpointError` or `TokenError`, one sentence with the remedy.
  public convenience init(tokenizerJSON: String, configuration: String?) throws {
    try self.init(
      Vocabulary(
        tokenizerJSON: MappedFile(tokenizerJSON).text,
        configuration: configuration.map { try TokenizerConfiguration(json: MappedFile($0).text) }))
  }
}

/// Whether there is something that may be read.
private func isReadable(_ path: String) -> Bool { access(path, R_OK) == 0 }

extension MappedFile {
  /// All bytes.
  fileprivate var text: [UInt8] { Array(UnsafeRawBufferPointer(start: base, count: count)) }
}

extension Vocabulary {
  /// Reads the `tokenizer.ggml.*` keys of a checkpoint.
  ///
  /// - Throws: `CheckpointError` for a missing or mistyped key; `TokenError` for a tokenizer model
  ///   or pre-tokenizer that casthost does not know.
  init(_ checkpoint: GGUF) throws {
    let metadata = checkpoint.metadata
    func key(_ name: String) -> String { "tokenizer.ggml.\(name)" }
    func table(_ strings: ByteStrings) -> PieceTable {
      var table = PieceTable(reserving: strings.count, byteCount: strings.count * 8)
      for index in 0..<strings.count { table.append(strings[index]) }
      return table
    }
    func missing(_ name: String) -> CheckpointError {
      CheckpointError(
        .missingKey,
        "\(checkpoint.path): metadata key \(key(name)) is missing. Convert the checkpoint again.")
    }
    guard let tokens = try metadata.optionalStrings(key("tokens")) else { throw missing("tokens") }
    let kinds = try metadata.optionalIntegers(key("token_type")) ?? []
    let name = try metadata.string(key("model"))
    switch name {
    case "gpt2":
      guard let merges = try metadata.optionalStrings(key("merges")) else {
        throw missing("merges")
      }
      let pre = try PreTokenizer(named: metadata.optionalString(key("pre")))
      self.init(model: .bytePair(pre), pieces: table(tokens), merges: table(merges))
    case "llama":
      guard let scores = try metadata.optionalFloats(key("scores")) else {
        throw missing("scores")
      }
      self.init(model: .sentencePiece, pieces: table(tokens), scores: scores)
    default:
      throw ModelError(
        .unsupported,
        "\(checkpoint.path): tokenizer model '\(name)' is not supported (expected gpt2 or llama). "
          + "Use a checkpoint of a supported family.")
    }
    self.kinds = kinds.map { Kind(rawValue: UInt8(clamping: $0)) ?? .undefined }
    func id(_ name: String) throws -> Int32? {
      try metadata.optionalInt(key(name + "_token_id")).flatMap { Int32(exactly: $0) }
    }
    bos = try id("bos")
    eos = try id("eos")
    eot = try id("eot")
    unknown = try id("unknown")
    padding = try id("padding")
    addsBOS = try metadata.optionalBool(key("add_bos_token")) ?? addsBOS
    addsEOS = try metadata.optionalBool(key("add_eos_token")) ?? addsEOS
    addsSpacePrefix = try metadata.optionalBool(key("add_space_prefix")) ?? addsSpacePrefix
    let title = try metadata.optionalString("general.name")?.lowercased() ?? ""
    if title.contains("phi-3") || title.contains("phi3") { stripSpaceAsPhi3() }
  }

  /// The special tokens of Phi-3 swallow the white space after them, which GGUF does not say.
  private mutating func stripSpaceAsPhi3() {
    let others = ["<unk>", "<s>", "<|endoftext|>"].map { Array($0.utf8) }
    // The two lists may differ in length; that is found out later.
    stripsSpaceAfter = kinds.prefix(pieces.count).indices
      .filter { id in
        [.control, .userDefined, .unknown].contains(kinds[id])
          && !others.contains(Array(pieces[id]))
      }
      .map { Int32($0) }
  }
}

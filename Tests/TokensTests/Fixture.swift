import Checkpoint
import Foundation
import Synchronization
import TestSupport
import Tokens

/// A real vocabulary: of a checkpoint in the user's cache, or of the shared material.
enum Fixture: String, CaseIterable {
  case smolLM2, qwen, gemma, gpt2, llamaBPE, llamaSPM, phi3, qwen2

  /// The GGUF file, or nil where it is absent.
  var path: String? {
    switch self {
    case .smolLM2: RealModel.smolLM2
    case .qwen: RealModel.qwen
    case .gemma: RealModel.gemma
    case .gpt2: Fixture.shared("vocab/ggml-vocab-gpt-2.gguf")
    case .llamaBPE: Fixture.shared("vocab/ggml-vocab-llama-bpe.gguf")
    case .llamaSPM: Fixture.shared("vocab/ggml-vocab-llama-spm.gguf")
    case .phi3: Fixture.shared("vocab/ggml-vocab-phi-3.gguf")
    case .qwen2: Fixture.shared("vocab/ggml-vocab-qwen2.gguf")
    }
  }

  /// The fixtures whose files are there.
  static let present = allCases.filter { $0.path != nil }

  /// Whether pieces may be any bytes.
  var isByteLevel: Bool { ![.gemma, .llamaSPM, .phi3].contains(self) }

  /// A tokenizer of the file's vocabulary, opened once for all tests.
  func tokenizer() throws -> Tokenizer {
    try Fixture.opened.withLock { opened in
      if let tokenizer = opened[self] { return tokenizer }
      let tokenizer = try Tokenizer(Vocabulary(GGUF.open(path ?? "")))
      opened[self] = tokenizer
      return tokenizer
    }
  }

  private static let opened = Mutex<[Fixture: Tokenizer]>([:])

  /// A path in the shared material, or nil where it is absent.
  static func shared(_ path: String) -> String? {
    guard let file = Shared.folder?.appendingPathComponent(path).path,
      FileManager.default.fileExists(atPath: file)
    else { return nil }
    return file
  }
}

extension Vocabulary {
  /// The vocabulary of a GGUF file.
  init(_ file: GGUF) throws {
    let key = "tokenizer.ggml."
    let metadata = file.metadata
    let isSentencePiece = try metadata.string(key + "model") == "llama"
    let model: Model =
      isSentencePiece
      ? .sentencePiece : .bytePair(try PreTokenizer(named: metadata.optionalString(key + "pre")))
    self.init(
      model: model, pieces: PieceTable(try metadata.optionalStrings(key + "tokens")),
      kinds: (try metadata.optionalIntegers(key + "token_type") ?? [])
        .map {
          Kind(rawValue: UInt8(clamping: $0)) ?? .undefined
        },
      scores: try metadata.optionalFloats(key + "scores") ?? [],
      merges: PieceTable(try metadata.optionalStrings(key + "merges")))
    func id(_ name: String) throws -> Int32? {
      try metadata.optionalInt("\(key)\(name)_token_id").flatMap { Int32(exactly: $0) }
    }
    (bos, eos, eot, unknown) = (try id("bos"), try id("eos"), try id("eot"), try id("unknown"))
    addsBOS = try metadata.optionalBool(key + "add_bos_token") ?? addsBOS
    addsSpacePrefix = try metadata.optionalBool(key + "add_space_prefix") ?? addsSpacePrefix
  }

  /// A byte-level vocabulary of the 256 bytes, each its own id, what the merges make, and control tokens.
  ///
  /// - Parameters:
  ///   - merges: `left right` in the alphabet of GPT-2.
  ///   - control: Control tokens, which come last.
  ///   - userDefined: User-defined tokens, which come after those.
  ///   - preTokenizer: How text is split.
  /// - Returns: A vocabulary that encodes every text.
  static func bytePairs(
    merges: [String] = [], control: [String] = [], userDefined: [String] = [],
    _ preTokenizer: PreTokenizer = .gpt2
  ) -> Vocabulary {
    let pieces = TinyVocabulary.bytePairs.tokens[3..<259] + merges.map { $0.filter { $0 != " " } }
    var unique: [String] = []
    for piece in pieces where !unique.contains(piece) { unique.append(piece) }
    return Vocabulary(
      model: .bytePair(preTokenizer), pieces: PieceTable(unique + control + userDefined),
      kinds: unique.map { _ in .normal } + control.map { _ in .control }
        + userDefined.map { _ in .userDefined },
      merges: PieceTable(merges))
  }
}

extension PieceTable {
  /// The strings of a GGUF file; none if the key is missing.
  init(_ strings: ByteStrings?) {
    self.init()
    for string in strings.map(Array.init) ?? [] { append(string) }
  }
}

/// How a family of byte-level BPE vocabularies splits text into words before merging.
public enum PreTokenizer: String, Sendable, Hashable, CaseIterable {
  /// GPT-2.
  case gpt2 = "gpt-2"
  /// Llama 3: up to three digits are a word.
  case llama3 = "llama-bpe"
  /// Qwen 2 and 2.5: every digit is a word.
  case qwen2 = "qwen2"
  /// SmolLM: as GPT-2, but every digit is a word.
  case smolLM = "smollm"

  /// The pre-tokenizer of a checkpoint.
  ///
  /// - Parameter name: GGUF's `tokenizer.ggml.pre`.
  /// - Throws: ``TokenError`` with code `unknownPreTokenizer`, which names the known ones.
  public init(named name: String?) throws(TokenError) {
    if let name, let known = PreTokenizer(rawValue: name) {
      self = known
      return
    }
    let known = PreTokenizer.allCases.map(\.rawValue).joined(separator: ", ")
    throw TokenError(
      .unknownPreTokenizer,
      "tokenizer.ggml.pre: \(name.map { "'\($0)'" } ?? "missing") (expected one of \(known)). "
        + "Use a model of one of these families.")
  }
}

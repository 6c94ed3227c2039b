import Tokens
import Transformer

extension Tokenizer {
  /// Reads the tokenizer of a folder in the layout of Hugging Face.
  ///
  /// - Throws: `ModelError` with code `unsupported`.
  convenience init(huggingFaceFolder path: String) throws {
    throw ModelError(
      .unsupported,
      "\(path)/tokenizer.json: tokenizers of this form are not supported yet. "
        + "Use a checkpoint in GGUF.")
  }
}

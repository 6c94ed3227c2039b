import Checkpoint

/// A tokenizer of a few hundred tokens that encodes every text, as llama.cpp stores it.
public struct TinyVocabulary: Sendable {
  /// `tokenizer.ggml.model`: `gpt2` for byte pairs, `llama` for SentencePiece.
  public let model: String
  /// `tokenizer.ggml.pre`: the pre-tokenizer.
  public let pre: String
  /// The pieces; a token's id is its index.
  public let tokens: [String]
  /// What each token is: 1 normal, 2 unknown, 3 control, 6 byte.
  public let kinds: [Int32]
  /// Pairs of pieces to merge, best first; byte pairs only.
  public let merges: [String]
  /// Log-probabilities of the pieces; SentencePiece only.
  public let scores: [Float]

  /// `<|endoftext|>`, `<|im_start|>`, `<|im_end|>`, the 256 bytes of GPT-2's alphabet, and merges.
  public static let bytePairs: TinyVocabulary = {
    let special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    let merges = [
      "Ġ t", "Ġ a", "h e", "i n", "r e", "o n", "e r", "Ġt he", "a t", "o u", "Ġ s", "Ġ w", "e n",
      "i s", "Ġ c", "o r", "i t", "e s", "a n", "in g", "Ġ Y", "es s", "l l", "Ġa n", "Ġan d",
      "s t", "Ġ i", "Ġ N", "Ġ p", "u s", "us er", "Ċ Ċ", "0 0", "ĠY es", "ĠN o", "Y es", "N o",
    ]
    let pieces = merges.map { $0.filter { $0 != " " } }
    let bytes = (0..<256).map { String(alphabet($0)) }
    return TinyVocabulary(
      model: "gpt2", pre: "smollm", tokens: special + bytes + pieces,
      kinds: special.map { _ in 3 } + (bytes + pieces).map { _ in 1 }, merges: merges, scores: [])
  }()

  /// `<pad>`, `<eos>`, `<bos>`, `<unk>`, the ChatML marks, 256 byte tokens, and pieces with scores.
  public static let sentencePiece: TinyVocabulary = {
    let special = ["<pad>", "<eos>", "<bos>", "<unk>", "<|im_start|>", "<|im_end|>"]
    let digits = Array("0123456789ABCDEF")
    let bytes = (0..<256).map { "<0x\(digits[$0 / 16])\(digits[$0 % 16])>" }
    let letters = "▁abcdefghijklmnopqrstuvwxyzYN.,".map { String($0) }
    let pieces = ["▁the", "▁t", "▁a", "he", "in", "re", "on", "er", "ing", "▁Yes", "▁No", "es"]
    let kinds: [Int32] =
      [3, 3, 3, 2, 3, 3] + bytes.map { _ in 6 } + (pieces + letters).map { _ in 1 }
    let scores: [Float] =
      (special + bytes).map { _ in 0 } + (pieces + letters).indices.map { -Float($0) }
    return TinyVocabulary(
      model: "llama", pre: "default", tokens: special + bytes + pieces + letters, kinds: kinds,
      merges: [], scores: scores)
  }()

  /// Sets the tokenizer's keys.
  func set(_ writer: inout GGUFWriter) {
    writer.set("tokenizer.ggml.model", model)
    writer.set("tokenizer.ggml.pre", pre)
    writer.set("tokenizer.ggml.tokens", tokens)
    if !scores.isEmpty { writer.set("tokenizer.ggml.scores", scores) }
    writer.set("tokenizer.ggml.token_type", kinds)
    if !merges.isEmpty { writer.set("tokenizer.ggml.merges", merges) }
    let isBytePairs = model == "gpt2"
    writer.set("tokenizer.ggml.bos_token_id", UInt32(isBytePairs ? 1 : 2))
    writer.set("tokenizer.ggml.eos_token_id", UInt32(isBytePairs ? 2 : 1))
    writer.set("tokenizer.ggml.unknown_token_id", UInt32(isBytePairs ? 0 : 3))
    writer.set("tokenizer.ggml.padding_token_id", UInt32(isBytePairs ? 2 : 0))
    writer.set("tokenizer.ggml.add_bos_token", !isBytePairs)
    writer.set("tokenizer.ggml.add_space_prefix", false)
    writer.set(
      "tokenizer.chat_template",
      "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' "
        + "+ message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")
  }

  /// GPT-2's printable stand-in for a byte: itself where it prints, else one from U+0100 on.
  private static func alphabet(_ byte: Int) -> Unicode.Scalar {
    func prints(_ byte: Int) -> Bool {
      (33...126).contains(byte) || (161...172).contains(byte) || (174...255).contains(byte)
    }
    let code = prints(byte) ? byte : 256 + (0..<byte).filter { !prints($0) }.count
    return Unicode.Scalar(UInt32(code)) ?? "?"
  }
}

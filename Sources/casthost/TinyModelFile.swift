import Checkpoint
import Engine
import Foundation
import Kernels
import ModelStore

/// A random model of two blocks that is made in milliseconds, the same one every time: for tests of
/// recipes, which need a model but not what it has learnt.
struct TinyModelFile {
  static let name = "tiny"
  private static let width = 64
  private static let feedForwardWidth = 96
  private static let heads = 4
  private static let keyHeads = 2
  private static let blocks = 2
  private static let tokens = special + (0..<256).map { String(letter(UInt32($0))) } + pieces
  private static let special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
  private static let merges = [
    "Ġ t", "Ġ a", "h e", "i n", "r e", "o n", "e r", "Ġt he", "a t", "Ġ s", "Ġ w", "e n", "i s",
    "Y e", "Ye s", "N o", "ĠY es", "Ġ Y", "Ġ N", "ĠN o",
  ]
  private static let pieces = merges.map { $0.filter { $0 != " " } }

  /// The opened model, and the SHA-256 of its file, which is gone already.
  static func open(lanes: Lanes) throws -> (model: Model, hash: String) {
    let name = "casthost-\(TinyModelFile.name)-\(UUID().uuidString).gguf"
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(name)
    try writer().write(to: file.path)
    // The mapping outlives the name, and nothing stays behind, however the process ends.
    defer { try? FileManager.default.removeItem(at: file) }
    let model = try Model(path: file.path, name: TinyModelFile.name, lanes: lanes)
    return (model, try sha256(of: file))
  }

  private static func writer() -> GGUFWriter {
    var writer = GGUFWriter()
    writer.set("general.architecture", "llama")
    writer.set("general.name", name)
    for (key, value) in [
      ("block_count", blocks), ("context_length", 1024), ("embedding_length", width),
      ("feed_forward_length", feedForwardWidth), ("attention.head_count", heads),
      ("attention.head_count_kv", keyHeads), ("vocab_size", tokens.count),
      ("rope.dimension_count", width / heads),
    ] { writer.set("llama." + key, UInt32(value)) }
    writer.set("llama.attention.layer_norm_rms_epsilon", Float(1e-6))
    writer.set("llama.rope.freq_base", Float(10_000))
    setTokenizer(&writer)
    addTensors(&writer)
    return writer
  }

  private static func setTokenizer(_ writer: inout GGUFWriter) {
    writer.set("tokenizer.ggml.model", "gpt2")
    writer.set("tokenizer.ggml.pre", "smollm")
    writer.set("tokenizer.ggml.tokens", tokens)
    // 3 is a control token, 1 an ordinary one.
    writer.set(
      "tokenizer.ggml.token_type", tokens.indices.map { Int32($0 < special.count ? 3 : 1) })
    writer.set("tokenizer.ggml.merges", merges)
    writer.set("tokenizer.ggml.bos_token_id", UInt32(1))
    writer.set("tokenizer.ggml.eos_token_id", UInt32(2))
    writer.set("tokenizer.ggml.add_bos_token", false)
    writer.set(
      "tokenizer.chat_template",
      "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' "
        + "+ message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")
  }

  private static func addTensors(_ writer: inout GGUFWriter) {
    var random = RandomSource(seed: 1)
    func numbers(_ count: Int, around center: Float, limit: Float) -> [Float] {
      (0..<count).map { _ in center + limit * Float(2 * random.uniform() - 1) }
    }
    func vector(_ name: String) {
      writer.add(name, shape: [width], floats: numbers(width, around: 1, limit: 0.2))
    }
    func matrix(_ name: String, _ rows: Int, _ columns: Int) {
      // Rows of about unit length keep the residual stream near one.
      let limit = (3 / Float(columns)).squareRoot()
      writer.add(
        name, shape: [rows, columns], floats: numbers(rows * columns, around: 0, limit: limit))
    }
    let keyWidth = width / heads * keyHeads
    matrix("token_embd.weight", tokens.count, width)
    for block in 0..<blocks {
      let at = "blk.\(block)."
      vector(at + "attn_norm.weight")
      matrix(at + "attn_q.weight", width, width)
      matrix(at + "attn_k.weight", keyWidth, width)
      matrix(at + "attn_v.weight", keyWidth, width)
      matrix(at + "attn_output.weight", width, width)
      vector(at + "ffn_norm.weight")
      matrix(at + "ffn_gate.weight", feedForwardWidth, width)
      matrix(at + "ffn_up.weight", feedForwardWidth, width)
      matrix(at + "ffn_down.weight", width, feedForwardWidth)
    }
    vector("output_norm.weight")
    matrix("output.weight", tokens.count, width)
  }

  /// GPT-2's printable stand-in for a byte: itself where it prints, else one from U+0100 on.
  private static func letter(_ byte: UInt32) -> Unicode.Scalar {
    func prints(_ byte: UInt32) -> Bool {
      (33...126).contains(byte) || (161...172).contains(byte) || (174...255).contains(byte)
    }
    let code = prints(byte) ? byte : 256 + UInt32((0..<byte).count { !prints($0) })
    return Unicode.Scalar(code) ?? "?"
  }
}

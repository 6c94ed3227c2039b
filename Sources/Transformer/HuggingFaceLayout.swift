/// How Hugging Face's checkpoints of a family are laid out, as far as it differs from GGUF.
///
/// Tensors are asked for by GGUF's names; a `#` stands for the number of a block, an `@` for that
/// of an expert or a head.
struct HuggingFaceLayout: Sendable, Hashable {
  /// Values of `model_type`.
  let types: [String]
  /// The names that weights have here, without `.weight` and `.bias`.
  let names: [String: String]
  /// What is added to the weights of root-mean-square norms.
  let normOffset: Float
  /// Matrices of the blocks are `[inputs, outputs]`.
  let isTransposed: Bool
  /// The rows of fused queries, keys and values are those of the first head, then the next.
  let interleavesHeads: Bool

  init(
    _ types: String..., names: [String: String] = [:], normOffset: Float = 0,
    isTransposed: Bool = false, interleavesHeads: Bool = false
  ) {
    self.types = types
    self.names = names.merging(HuggingFaceLayout.common) { own, _ in own }
    self.normOffset = normOffset
    self.isTransposed = isTransposed
    self.interleavesHeads = interleavesHeads
  }

  /// The name of a tensor that GGUF calls `name`, or nil where the family has no such tensor.
  func name(of name: String) -> String? {
    guard let dot = name.lastIndex(of: ".") else { return nil }
    var parts = name[..<dot].split(separator: ".").map(String.init)
    var numbers: [String] = []
    for (index, part) in parts.enumerated() where Int(part) != nil {
      parts[index] = numbers.isEmpty ? "#" : "@"
      numbers.append(part)
    }
    guard let template = names[parts.joined(separator: ".")] else { return nil }
    var result = ""
    for character in template {
      switch character {
      case "#": result += numbers[0]
      case "@": result += numbers[1]
      default: result.append(character)
      }
    }
    return result + name[dot...]
  }

  /// Tensors that some tools write and no model needs.
  static func isIgnored(_ name: String) -> Bool {
    [".rotary_emb.inv_freq", ".attn.bias", ".masked_bias", ".attention.bias"]
      .contains { name.hasSuffix($0) }
  }

  /// The names that most families share.
  private static let common = [
    "token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head",
    "blk.#.attn_norm": "model.layers.#.input_layernorm",
    "blk.#.attn_q": "model.layers.#.self_attn.q_proj",
    "blk.#.attn_k": "model.layers.#.self_attn.k_proj",
    "blk.#.attn_v": "model.layers.#.self_attn.v_proj",
    "blk.#.attn_output": "model.layers.#.self_attn.o_proj",
    "blk.#.attn_q_norm": "model.layers.#.self_attn.q_norm",
    "blk.#.attn_k_norm": "model.layers.#.self_attn.k_norm",
    "blk.#.ffn_norm": "model.layers.#.post_attention_layernorm",
    "blk.#.ffn_gate": "model.layers.#.mlp.gate_proj",
    "blk.#.ffn_up": "model.layers.#.mlp.up_proj",
    "blk.#.ffn_down": "model.layers.#.mlp.down_proj",
    "blk.#.ffn_gate_inp": "model.layers.#.mlp.gate",
    "blk.#.ffn_gate.@": "model.layers.#.mlp.experts.@.gate_proj",
    "blk.#.ffn_up.@": "model.layers.#.mlp.experts.@.up_proj",
    "blk.#.ffn_down.@": "model.layers.#.mlp.experts.@.down_proj",
  ]
}

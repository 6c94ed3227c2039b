import Kernels

extension Architecture {
  /// The families that the decoder runs.
  public static let known: [Architecture] = [
    // Llama 1 to 3, SmolLM, Mistral and Mixtral; converters to GGUF permute Q and K so that pairs
    // are neighbours.
    Architecture(
      "llama",
      HuggingFaceLayout(
        "llama", "mistral", "mixtral",
        names: [
          "blk.#.ffn_gate_inp": "model.layers.#.block_sparse_moe.gate",
          "blk.#.ffn_gate.@": "model.layers.#.block_sparse_moe.experts.@.w1",
          "blk.#.ffn_up.@": "model.layers.#.block_sparse_moe.experts.@.w3",
          "blk.#.ffn_down.@": "model.layers.#.block_sparse_moe.experts.@.w2",
        ])
    ) { $0.pairing = .interleaved },
    Architecture("qwen2", HuggingFaceLayout("qwen2")) { $0.biases = .attention },
    Architecture("qwen3", HuggingFaceLayout("qwen3")) { $0.queryKeyNorm = .heads },
    Architecture("qwen3moe", HuggingFaceLayout("qwen3_moe")) { $0.queryKeyNorm = .heads },
    Architecture("gemma", HuggingFaceLayout("gemma", normOffset: 1)) {
      $0.activation = .geluTanh
      $0.embeddingScale = .squareRootOfWidth
    },
    Architecture(
      "gemma2", HuggingFaceLayout("gemma2", names: .betweenNorms, normOffset: 1)
    ) {
      $0.hasPostNorms = true
      $0.activation = .geluTanh
      $0.embeddingScale = .squareRootOfWidth
      $0.windows = .allButEvery(2)
      $0.window = 4096
      $0.blocksScaledByWidth = 46
    },
    Architecture(
      "gemma3", HuggingFaceLayout("gemma3_text", names: .betweenNorms, normOffset: 1)
    ) {
      $0.queryKeyNorm = .heads
      $0.hasPostNorms = true
      $0.activation = .geluTanh
      $0.embeddingScale = .squareRootOfWidth
      $0.windows = .allButEvery(6)
      $0.windowedRotaryBase = 10_000
      $0.blocksScaledByWidth = 62
    },
    Architecture(
      "phi3",
      HuggingFaceLayout(
        "phi3",
        names: [
          "blk.#.attn_qkv": "model.layers.#.self_attn.qkv_proj",
          "blk.#.ffn_up": "model.layers.#.mlp.gate_up_proj",
        ])
    ) { _ in },
    Architecture(
      "gpt2",
      HuggingFaceLayout(
        "gpt2",
        names: [
          "token_embd": "transformer.wte", "position_embd": "transformer.wpe",
          "output_norm": "transformer.ln_f", "blk.#.attn_norm": "transformer.h.#.ln_1",
          "blk.#.attn_qkv": "transformer.h.#.attn.c_attn",
          "blk.#.attn_output": "transformer.h.#.attn.c_proj",
          "blk.#.ffn_norm": "transformer.h.#.ln_2", "blk.#.ffn_up": "transformer.h.#.mlp.c_fc",
          "blk.#.ffn_down": "transformer.h.#.mlp.c_proj",
        ], isTransposed: true)
    ) {
      $0.norm = .layer
      $0.biases = .all
      $0.activation = .geluTanh
      $0.isGated = false
      $0.hasLearnedPositions = true
    },
    Architecture(
      "gptneox",
      HuggingFaceLayout(
        "gpt_neox",
        names: [
          "token_embd": "gpt_neox.embed_in", "output_norm": "gpt_neox.final_layer_norm",
          "output": "embed_out", "blk.#.attn_norm": "gpt_neox.layers.#.input_layernorm",
          "blk.#.attn_qkv": "gpt_neox.layers.#.attention.query_key_value",
          "blk.#.attn_output": "gpt_neox.layers.#.attention.dense",
          "blk.#.ffn_norm": "gpt_neox.layers.#.post_attention_layernorm",
          "blk.#.ffn_up": "gpt_neox.layers.#.mlp.dense_h_to_4h",
          "blk.#.ffn_down": "gpt_neox.layers.#.mlp.dense_4h_to_h",
        ], interleavesHeads: true)
    ) {
      $0.norm = .layer
      $0.biases = .all
      $0.residual = .parallel
      $0.activation = .gelu
      $0.isGated = false
    },
    Architecture(
      "olmo2",
      HuggingFaceLayout(
        "olmo2",
        names: [
          "blk.#.post_attention_norm": "model.layers.#.post_attention_layernorm",
          "blk.#.post_ffw_norm": "model.layers.#.post_feedforward_layernorm",
        ])
    ) {
      $0.hasPreNorms = false
      $0.hasPostNorms = true
      $0.queryKeyNorm = .whole
    },
    Architecture(
      "stablelm",
      HuggingFaceLayout(
        "stablelm",
        names: [
          "blk.#.attn_q_norm.@": "model.layers.#.self_attn.q_layernorm.norms.@",
          "blk.#.attn_k_norm.@": "model.layers.#.self_attn.k_layernorm.norms.@",
        ])
    ) {
      $0.norm = .layer
      $0.residual = .parallelWithoutNorm
      $0.queryKeyNorm = .ownHeads
    },
    Architecture("granite", HuggingFaceLayout("granite")) { $0.pairing = .interleaved },
    Architecture(
      "starcoder2",
      HuggingFaceLayout(
        "starcoder2",
        names: [
          "blk.#.ffn_up": "model.layers.#.mlp.c_fc", "blk.#.ffn_down": "model.layers.#.mlp.c_proj",
        ])
    ) {
      $0.norm = .layer
      $0.biases = .all
      $0.activation = .geluTanh
      $0.isGated = false
    },
  ]
}

extension [String: String] {
  /// Names of the norms of Gemma 2 and 3, which stand before and behind both layers of a block.
  fileprivate static let betweenNorms = [
    "blk.#.post_attention_norm": "model.layers.#.post_attention_layernorm",
    "blk.#.ffn_norm": "model.layers.#.pre_feedforward_layernorm",
    "blk.#.post_ffw_norm": "model.layers.#.post_feedforward_layernorm",
  ]
}

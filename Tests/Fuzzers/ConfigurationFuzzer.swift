import Checkpoint
import Kernels
import TestSupport
import Transformer

extension Fuzzer {
  /// A folder of Hugging Face: `config.json` and, after a byte 1, the index of the weights.
  static let configuration = Fuzzer(
    "config", rounds: 300, seeds: configurations.map { Array($0.utf8) },
    words: [
      "\"model_type\":\"gemma3_text\",", "\"model_type\":\"phi3\",", "\"model_type\":\"gpt2\",",
      "\"rope_scaling\":{\"type\":\"linear\",\"factor\":2},", "\"sliding_window\":4,", "null",
      "NaN", "-1", "0", "1e300", "1e-300", "9007199254740993", "4096", "16777216", "[]", "{}",
      "\"x\"",
      "\"head_dim\":4,", "\"partial_rotary_factor\":0.25,", "\"num_experts\":4,", "true", "[1,2]",
      "\u{1}", "\"weight_map\":{", "\"../a.safetensors\"", "\"model.safetensors\"", ",",
    ]
  ) { bytes in
    let place = try folder.get()
    let parts = bytes.split(separator: 1, maxSplits: 1, omittingEmptySubsequences: false)
    _ = try FuzzedFile.write(Array(parts[0]), "config.json", in: place)
    let index = "model.safetensors.index.json"
    if parts.count > 1 {
      _ = try FuzzedFile.write(Array(parts[1]), index, in: place)
    } else {
      FuzzedFile.remove(index, in: place)
    }
    let source = try ModelSource.open(place.path)
    let sizes = try Hyperparameters(source)
    try FuzzFinding.unless(sizes.windows.count == sizes.layers, "windows of other layers")
    for context in [1, 4096, .max] { _ = try? Hyperparameters(source, context: context) }
    do {
      let weights = try Weights(source, sizes, arithmetic: .exact, lanes: lanes)
      try FuzzFinding.unless(weights.vocabulary == 16, "\(weights.vocabulary) tokens")
    } catch let error as CheckpointError {
      try FuzzFinding.unless(!error.message.isEmpty, "an error without words")
    } catch let error as ModelError {
      try FuzzFinding.unless(!error.message.isEmpty, "an error without words")
    }
  }

  private static let lanes = Lanes(count: 1)

  private static let configurations: [String] = {
    let sizes = """
      "hidden_size":8,"intermediate_size":8,"num_hidden_layers":1,"num_attention_heads":2,
      "num_key_value_heads":1,"max_position_embeddings":64,"rms_norm_eps":1e-6
      """
    let others = [
      "\"model_type\":\"llama\"", "\"model_type\":\"llama\",\"rope_theta\":10000.0,\"head_dim\":4",
      """
      "model_type":"llama","rope_scaling":{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,
      "high_freq_factor":4.0,"original_max_position_embeddings":32}
      """,
      """
      "model_type":"phi3","original_max_position_embeddings":16,
      "rope_scaling":{"type":"longrope","short_factor":[1,2],"long_factor":[4,8]}
      """,
      "\"model_type\":\"qwen2\",\"use_sliding_window\":true,\"sliding_window\":5,"
        + "\"max_window_layers\":0",
      "\"model_type\":\"gemma2\",\"layer_types\":[\"sliding_attention\"],\"sliding_window\":5,"
        + "\"query_pre_attn_scalar\":4,\"attn_logit_softcapping\":50.0",
      """
      "model_type":"mixtral","num_local_experts":4,"num_experts_per_tok":2,"mlp_only_layers":[]
      """,
    ]
    let index = "\u{1}{\"weight_map\":{\"model.norm.weight\":\"model.safetensors\"}}"
    return others.map { "{\(sizes),\($0)}" } + ["{\(sizes),\(others[0])}" + index]
  }()

  private static let folder = Result {
    let folder = try TemporaryFolder()
    var writer = SafetensorsWriter()
    func add(_ name: String, _ shape: Int...) {
      writer.add(name, shape: shape, (0..<shape.reduce(1, *)).map { Float($0 % 7) * 0.1 })
    }
    add("model.embed_tokens.weight", 16, 8)
    add("model.norm.weight", 8)
    let at = "model.layers.0."
    add(at + "input_layernorm.weight", 8)
    add(at + "post_attention_layernorm.weight", 8)
    add(at + "self_attn.q_proj.weight", 8, 8)
    add(at + "self_attn.k_proj.weight", 4, 8)
    add(at + "self_attn.v_proj.weight", 4, 8)
    add(at + "self_attn.o_proj.weight", 8, 8)
    add(at + "mlp.gate_proj.weight", 8, 8)
    add(at + "mlp.up_proj.weight", 8, 8)
    add(at + "mlp.down_proj.weight", 8, 8)
    _ = try FuzzedFile.write(writer.encoded(), "model.safetensors", in: folder)
    return folder
  }
}

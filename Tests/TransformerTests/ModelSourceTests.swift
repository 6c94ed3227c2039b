import Checkpoint
import Kernels
import TestSupport
import Testing

@testable import Transformer

@Suite("Families and what checkpoints say of them")
struct ModelSourceTests {
  /// A folder with a configuration, changed, and a tiny llama's weights or others.
  private func folder(
    _ changes: [String: String], adding extra: [String] = [], without lost: String? = nil
  ) throws -> String {
    var settings = [
      "model_type": "\"llama\"", "hidden_size": "8", "intermediate_size": "8",
      "num_hidden_layers": "1", "num_attention_heads": "2", "num_key_value_heads": "1",
      "max_position_embeddings": "64", "rms_norm_eps": "1e-6",
    ]
    for (name, value) in changes { settings[name] = value.isEmpty ? nil : value }
    let text = settings.map { "\"\($0)\": \($1)" }.joined(separator: ", ")
    let folder = try TemporaryFolder()
    _ = try folder.write(Array("{\(text)}".utf8), as: "config.json")
    var writer = SafetensorsWriter()
    func add(_ name: String, _ shape: Int...) {
      guard name != lost else { return }
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
    for name in extra { add(name, 8) }
    _ = try folder.write(writer.encoded(), as: "model.safetensors")
    return folder.path
  }

  private func weights(_ path: String) throws -> Weights {
    let source = try ModelSource.open(path)
    return try Weights(
      source, Hyperparameters(source), arithmetic: .exact, lanes: Lanes(count: 1))
  }

  @Test("an unknown family is named, and the known ones listed")
  func unknown() throws {
    let path = try folder(["model_type": "\"mamba\""])
    let error = #expect(throws: ModelError.self) { try ModelSource.open(path) }
    #expect(error?.code == .unknownArchitecture)
    #expect(
      error?.message
        .contains(
          "architecture 'mamba' is not supported (expected one of llama, "
            + "mistral, mixtral, qwen2,") == true)
    var writer = GGUFWriter()
    writer.set("general.architecture", "rwkv")
    let file = try TemporaryFolder().file("x.gguf")
    try writer.write(to: file)
    let other = #expect(throws: ModelError.self) { try ModelSource.open(file) }
    #expect(other?.message.contains("'rwkv'") == true)
    #expect(other?.message.contains("gptneox, olmo2, stablelm, granite") == true)
  }

  @Test("a folder opens with the names of its family, with and without their first part")
  func opens() throws {
    #expect(try weights(folder([:])).vocabulary == 16)
  }

  @Test("tensors that are missing or that nothing reads are named as the folder names them")
  func tensors() throws {
    let bias = "model.layers.0.self_attn.sinks"
    let stray = #expect(throws: ModelError.self) {
      try weights(folder([:], adding: [bias]))
    }
    #expect(stray?.code == .unsupported && stray?.message.contains(bias) == true)
    let name = "model.layers.0.mlp.down_proj.weight"
    let lost = #expect(throws: CheckpointError.self) { try weights(folder([:], without: name)) }
    #expect(lost?.code == .missingTensor && lost?.message.contains(name) == true)
    let harmless = "model.layers.0.self_attn.rotary_emb.inv_freq"
    #expect(try weights(folder([:], adding: [harmless])).vocabulary == 16)
  }

  @Test("a bias that the checkpoint stores is used, whatever the family says")
  func biases() throws {
    let found = try weights(folder([:], adding: ["model.layers.0.self_attn.q_proj.bias"]))
    #expect(found.blocks[0].query.bias?.count == 8 && found.blocks[0].key.bias == nil)
    #expect(throws: CheckpointError.self) { try weights(folder(["model_type": "\"qwen2\""])) }
  }

  @Test(
    "values that cannot be are errors",
    arguments: [
      ("num_hidden_layers", ""), ("num_hidden_layers", "1.5"), ("num_hidden_layers", "\"1\""),
      ("num_hidden_layers", "1e12"), ("hidden_size", "-8"), ("rms_norm_eps", "NaN"),
      ("rms_norm_eps", ""), ("num_key_value_heads", "3"), ("head_dim", "100000"),
      ("partial_rotary_factor", "0"), ("partial_rotary_factor", "7"), ("rope_theta", "-1"),
      ("sliding_window", "-4"), ("layer_types", "[\"linear_attention\"]"), ("layer_types", "[]"),
      ("rope_scaling", "{\"rope_type\": \"yarn\"}"),
      ("rope_scaling", "{\"rope_type\": \"linear\"}"),
      ("rope_scaling", "{\"type\": \"linear\", \"factor\": 0}"), ("num_experts", "5000"),
      ("max_position_embeddings", "0"),
    ])
  func impossible(key: String, value: String) throws {
    var changes = [key: value]
    if key == "layer_types" { changes["sliding_window"] = "4" }
    let path = try folder(changes)
    #expect(throws: (any Error).self) { try Hyperparameters(ModelSource.open(path)) }
  }

  @Test("windows are those of the layers, the family, or none")
  func windows() throws {
    func windows(_ changes: [String: String]) throws -> [Int] {
      let path = try folder(changes.merging(["num_hidden_layers": "4"]) { $1 })
      return try Hyperparameters(ModelSource.open(path)).windows
    }
    #expect(try windows([:]) == [0, 0, 0, 0])
    #expect(try windows(["sliding_window": "null"]) == [0, 0, 0, 0])
    #expect(try windows(["model_type": "\"mistral\"", "sliding_window": "5"]) == [5, 5, 5, 5])
    #expect(try windows(["model_type": "\"gemma2\"", "sliding_window": "5"]) == [5, 0, 5, 0])
    let types =
      "[\"full_attention\", \"sliding_attention\", \"full_attention\", \"full_attention\"]"
    #expect(try windows(["sliding_window": "5", "layer_types": types]) == [0, 5, 0, 0])
    let qwen = ["model_type": "\"qwen2\"", "sliding_window": "5", "max_window_layers": "3"]
    #expect(try windows(qwen.merging(["use_sliding_window": "true"]) { $1 }) == [0, 0, 0, 5])
    #expect(try windows(qwen.merging(["use_sliding_window": "false"]) { $1 }) == [0, 0, 0, 0])
  }

  @Test("longrope is read for the short context, or for the long one where that is wanted")
  func longRope() throws {
    let path = try folder([
      "model_type": "\"phi3\"", "original_max_position_embeddings": "16",
      "rope_scaling":
        "{\"type\": \"longrope\", \"short_factor\": [1, 2], \"long_factor\": [4, 8]}",
    ])
    let source = try ModelSource.open(path)
    let short = try Hyperparameters(source)
    let long = try Hyperparameters(source, context: 17)
    #expect(short.contextLength == 16 && long.contextLength == 64)
    #expect(short.rotary.frequencies == [1, 0.005])
    #expect(long.rotary.frequencies == [0.25, 0.00125])
    #expect(abs(short.rotary.magnitude - 1.5.squareRoot()) < 1e-12)
    #expect {
      _ = try Hyperparameters(source, context: 65)
    } throws: { error in
      "\(error)".contains("a context of 65 tokens is asked for (expected at most 64")
    }
  }
}

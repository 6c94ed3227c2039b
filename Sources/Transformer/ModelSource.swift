public import Checkpoint
import JSON

/// A checkpoint of a known family, in GGUF or in the layout of Hugging Face.
///
/// Hyperparameters and tensors are asked for by GGUF's names, whichever it is.
public struct ModelSource: Sendable {
  /// The form in which the checkpoint is stored.
  public enum Form: Sendable {
    /// One GGUF file, or its parts.
    case gguf(GGUF)
    /// A folder with `config.json` and safetensors.
    case huggingFace(HuggingFaceFolder)
  }

  /// The stored checkpoint.
  public let form: Form
  /// Its family.
  public let architecture: Architecture

  /// Opens a GGUF file, or a folder in the layout of Hugging Face.
  ///
  /// - Throws: `CheckpointError`, or ``ModelError`` with code `unknownArchitecture`.
  public static func open(_ path: String) throws -> ModelSource {
    if HuggingFaceFolder.isOne(path) {
      return try ModelSource(HuggingFaceFolder.open(path))
    }
    return try ModelSource(GGUF.open(path))
  }

  /// Describes a GGUF checkpoint.
  ///
  /// - Throws: `CheckpointError`, or ``ModelError`` with code `unknownArchitecture`.
  public init(_ checkpoint: GGUF) throws {
    form = .gguf(checkpoint)
    architecture = try Architecture.named(
      checkpoint.metadata.string("general.architecture"), in: checkpoint.path)
  }

  /// Describes a Hugging Face checkpoint.
  ///
  /// - Throws: ``ModelError`` with code `unknownArchitecture`, or `badHyperparameter`.
  public init(_ folder: HuggingFaceFolder) throws {
    guard let type = folder.config["model_type"]?.string else {
      throw ModelError(
        .badHyperparameter,
        "\(folder.path)/config.json: no model_type (expected the name of a family). "
          + "Use a checkpoint with its configuration.")
    }
    form = .huggingFace(folder)
    architecture = try Architecture.ofType(type, in: folder.path)
  }

  /// Where it lies.
  public var path: String {
    switch form {
    case .gguf(let checkpoint): checkpoint.path
    case .huggingFace(let folder): folder.path
    }
  }

  /// Bytes of its weights, as stored.
  public var byteCount: Int {
    switch form {
    case .gguf(let checkpoint): checkpoint.byteCount
    case .huggingFace(let folder): folder.byteCount
    }
  }

  // MARK: Tensors

  /// Names of all tensors that matter, as the checkpoint has them.
  var storedNames: [String] {
    switch form {
    case .gguf(let checkpoint): checkpoint.tensorNames
    case .huggingFace(let folder): folder.tensorNames.filter { !HuggingFaceLayout.isIgnored($0) }
    }
  }

  /// What the checkpoint calls a tensor, or nil where it has none.
  func storedName(_ name: String) -> String? {
    switch form {
    case .gguf(let checkpoint): return checkpoint.contains(name) ? name : nil
    case .huggingFace(let folder):
      guard let whole = architecture.huggingFace.name(of: name) else { return nil }
      if folder.contains(whole) { return whole }
      // Some checkpoints hold the model without its head, and their names lack the first part.
      guard let dot = whole.firstIndex(of: "."), case let bare = String(whole[dot...].dropFirst()),
        folder.contains(bare)
      else { return nil }
      return bare
    }
  }

  /// A tensor, or nil where the checkpoint has none.
  ///
  /// - Throws: `CheckpointError` with code `unsupportedFormat`.
  func optionalTensor(_ name: String) throws(CheckpointError) -> StoredTensor? {
    guard let stored = storedName(name) else { return nil }
    switch form {
    case .gguf(let checkpoint): return try checkpoint.optionalTensor(stored)
    case .huggingFace(let folder): return try folder.optionalTensor(stored)
    }
  }

  /// A tensor.
  ///
  /// - Throws: `CheckpointError` with code `missingTensor` or `unsupportedFormat`.
  func tensor(_ name: String) throws(CheckpointError) -> StoredTensor {
    if let tensor = try optionalTensor(name) { return tensor }
    let called =
      if case .huggingFace = form { architecture.huggingFace.name(of: name) ?? name } else { name }
    throw CheckpointError(
      .missingTensor,
      "\(path): tensor \(called) is missing. The checkpoint is damaged; fetch or convert it again.")
  }

  /// Every tensor that matters, as the checkpoint has it.
  ///
  /// - Throws: `CheckpointError` with code `unsupportedFormat`.
  func storedTensors() throws(CheckpointError) -> [StoredTensor] {
    var tensors: [StoredTensor] = []
    for name in storedNames {
      switch form {
      case .gguf(let checkpoint): tensors.append(try checkpoint.tensor(name))
      case .huggingFace(let folder):
        if let tensor = try folder.optionalTensor(name) { tensors.append(tensor) }
      }
    }
    return tensors
  }

  /// Whether the head is the embedding; a copy of it may be stored all the same.
  var tiesHead: Bool {
    if case .huggingFace(let folder) = form, folder.config["tie_word_embeddings"]?.bool == true {
      return true
    }
    return storedName("output.weight") == nil
  }

  // MARK: Hyperparameters

  /// An integer, or nil where the checkpoint does not say it.
  func int(_ key: String) throws -> Int? {
    switch form {
    case .gguf(let checkpoint): try checkpoint.metadata.optionalInt("\(architecture.name).\(key)")
    case .huggingFace(let folder):
      try folder.value(key)
        .map { name, value in try folder.require(value.integer, name, "a whole number") }
    }
  }

  /// A number, or nil where the checkpoint does not say it.
  func float(_ key: String) throws -> Double? {
    switch form {
    case .gguf(let checkpoint):
      try checkpoint.metadata.optionalFloat("\(architecture.name).\(key)")
    case .huggingFace(let folder):
      try folder.value(key)
        .map { name, value in try folder.require(value.number, name, "a number") }
    }
  }

  /// A truth value, or nil where the checkpoint does not say it.
  func bool(_ key: String) throws -> Bool? {
    switch form {
    case .gguf(let checkpoint): try checkpoint.metadata.optionalBool("\(architecture.name).\(key)")
    case .huggingFace(let folder):
      try folder.value(key)
        .map { name, value in try folder.require(value.bool, name, "true or false") }
    }
  }

  /// What the checkpoint calls a hyperparameter, for messages.
  func keyName(_ key: String) -> String {
    switch form {
    case .gguf: "\(architecture.name).\(key)"
    case .huggingFace: HuggingFaceFolder.names[key]?.first ?? key
    }
  }
}

extension HuggingFaceFolder {
  /// What `config.json` calls GGUF's hyperparameters; the first name that has a value counts.
  static let names: [String: [String]] = [
    "block_count": ["num_hidden_layers", "n_layer"],
    "embedding_length": ["hidden_size", "n_embd"],
    "feed_forward_length": ["intermediate_size", "n_inner"],
    "context_length": ["max_position_embeddings", "n_positions"],
    "attention.head_count": ["num_attention_heads", "n_head"],
    "attention.head_count_kv": ["num_key_value_heads"],
    "attention.key_length": ["head_dim"],
    "attention.layer_norm_rms_epsilon": ["rms_norm_eps"],
    "attention.layer_norm_epsilon": ["layer_norm_eps", "layer_norm_epsilon", "norm_epsilon"],
    "attention.sliding_window": ["sliding_window"],
    "attention.scale": ["attention_multiplier"],
    "attn_logit_softcapping": ["attn_logit_softcapping"],
    "final_logit_softcapping": ["final_logit_softcapping"],
    "embedding_scale": ["embedding_multiplier"],
    "residual_scale": ["residual_multiplier"],
    "logit_scale": ["logits_scaling"],
    "rope.freq_base": ["rope_theta", "rotary_emb_base"],
    "rope.freq_base_swa": ["rope_local_base_freq"],
    "use_parallel_residual": ["use_parallel_residual"],
    "expert_count": ["num_local_experts", "num_experts"],
    "expert_used_count": ["num_experts_per_tok"],
    "expert_feed_forward_length": ["moe_intermediate_size"],
    "expert_weights_norm": ["norm_topk_prob"],
  ]

  /// The value of one of GGUF's hyperparameters, and what it is called here.
  func value(_ key: String) -> (name: String, value: JSONValue)? {
    for name in HuggingFaceFolder.names[key] ?? [] {
      if let value = config[name] { return (name, value) }
    }
    return nil
  }

  /// Makes a value of the wrong type an error.
  func require<Value>(
    _ value: Value?, _ name: String, _ expected: String
  ) throws(ModelError) -> Value {
    if let value { return value }
    throw ModelError(
      .badHyperparameter,
      "\(path)/config.json: \(name) has the wrong type (expected \(expected)). "
        + "The file is damaged.")
  }
}

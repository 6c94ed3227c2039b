import Checkpoint
import JSON
import Kernels

/// Reads single hyperparameters of a checkpoint, each checked by itself.
struct SizeReader {
  private let source: ModelSource
  private var family: Architecture { source.architecture }

  init(_ source: ModelSource) { self.source = source }

  /// A positive whole number.
  func size(_ key: String, fallback: Int? = nil, atMost limit: Int = 1 << 24) throws -> Int {
    let name = source.keyName(key)
    guard let value = try source.int(key) ?? fallback else { throw missing(name) }
    guard value > 0, value <= limit else {
      throw ModelError(
        .badHyperparameter,
        "\(source.path): \(name) is \(value) (expected 1 to \(limit)). The checkpoint is damaged.")
    }
    return value
  }

  /// A whole number that may be missing or zero.
  func count(_ key: String, atMost limit: Int) throws -> Int {
    let value = try source.int(key) ?? 0
    return value == 0 ? 0 : try size(key, atMost: limit)
  }

  /// A number that must be there.
  func number(_ key: String) throws -> Double {
    guard let value = try source.float(key) else { throw missing(source.keyName(key)) }
    return value
  }

  private func missing(_ name: String) -> CheckpointError {
    CheckpointError(
      .missingKey, "\(source.path): \(name) is missing. Fetch or convert the checkpoint again.")
  }

  /// An error about a value.
  func fault(_ what: String) -> ModelError {
    ModelError(
      .badHyperparameter,
      "\(source.path): \(what). The checkpoint is damaged or not \(family.name).")
  }

  /// The configuration, where it is Hugging Face's.
  private var config: JSONValue? {
    if case .huggingFace(let folder) = source.form { folder.config } else { nil }
  }

  // MARK: Attention

  /// Rotated elements of a head.
  func rotated(_ headWidth: Int) throws -> Int {
    guard let config else {
      return try size("rope.dimension_count", fallback: headWidth, atMost: 4096)
    }
    let share = config["partial_rotary_factor"]?.number ?? config["rotary_pct"]?.number ?? 1
    guard share > 0, share <= 1 else { throw fault("the rotated share of a head is \(share)") }
    return Int(share * Double(headWidth))
  }

  /// Base of the rotary frequencies.
  func rotaryBase() throws -> Double {
    try source.float("rope.freq_base") ?? config?["rope_parameters"]?["rope_theta"]?.number
      ?? 10_000
  }

  func check(heads: Int, kvHeads: Int, headWidth: Int, rotated: Int) throws {
    let valueWidth = try source.int("attention.value_length") ?? headWidth
    let faults: [(Bool, String)] = [
      (heads % kvHeads != 0, "\(heads) query heads are not a multiple of \(kvHeads) key heads"),
      (valueWidth != headWidth, "heads of \(headWidth) keys and \(valueWidth) values differ"),
      (rotated % 2 != 0 || rotated > headWidth, "\(rotated) of \(headWidth) elements are rotated"),
      (headWidth > 4096 || headWidth < 1, "heads have \(headWidth) elements"),
    ]
    if let found = faults.first(where: \.0) { throw fault(found.1) }
  }

  /// Factor on the products of queries and keys.
  func attentionScale(headWidth: Int, width: Int, heads: Int, layers: Int) throws -> Float {
    if let scale = try source.float("attention.scale"), scale > 0 { return Float(scale) }
    if let scalar = config?["query_pre_attn_scalar"]?.number, scalar > 0 {
      return Float(1 / scalar.squareRoot())
    }
    let isByWidth = config == nil && family.blocksScaledByWidth == layers
    return 1 / Float(isByWidth ? width / heads : headWidth).squareRoot()
  }

  /// Positions that each layer sees.
  func windows(_ layers: Int) throws -> [Int] {
    let stated = try source.int("attention.sliding_window") ?? family.window
    guard (0...1 << 30).contains(stated) else { throw fault("the sliding window is \(stated)") }
    let whole = [Int](repeating: 0, count: layers)
    guard stated > 0 else { return whole }
    if let types = config?["layer_types"]?.array { return try windows(types, stated, layers) }
    if config?["use_sliding_window"]?.bool == false { return whole }
    if let first = config?["max_window_layers"]?.integer {
      return whole.indices.map { $0 < first ? 0 : stated }
    }
    if case .gguf(let checkpoint) = source.form,
      let pattern = try? checkpoint.metadata.optionalBools(
        "\(family.name).attention.sliding_window_pattern"), pattern.count == layers
    {
      return pattern.map { $0 ? stated : 0 }
    }
    let period: Int? =
      if let period = config?["sliding_window_pattern"]?.integer { period } else {
        switch family.windows {
        case .all: nil
        case .allButEvery(let period): period
        }
      }
    guard let period else { return whole.map { _ in stated } }
    guard period > 0 else { throw fault("the sliding window's pattern is \(period)") }
    return whole.indices.map { ($0 + 1) % period == 0 ? 0 : stated }
  }

  private func windows(_ types: [JSONValue], _ window: Int, _ layers: Int) throws -> [Int] {
    guard types.count == layers else {
      throw fault("\(types.count) layer_types for \(layers) layers")
    }
    return try types.map { type in
      switch type.string {
      case "full_attention": return 0
      case "sliding_attention": return window
      default:
        throw ModelError(
          .unsupported,
          "\(source.path): a layer of type '\(type.string ?? "?")' is not supported (expected "
            + "full_attention or sliding_attention). Use another checkpoint.")
      }
    }
  }

  // MARK: The rest

  /// Factor on the rows of the embedding.
  func embeddingScale(_ width: Int) throws -> Float {
    if let scale = try source.float("embedding_scale"), scale > 0 { return Float(scale) }
    switch family.embeddingScale {
    case .none: return 1
    case .squareRootOfWidth: return Float(width).squareRoot()
    }
  }

  /// Whether the feed-forward layer reads what attention reads.
  func isParallel() throws -> Bool {
    switch family.residual {
    case .sequential: false
    case .parallel: try source.bool("use_parallel_residual") ?? true
    case .parallelWithoutNorm: source.storedName("blk.0.ffn_norm.weight") == nil
    }
  }

  /// Whether the weights of the used experts are scaled to sum to one.
  func normalisesExpertWeights() throws -> Bool {
    if let config {
      guard config["decoder_sparse_step"]?.integer ?? 1 == 1,
        config["mlp_only_layers"]?.array?.isEmpty ?? true
      else {
        throw ModelError(
          .unsupported,
          "\(source.path): some layers have experts and others none (expected all alike). "
            + "Use another checkpoint.")
      }
    }
    return try source.bool("expert_weights_norm") ?? true
  }
}

public import Checkpoint
public import Kernels

/// A seeded random model in GGUF, with every key and tensor that llama.cpp writes for its family.
///
/// Small enough to be written and run in a debug build, large enough to have grouped heads, more
/// than one block, and for `gemma3` windowed and whole-context layers and heads whose width is not
/// `width / heads`.
public struct TinyModel: Sendable {
  /// Every family that the decoder runs, by `general.architecture`.
  public static let families = [
    "llama", "qwen2", "qwen3", "qwen3moe", "gemma", "gemma2", "gemma3", "phi3", "gpt2", "gptneox",
    "olmo2", "stablelm", "granite", "starcoder2",
  ]

  /// One of ``families``.
  public var architecture: String
  /// Number of blocks; six for `gemma3`, so that one of them sees the whole context.
  public var blocks: Int
  /// Width of the residual stream.
  public var width = 64
  /// Width of the feed-forward layer.
  public var feedForwardWidth = 96
  /// Number of query heads.
  public var heads = 4
  /// Number of key and value heads.
  public var kvHeads = 2
  /// Elements of a head.
  public var headWidth: Int
  /// Positions that the model claims to be trained for.
  public var contextLength = 1024
  /// Positions that a windowed layer sees; written for families with windows only.
  public var window = 16
  /// Number of experts of a feed-forward layer: always of `qwen3moe`, of `llama` (Mixtral) if set.
  public var experts: Int
  /// How matrices are stored; `width`, `feedForwardWidth` and `heads * headWidth` must be multiples
  /// of its block size.
  public var format = BlockFormat.f32
  /// Whether the embedding is the head too, or `output.weight` is written.
  public var isTied = true
  /// The tokenizer that is written along.
  public var vocabulary = TinyVocabulary.bytePairs
  /// Where the weights come from.
  public var seed: UInt64 = 1

  /// Describes a model of a family; the other properties may be changed before it is written.
  public init(architecture: String) {
    self.architecture = architecture
    blocks = architecture == "gemma3" ? 6 : 2
    headWidth = architecture == "gemma3" ? 32 : 16
    isTied = architecture != "llama"
    experts = architecture == "qwen3moe" ? 4 : 0
  }

  /// Writes a model with the default sizes and returns its path.
  ///
  /// - Throws: `CheckpointError` where the folder cannot be written.
  public static func write(
    architecture: String, in folder: TemporaryFolder
  ) throws -> String {
    try TinyModel(architecture: architecture).write(to: folder.file("tiny-\(architecture).gguf"))
  }

  /// Writes the model and returns the path.
  ///
  /// - Throws: `CheckpointError` where the file cannot be written.
  @discardableResult
  public func write(to path: String) throws -> String {
    try writer().write(to: path)
    return path
  }

  /// The file before it is written, for tests that want to change something.
  public func writer() -> GGUFWriter {
    var writer = GGUFWriter()
    setHyperparameters(&writer)
    vocabulary.set(&writer)
    addTensors(&writer)
    return writer
  }

  private func setHyperparameters(_ writer: inout GGUFWriter) {
    writer.set("general.architecture", architecture)
    writer.set("general.type", "model")
    writer.set("general.name", "Tiny \(architecture)")
    func set(_ key: String, _ value: Int) {
      writer.set("\(architecture).\(key)", UInt32(value))
    }
    set("block_count", blocks)
    set("context_length", contextLength)
    set("embedding_length", width)
    set("feed_forward_length", feedForwardWidth)
    set("attention.head_count", heads)
    set("attention.head_count_kv", kvHeads)
    let family = TinyFamily(self)
    writer.set(
      "\(architecture).attention.layer_norm\(family.hasLayerNorms ? "" : "_rms")_epsilon",
      Float(1e-6))
    writer.set("\(architecture).rope.freq_base", Float(10_000))
    set("vocab_size", vocabulary.tokens.count)
    for (key, value) in family.sizes { set(key, value) }
    for (key, value) in family.numbers { writer.set("\(architecture).\(key)", value) }
    if headWidth * heads != width {
      set("attention.key_length", headWidth)
      set("attention.value_length", headWidth)
    }
  }

  private func addTensors(_ writer: inout GGUFWriter) {
    let family = TinyFamily(self)
    var generator = SeededGenerator(seed: seed)
    func vector(_ name: String, _ count: Int, around center: Float = 1) {
      let values = generator.floats(count, limit: 0.2).map { center + $0 }
      writer.add(name, shape: [count], floats: values)
    }
    func matrix(_ name: String, _ rows: Int, _ columns: Int) {
      // Rows of about unit length keep the residual stream near one, whatever the sizes.
      let limit = (3 / Float(columns)).squareRoot()
      writer.add(
        name, shape: [rows, columns], format: format,
        bytes: format.randomBlocks(rows * columns, limit: limit, using: &generator))
    }
    func norm(_ name: String, _ count: Int) {
      vector(name + ".weight", count)
      if family.hasLayerNorms { vector(name + ".bias", count, around: 0) }
    }
    func projection(_ name: String, _ rows: Int, _ columns: Int, hasBias: Bool) {
      matrix(name + ".weight", rows, columns)
      if hasBias { vector(name + ".bias", rows, around: 0) }
    }
    let (queries, keys) = (heads * headWidth, kvHeads * headWidth)
    let hasBiases = family.hasBiases || family.hasAttentionBiases
    matrix("token_embd.weight", vocabulary.tokens.count, width)
    if family.hasLearnedPositions {
      writer.add(
        "position_embd.weight", shape: [contextLength, width],
        floats: generator.floats(contextLength * width, limit: 0.5))
    }
    for block in 0..<blocks {
      let at = "blk.\(block)."
      if family.hasPreNorms { norm(at + "attn_norm", width) }
      if family.fusion == .none {
        matrix(at + "attn_q.weight", queries, width)
        matrix(at + "attn_k.weight", keys, width)
        matrix(at + "attn_v.weight", keys, width)
      } else {
        projection(at + "attn_qkv", queries + 2 * keys, width, hasBias: hasBiases)
      }
      projection(at + "attn_output", width, queries, hasBias: family.hasBiases)
      if hasBiases, family.fusion == .none {
        vector(at + "attn_q.bias", queries, around: 0)
        vector(at + "attn_k.bias", keys, around: 0)
        vector(at + "attn_v.bias", keys, around: 0)
      }
      if family.queryNorm > 0 {
        vector(at + "attn_q_norm.weight", family.queryNorm)
        vector(at + "attn_k_norm.weight", family.keyNorm)
      }
      if family.hasPostNorms {
        vector(at + "post_attention_norm.weight", width)
        vector(at + "post_ffw_norm.weight", width)
      }
      if family.hasPreNorms { norm(at + "ffn_norm", width) }
      if family.experts > 0 {
        writer.add(
          at + "ffn_gate_inp.weight", shape: [experts, width],
          floats: generator.floats(experts * width, limit: 0.4))
        for (name, rows, columns) in [
          ("gate", feedForwardWidth, width), ("up", feedForwardWidth, width),
          ("down", width, feedForwardWidth),
        ] {
          let limit = (3 / Float(columns)).squareRoot()
          writer.add(
            "\(at)ffn_\(name)_exps.weight", shape: [experts, rows, columns], format: format,
            bytes: format.randomBlocks(
              experts * rows * columns, limit: limit, using: &generator))
        }
        continue
      }
      if family.fusion != .all, family.isGated {
        projection(at + "ffn_gate", feedForwardWidth, width, hasBias: family.hasBiases)
      }
      projection(
        at + "ffn_up", family.fusion == .all ? 2 * feedForwardWidth : feedForwardWidth, width,
        hasBias: family.hasBiases)
      projection(at + "ffn_down", width, feedForwardWidth, hasBias: family.hasBiases)
    }
    norm("output_norm", width)
    if !isTied { matrix("output.weight", vocabulary.tokens.count, width) }
  }
}

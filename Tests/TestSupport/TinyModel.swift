public import Checkpoint
public import Kernels

/// A seeded random model in GGUF, with every key and tensor that llama.cpp writes for its family.
///
/// Small enough to be written and run in a debug build, large enough to have grouped heads, more
/// than one block, and for `gemma3` windowed and whole-context layers and heads whose width is not
/// `width / heads`.
public struct TinyModel: Sendable {
  /// `llama`, `qwen2` or `gemma3`.
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
  /// Positions that a windowed layer sees; written for `gemma3` only.
  public var window = 16
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
    writer.set("\(architecture).attention.layer_norm_rms_epsilon", Float(1e-6))
    writer.set("\(architecture).rope.freq_base", Float(10_000))
    set("vocab_size", vocabulary.tokens.count)
    switch architecture {
    case "llama": set("rope.dimension_count", headWidth)
    case "gemma3": set("attention.sliding_window", window)
    default: break
    }
    if headWidth * heads != width {
      set("attention.key_length", headWidth)
      set("attention.value_length", headWidth)
    }
  }

  private func addTensors(_ writer: inout GGUFWriter) {
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
    let (queries, keys) = (heads * headWidth, kvHeads * headWidth)
    let isGemma = architecture == "gemma3"
    matrix("token_embd.weight", vocabulary.tokens.count, width)
    for block in 0..<blocks {
      let at = "blk.\(block)."
      vector(at + "attn_norm.weight", width)
      matrix(at + "attn_q.weight", queries, width)
      matrix(at + "attn_k.weight", keys, width)
      matrix(at + "attn_v.weight", keys, width)
      matrix(at + "attn_output.weight", width, queries)
      if architecture == "qwen2" {
        vector(at + "attn_q.bias", queries, around: 0)
        vector(at + "attn_k.bias", keys, around: 0)
        vector(at + "attn_v.bias", keys, around: 0)
      }
      if isGemma {
        vector(at + "attn_q_norm.weight", headWidth)
        vector(at + "attn_k_norm.weight", headWidth)
        vector(at + "post_attention_norm.weight", width)
        vector(at + "post_ffw_norm.weight", width)
      }
      vector(at + "ffn_norm.weight", width)
      matrix(at + "ffn_gate.weight", feedForwardWidth, width)
      matrix(at + "ffn_up.weight", feedForwardWidth, width)
      matrix(at + "ffn_down.weight", width, feedForwardWidth)
    }
    vector("output_norm.weight", width)
    if !isTied { matrix("output.weight", vocabulary.tokens.count, width) }
  }
}

public import Checkpoint
public import Kernels

/// A model's tensors by role; immutable, and shared by everything that runs the model.
public struct Weights: Sendable {
  /// The weights of a norm, and its bias where it has one.
  struct Norm: Sendable {
    let weight: [Float]
    let bias: [Float]?
  }

  /// A matrix `[outputs, inputs]`, and its bias where it has one.
  struct Projection: Sendable {
    let matrix: PackedMatrix
    let bias: [Float]?
  }

  /// One block.
  struct Block: Sendable {
    let attentionNorm: Norm?  // [width]
    let query: Projection  // [heads * headWidth, width]
    let key: Projection  // [kvHeads * headWidth, width]
    let value: Projection  // [kvHeads * headWidth, width]
    let output: Projection  // [width, heads * headWidth]
    let queryKeyNorms: (query: [Float], key: [Float])?
    let postAttentionNorm: Norm?  // [width]
    let feedForwardNorm: Norm?  // [width]
    let feedForward: FeedForward
    let postFeedForwardNorm: Norm?  // [width]
  }

  /// The feed-forward layer of a block.
  enum FeedForward: Sendable {
    case one(Expert)
    /// For each row the experts whose rows of the router, `[experts, width]`, answer most.
    case several(router: PackedMatrix, [Expert])
  }

  /// A feed-forward layer, alone or one of several.
  struct Expert: Sendable {
    let gate: Projection?  // [feedForwardWidth, width]
    let up: Projection  // [feedForwardWidth, width]
    let down: Projection  // [width, feedForwardWidth]
  }

  /// The embedding `[vocabulary, width]`, left in the mapped file and decoded row by row.
  let embedding: WeightMatrix
  /// Learned positions `[contextLength, width]`, likewise.
  let positions: WeightMatrix?
  let blocks: [Block]
  let outputNorm: Norm  // [width]
  /// `[vocabulary, width]`; packed from the embedding where the checkpoint ties the two.
  let head: PackedMatrix

  /// How the matrices are multiplied.
  public let arithmetic: Arithmetic

  /// Number of tokens.
  public var vocabulary: Int { embedding.rows }

  /// Finds and packs every tensor of a GGUF checkpoint, checking each shape.
  ///
  /// - Throws: `CheckpointError` or ``ModelError``, as for any other checkpoint.
  public init(
    _ checkpoint: GGUF, _ sizes: Hyperparameters, arithmetic: Arithmetic, lanes: Lanes
  ) throws {
    try self.init(ModelSource(checkpoint), sizes, arithmetic: arithmetic, lanes: lanes)
  }

  /// Finds and packs every tensor of a checkpoint, checking each shape.
  ///
  /// - Throws: `CheckpointError` for a missing tensor or an unknown block format; ``ModelError``
  ///   with code `shapeMismatch`, `unsupported` for a tensor that is not used, or `outOfMemory`.
  public init(
    _ source: ModelSource, _ sizes: Hyperparameters, arithmetic: Arithmetic, lanes: Lanes
  ) throws {
    self.arithmetic = arithmetic
    let family = sizes.architecture
    let width = sizes.width
    var read = WeightReader(source, sizes, lanes: lanes)
    embedding = try read.stored("token_embd", columns: width)
    positions =
      family.hasLearnedPositions
      ? try read.stored("position_embd", rows: sizes.contextLength, columns: width) : nil
    outputNorm = try read.norm("output_norm")
    head = try read.head(embedding.rows)
    var blocks: [Block] = []
    for layer in 0..<sizes.layers {
      blocks.append(try Weights.block(&read, "blk.\(layer).", sizes))
    }
    self.blocks = blocks
    try read.checkAllRead()
  }

  private static func block(
    _ read: inout WeightReader, _ at: String, _ sizes: Hyperparameters
  ) throws -> Block {
    let family = sizes.architecture
    let queries = sizes.heads * sizes.headWidth
    let (query, key, value) = try read.queriesKeysValues(at)
    // A parallel layer without a norm of its own reads what attention reads.
    let hasOwnNorm = !sizes.isParallel || family.residual == .parallel
    return Block(
      attentionNorm: family.hasPreNorms ? try read.norm(at + "attn_norm") : nil,
      query: query, key: key, value: value,
      output: try read.projection(
        at + "attn_output", sizes.width, queries, needsBias: family.biases == .all),
      queryKeyNorms: try read.queryKeyNorms(at),
      postAttentionNorm: family.hasPostNorms ? try read.norm(at + "post_attention_norm") : nil,
      feedForwardNorm: family.hasPreNorms && hasOwnNorm ? try read.norm(at + "ffn_norm") : nil,
      feedForward: try read.feedForward(at),
      postFeedForwardNorm: family.hasPostNorms ? try read.norm(at + "post_ffw_norm") : nil)
  }
}

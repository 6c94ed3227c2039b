public import Checkpoint
public import Kernels

/// A model's tensors by role; immutable, and shared by everything that runs the model.
public struct Weights: Sendable {
  /// One block.
  ///
  /// Matrices are `[outputs, inputs]`.
  struct Block: Sendable {
    let attentionNorm: [Float]  // [width]
    let query: PackedMatrix  // [heads * headWidth, width]
    let key: PackedMatrix  // [kvHeads * headWidth, width]
    let value: PackedMatrix  // [kvHeads * headWidth, width]
    let output: PackedMatrix  // [width, heads * headWidth]
    let biases: (query: [Float], key: [Float], value: [Float])?
    let headNorms: (query: [Float], key: [Float])?  // [headWidth] each
    let postAttentionNorm: [Float]?  // [width]
    let feedForwardNorm: [Float]  // [width]
    let gate: PackedMatrix  // [feedForwardWidth, width]
    let up: PackedMatrix  // [feedForwardWidth, width]
    let down: PackedMatrix  // [width, feedForwardWidth]
    let postFeedForwardNorm: [Float]?  // [width]
  }

  /// The embedding `[vocabulary, width]`, left in the mapped file and decoded row by row.
  let embedding: WeightMatrix
  let blocks: [Block]
  let outputNorm: [Float]  // [width]
  /// `[vocabulary, width]`; packed from the embedding where the checkpoint ties the two.
  let head: PackedMatrix

  /// How the matrices are multiplied.
  public let arithmetic: Arithmetic

  /// Number of tokens.
  public var vocabulary: Int { embedding.rows }

  /// Finds and packs every tensor of a checkpoint, checking each shape.
  ///
  /// - Throws: `CheckpointError` for a missing tensor or an unknown block format; ``ModelError``
  ///   with code `shapeMismatch`, or `outOfMemory`.
  public init(
    _ checkpoint: GGUF, _ sizes: Hyperparameters, arithmetic: Arithmetic, lanes: Lanes
  ) throws {
    let file = checkpoint.path
    let arena = WeightArena()
    self.arithmetic = arithmetic
    var unread = Set(checkpoint.tensorNames)
    func check(_ name: String, _ found: [Int], _ expected: [Int]) throws {
      guard found == expected else {
        throw ModelError(
          .shapeMismatch,
          "\(file): tensor \(name) has shape \(found) (expected \(expected)). "
            + "The checkpoint is damaged or not a \(sizes.architecture.name) model.")
      }
    }
    func vector(_ name: String, _ count: Int) throws -> [Float] {
      unread.remove(name)
      let tensor = try checkpoint.tensor(name)
      try check(name, tensor.shape, [count])
      return tensor.floats()
    }
    func matrix(_ name: String, _ rows: Int, _ columns: Int) throws -> PackedMatrix {
      unread.remove(name)
      let tensor = try checkpoint.tensor(name)
      try check(name, tensor.shape, [rows, columns])
      let stored = try tensor.matrix()
      let packed = PackedMatrix(
        stored, in: arena, lanes: lanes, whenRead: { tensor.releasePages($0) })
      guard let packed else {
        throw ModelError(
          .outOfMemory,
          "\(file): no memory for tensor \(name), \(rows) by \(columns). "
            + "Close other programs or use a smaller checkpoint.")
      }
      return packed
    }

    unread.remove("token_embd.weight")
    let stored = try checkpoint.tensor("token_embd.weight")
    embedding = try stored.matrix()
    try check("token_embd.weight", stored.shape, [embedding.rows, sizes.width])
    outputNorm = try vector("output_norm.weight", sizes.width)
    let isTied = try checkpoint.optionalTensor("output.weight") == nil
    head = try matrix(
      isTied ? "token_embd.weight" : "output.weight", embedding.rows, sizes.width)

    let family = sizes.architecture
    let (width, wide) = (sizes.width, sizes.feedForwardWidth)
    let (queries, keys) = (sizes.heads * sizes.headWidth, sizes.kvHeads * sizes.headWidth)
    blocks = try (0..<sizes.layers)
      .map { layer in
        let at = "blk.\(layer)."
        return Block(
          attentionNorm: try vector(at + "attn_norm.weight", width),
          query: try matrix(at + "attn_q.weight", queries, width),
          key: try matrix(at + "attn_k.weight", keys, width),
          value: try matrix(at + "attn_v.weight", keys, width),
          output: try matrix(at + "attn_output.weight", width, queries),
          biases: family.hasAttentionBias
            ? (
              try vector(at + "attn_q.bias", queries), try vector(at + "attn_k.bias", keys),
              try vector(at + "attn_v.bias", keys)
            ) : nil,
          headNorms: family.normalisesQueryAndKey
            ? (
              try vector(at + "attn_q_norm.weight", sizes.headWidth),
              try vector(at + "attn_k_norm.weight", sizes.headWidth)
            ) : nil,
          postAttentionNorm: family.hasPostNorms
            ? try vector(at + "post_attention_norm.weight", width) : nil,
          feedForwardNorm: try vector(at + "ffn_norm.weight", width),
          gate: try matrix(at + "ffn_gate.weight", wide, width),
          up: try matrix(at + "ffn_up.weight", wide, width),
          down: try matrix(at + "ffn_down.weight", width, wide),
          postFeedForwardNorm: family.hasPostNorms
            ? try vector(at + "post_ffw_norm.weight", width) : nil)
      }
    // A tensor that is not used (rotary factors, a bias) would make every number wrong in silence.
    if let stray = unread.min() {
      throw ModelError(
        .unsupported,
        "\(file): tensor \(stray) is not used for \(family.name) (expected only tensors of the "
          + "family). Use a checkpoint without it; casthost would compute something else.")
    }
  }
}

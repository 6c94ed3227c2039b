import Checkpoint
import JSON
import Kernels

/// Finds the tensors of a checkpoint by GGUF's names, checks their shapes, and packs matrices.
struct WeightReader {
  private let source: ModelSource
  private let sizes: Hyperparameters
  private let lanes: Lanes
  private let arena = WeightArena()
  private var unread: Set<String>

  init(_ source: ModelSource, _ sizes: Hyperparameters, lanes: Lanes) {
    self.source = source
    self.sizes = sizes
    self.lanes = lanes
    unread = Set(source.storedNames)
  }

  private var family: Architecture { sizes.architecture }
  private var layout: HuggingFaceLayout? {
    if case .huggingFace = source.form { family.huggingFace } else { nil }
  }

  // MARK: Roles

  /// The weights of a norm, `[width]` unless said.
  mutating func norm(_ name: String, _ count: Int? = nil) throws -> Weights.Norm {
    var weight = try vector(name + ".weight", count ?? sizes.width)
    if let offset = layout?.normOffset, offset != 0 { weight = weight.map { $0 + offset } }
    let bias =
      family.norm == .layer ? try bias(name, weight.count, isNeeded: family.biases == .all) : nil
    return Weights.Norm(weight: weight, bias: bias)
  }

  /// A matrix and its bias.
  mutating func projection(
    _ name: String, _ rows: Int, _ columns: Int, needsBias: Bool = false
  ) throws -> Weights.Projection {
    Weights.Projection(
      matrix: try pack(matrix(name, rows, columns), name),
      bias: try bias(name, rows, isNeeded: needsBias))
  }

  /// The head, which may be the embedding.
  mutating func head(_ vocabulary: Int) throws -> PackedMatrix {
    if source.tiesHead, let copy = source.storedName("output.weight") { unread.remove(copy) }
    let name = source.tiesHead ? "token_embd" : "output"
    return try pack(stored(name, rows: vocabulary, columns: sizes.width), name)
  }

  /// The projections to queries, keys and values, stored apart or as one matrix.
  mutating func queriesKeysValues(
    _ at: String
  ) throws -> (Weights.Projection, Weights.Projection, Weights.Projection) {
    let (queries, keys) = (sizes.heads * sizes.headWidth, sizes.kvHeads * sizes.headWidth)
    let needsBias = family.biases != .none
    guard source.storedName(at + "attn_qkv.weight") != nil else {
      return (
        try projection(at + "attn_q", queries, sizes.width, needsBias: needsBias),
        try projection(at + "attn_k", keys, sizes.width, needsBias: needsBias),
        try projection(at + "attn_v", keys, sizes.width, needsBias: needsBias)
      )
    }
    let name = at + "attn_qkv"
    var whole = try matrix(name, queries + 2 * keys, sizes.width)
    var biases = try bias(name, whole.rows, isNeeded: needsBias)
    if layout?.interleavesHeads == true {
      guard sizes.heads == sizes.kvHeads else {
        throw ModelError(
          .unsupported,
          "\(source.path): interleaved heads that share keys are not supported. "
            + "Use another checkpoint.")
      }
      // [heads, query | key | value, headWidth] becomes [query | key | value, heads, headWidth].
      let order = (0..<3 * sizes.heads)
        .map { ($0 % sizes.heads * 3 + $0 / sizes.heads) * sizes.headWidth }
        .flatMap { $0..<$0 + sizes.headWidth }
      whole = whole.selecting(rows: order)
      biases = biases.map { biases in order.map { biases[$0] } }
    }
    func part(_ rows: Range<Int>) throws -> Weights.Projection {
      Weights.Projection(
        matrix: try pack(whole[rows: rows], name), bias: biases.map { Array($0[rows]) })
    }
    return (
      try part(0..<queries), try part(queries..<queries + keys),
      try part(queries + keys..<queries + 2 * keys)
    )
  }

  /// The norms of queries and keys; repeated for every head where each has its own.
  mutating func queryKeyNorms(_ at: String) throws -> (query: [Float], key: [Float])? {
    func both(_ queries: Int, _ keys: Int) throws -> (query: [Float], key: [Float]) {
      (
        try norm(at + "attn_q_norm", queries).weight, try norm(at + "attn_k_norm", keys).weight
      )
    }
    let (queries, keys) = (sizes.heads * sizes.headWidth, sizes.kvHeads * sizes.headWidth)
    switch family.queryKeyNorm {
    case .none: return nil
    case .heads: return try both(sizes.headWidth, sizes.headWidth)
    case .whole: return try both(queries, keys)
    case .ownHeads:
      if source.storedName(at + "attn_q_norm.0.weight") != nil {
        func stacked(_ name: String, _ heads: Int) throws -> [Float] {
          try (0..<heads).flatMap { try vector("\(at)\(name).\($0).weight", sizes.headWidth) }
        }
        return (
          try stacked("attn_q_norm", sizes.heads), try stacked("attn_k_norm", sizes.kvHeads)
        )
      }
      guard source.storedName(at + "attn_q_norm.weight") != nil else { return nil }
      return (
        try vector(at + "attn_q_norm.weight", queries, shape: [sizes.heads, sizes.headWidth]),
        try vector(at + "attn_k_norm.weight", keys, shape: [sizes.kvHeads, sizes.headWidth])
      )
    }
  }

  /// The feed-forward layer of a block.
  mutating func feedForward(_ at: String) throws -> Weights.FeedForward {
    guard sizes.experts > 0 else { return .one(try expert(at)) }
    let router = try pack(
      matrix(at + "ffn_gate_inp", sizes.experts, sizes.width), at + "ffn_gate_inp")
    let isStacked = source.storedName(at + "ffn_up_exps.weight") != nil
    let experts = try (0..<sizes.experts)
      .map { number in
        func part(_ name: String, _ rows: Int, _ columns: Int) throws -> Weights.Projection {
          if isStacked {
            let stack = at + name + "_exps"
            return Weights.Projection(
              matrix: try pack(slice(number, of: stack, rows, columns), stack), bias: nil)
          }
          return try projection("\(at)\(name).\(number)", rows, columns)
        }
        return Weights.Expert(
          gate: try part("ffn_gate", sizes.feedForwardWidth, sizes.width),
          up: try part("ffn_up", sizes.feedForwardWidth, sizes.width),
          down: try part("ffn_down", sizes.width, sizes.feedForwardWidth))
      }
    return .several(router: router, experts)
  }

  private mutating func expert(_ at: String) throws -> Weights.Expert {
    let (width, wide) = (sizes.width, sizes.feedForwardWidth)
    let needsBias = family.biases == .all
    let down = try projection(at + "ffn_down", width, wide, needsBias: needsBias)
    if family.isGated, source.storedName(at + "ffn_gate.weight") == nil {
      // One matrix: the gate's rows, then the others.
      let name = at + "ffn_up"
      let whole = try matrix(name, 2 * wide, width)
      let biases = try bias(name, 2 * wide, isNeeded: needsBias)
      return Weights.Expert(
        gate: Weights.Projection(
          matrix: try pack(whole[rows: 0..<wide], name), bias: biases.map { Array($0[..<wide]) }),
        up: Weights.Projection(
          matrix: try pack(whole[rows: wide..<2 * wide], name),
          bias: biases.map { Array($0[wide...]) }),
        down: down)
    }
    return Weights.Expert(
      gate: family.isGated
        ? try projection(at + "ffn_gate", wide, width, needsBias: needsBias) : nil,
      up: try projection(at + "ffn_up", wide, width, needsBias: needsBias), down: down)
  }

  // MARK: Tensors

  /// A matrix as it is stored.
  mutating func stored(
    _ name: String, rows: Int? = nil, columns: Int
  ) throws -> WeightMatrix {
    let tensor = try take(name + ".weight")
    let matrix = try tensor.matrix()
    try check(tensor, [rows ?? matrix.rows, columns])
    return matrix
  }

  /// A matrix `[rows, columns]`, turned where the checkpoint has it the other way round.
  private mutating func matrix(_ name: String, _ rows: Int, _ columns: Int) throws -> WeightMatrix {
    guard layout?.isTransposed == true else {
      return try stored(name, rows: rows, columns: columns)
    }
    let matrix = try stored(name, rows: columns, columns: rows)
    guard let turned = matrix.transposed() else {
      throw ModelError(
        .unsupported,
        "\(source.path): tensor \(name) is stored as \(matrix.format.name) (expected F32, F16 or "
          + "BF16, since it has to be turned). Use another checkpoint.")
    }
    return turned
  }

  /// One matrix of a stack `[experts, rows, columns]`.
  private mutating func slice(
    _ number: Int, of name: String, _ rows: Int, _ columns: Int
  ) throws -> WeightMatrix {
    let tensor = try take(name + ".weight")
    try check(tensor, [sizes.experts, rows, columns])
    return tensor.matrix(number)
  }

  private mutating func vector(
    _ name: String, _ count: Int, shape: [Int]? = nil
  ) throws -> [Float] {
    let tensor = try take(name)
    try check(tensor, shape ?? [count])
    return tensor.floats()
  }

  private mutating func bias(_ name: String, _ count: Int, isNeeded: Bool) throws -> [Float]? {
    guard isNeeded || source.storedName(name + ".bias") != nil else { return nil }
    return try vector(name + ".bias", count)
  }

  private mutating func take(_ name: String) throws -> StoredTensor {
    let tensor = try source.tensor(name)
    unread.remove(tensor.name)
    return tensor
  }

  private func check(_ tensor: StoredTensor, _ expected: [Int]) throws {
    guard tensor.shape == expected else {
      throw ModelError(
        .shapeMismatch,
        "\(source.path): tensor \(tensor.name) has shape \(tensor.shape) (expected \(expected)). "
          + "The checkpoint is damaged or not a \(family.name) model.")
    }
  }

  private func pack(_ matrix: WeightMatrix, _ name: String) throws -> PackedMatrix {
    let packed = PackedMatrix(
      matrix, in: arena, lanes: lanes,
      whenRead: { StoredTensor.releasePages(of: matrix, $0) })
    if let packed { return packed }
    throw ModelError(
      .outOfMemory,
      "\(source.path): no memory for tensor \(name), \(matrix.rows) by \(matrix.columns). "
        + "Close other programs or use a smaller checkpoint.")
  }

  /// Refuses a checkpoint with tensors that nothing has read.
  ///
  /// A tensor that is not used (a bias, rotary factors) would make every number wrong in silence.
  func checkAllRead() throws {
    let known: Set = [
      "rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight",
    ]
    guard let stray = unread.subtracting(known).min() else { return }
    throw ModelError(
      .unsupported,
      "\(source.path): tensor \(stray) is not used for \(family.name) (expected only tensors of "
        + "the family). Use a checkpoint without it; casthost would compute something else.")
  }
}

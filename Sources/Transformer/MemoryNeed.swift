import Checkpoint
public import Kernels

/// How much memory a checkpoint takes once it is opened, estimated from its header.
public struct MemoryNeed: Sendable, Hashable {
  /// Bytes of the weights in the order in which they are multiplied.
  public let weights: Int
  /// Bytes of the keys and values of one token.
  public let perToken: Int
  /// Bytes of everything else that does not grow with the context: the process itself, and the
  /// tokenizer.
  public let rest: Int
  /// The block format of most weights.
  public let mainFormat: BlockFormat

  /// What casthost takes without a model, measured.
  private static let process = 26_000_000
  /// Bytes of an entry of the vocabulary with its merge, measured.
  private static let vocabularyEntry = 220

  /// Estimates a checkpoint.
  ///
  /// - Throws: `CheckpointError` with code `missingTensor` or `unsupportedFormat`.
  public init(_ source: ModelSource, _ sizes: Hyperparameters) throws {
    let embedding = try source.tensor("token_embd.weight")
    // These stay in the file, where single rows are read; a tied head is packed once more.
    let unpacked = [
      source.storedName("position_embd.weight"),
      source.tiesHead ? source.storedName("output.weight") : embedding.name,
    ]
    let tensors = try source.storedTensors()
    weights = tensors.filter { !unpacked.contains($0.name) }
      .reduce(0) { $0.addingReportingOverflow(MemoryNeed.packed($1)).partialValue }
    perToken =
      KVPage.byteCount(
        layers: sizes.layers, kvHeads: sizes.kvHeads, headWidth: sizes.headWidth)
      / KVPage.positions
    rest = MemoryNeed.process + MemoryNeed.vocabularyEntry * (embedding.shape.first ?? 0)
    var counts: [BlockFormat: Int] = [:]
    for tensor in tensors { counts[tensor.format, default: 0] += tensor.count }
    let most = counts.max { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) }
    mainFormat = most?.key ?? embedding.format
  }

  /// Bytes with a context of so many tokens.
  public func bytes(context: Int) -> Int { weights + rest + perToken * context }

  /// Vectors are float32; of a stack each matrix is packed by itself.
  private static func packed(_ tensor: StoredTensor) -> Int {
    let shape = tensor.shape
    guard shape.count > 1 else { return 4 * tensor.count }
    let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
    return PackedMatrix.byteCount(tensor.format, rows: rows, columns: columns)
      * shape.dropLast(2).reduce(1, *)
  }
}

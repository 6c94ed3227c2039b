public import Kernels

/// What varies between families of models; the decoder reads it and knows no family by name.
public struct Architecture: Sendable, Hashable {
  /// How rows are normalised.
  public enum Norm: Sendable, Hashable {
    /// By the root of the mean square.
    case rootMeanSquare
    /// By mean and variance, with a bias where the checkpoint has one.
    case layer
  }

  /// What of queries and keys is normalised before the rotation.
  public enum QueryKeyNorm: Sendable, Hashable {
    /// Nothing.
    case none
    /// Each head, all with the same weights.
    case heads
    /// Each head, with weights of its own, where the checkpoint has them.
    case ownHeads
    /// All heads as one row.
    case whole
  }

  /// Projections that must have a bias; others have one where the checkpoint stores it.
  public enum Biases: Sendable, Hashable { case none, attention, all }

  /// What the feed-forward layer of a block reads.
  public enum Residual: Sendable, Hashable {
    /// The residual stream after attention.
    case sequential
    /// What attention reads too, unless the checkpoint's `use_parallel_residual` says no.
    case parallel
    /// What attention reads too, where the checkpoint has no norm for it.
    case parallelWithoutNorm
  }

  /// How the rows of the embedding are scaled before block 0 if the checkpoint does not say.
  public enum EmbeddingScale: Sendable, Hashable { case none, squareRootOfWidth }

  /// Which layers attend to a sliding window only, of a checkpoint that has one.
  public enum WindowPattern: Sendable, Hashable {
    /// Every layer.
    case all
    /// Every n-th layer sees the whole context, the others the window.
    case allButEvery(Int)
  }

  /// `general.architecture` in GGUF, and the prefix of the hyperparameters there.
  public let name: String
  /// How Hugging Face's checkpoints of the family differ from GGUF's.
  let huggingFace: HuggingFaceLayout

  /// How rotated pairs lie in a head of a GGUF checkpoint; in Hugging Face's they are halves.
  public var pairing = RotaryTable.Pairing.halves
  /// How rows are normalised.
  public var norm = Norm.rootMeanSquare
  /// Attention and feed-forward read normalised rows.
  public var hasPreNorms = true
  /// What attention and feed-forward produce is normalised before it is added.
  public var hasPostNorms = false
  /// What of queries and keys is normalised before the rotation.
  public var queryKeyNorm = QueryKeyNorm.none
  /// Projections that must have a bias.
  public var biases = Biases.none
  /// What the feed-forward layer reads.
  public var residual = Residual.sequential
  /// The activation of the feed-forward layer.
  public var activation = Elementwise.Gate.silu
  /// The activation's result is multiplied with a second projection.
  public var isGated = true
  /// Positions are learned rows that are added to the embedding, not rotations.
  public var hasLearnedPositions = false
  /// The scale of the embedding.
  public var embeddingScale = EmbeddingScale.none
  /// Which layers attend to a window.
  public var windows = WindowPattern.all
  /// The window of a checkpoint that does not say it.
  public var window = 0
  /// Rotary base of windowed layers where it differs from the checkpoint's.
  public var windowedRotaryBase: Double?
  /// Number of blocks of the one size whose scores are scaled by width / heads, not by the heads'
  /// own width; GGUF does not say it.
  public var blocksScaledByWidth: Int?

  init(
    _ name: String, _ huggingFace: HuggingFaceLayout, _ adjust: (inout Architecture) -> Void
  ) {
    self.name = name
    self.huggingFace = huggingFace
    adjust(&self)
  }

  /// Finds a family by the `general.architecture` of a GGUF checkpoint.
  ///
  /// - Throws: ``ModelError`` with code `unknownArchitecture`, which lists the known ones.
  public static func named(_ name: String, in file: String) throws(ModelError) -> Architecture {
    if let found = known.first(where: { $0.name == name }) { return found }
    throw unknown(name, in: file, known.map(\.name))
  }

  /// Finds a family by the `model_type` of a Hugging Face checkpoint.
  ///
  /// - Throws: ``ModelError`` with code `unknownArchitecture`, which lists the known ones.
  public static func ofType(_ type: String, in file: String) throws(ModelError) -> Architecture {
    if let found = known.first(where: { $0.huggingFace.types.contains(type) }) { return found }
    throw unknown(type, in: file, known.flatMap(\.huggingFace.types))
  }

  private static func unknown(_ name: String, in file: String, _ known: [String]) -> ModelError {
    ModelError(
      .unknownArchitecture,
      "\(file): architecture '\(name)' is not supported (expected one of "
        + "\(known.joined(separator: ", "))). Use a checkpoint of one of these families.")
  }
}

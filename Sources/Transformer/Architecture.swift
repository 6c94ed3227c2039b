public import Kernels

/// What varies between families of models; the decoder reads it and knows no family by name.
public struct Architecture: Sendable, Hashable {
  /// How the rows of the embedding are scaled before block 0.
  public enum EmbeddingScale: Sendable, Hashable { case none, squareRootOfWidth }

  /// Which layers attend to a sliding window only.
  public enum WindowPattern: Sendable, Hashable {
    /// Every layer sees the whole context.
    case none
    /// Every n-th layer sees the whole context, the others the checkpoint's window.
    case allButEvery(Int)
  }

  /// `general.architecture` of the checkpoint, and the prefix of its hyperparameters.
  public let name: String
  /// How rotated pairs lie in a head.
  public var pairing = RotaryTable.Pairing.halves
  /// Queries, keys and values have biases.
  public var hasAttentionBias = false
  /// Each head of queries and keys is normalised before the rotation.
  public var normalisesQueryAndKey = false
  /// What attention and feed-forward produce is normalised before it is added.
  public var hasPostNorms = false
  /// The activation of the feed-forward layer.
  public var gate = Elementwise.Gate.silu
  /// The scale of the embedding.
  public var embeddingScale = EmbeddingScale.none
  /// Which layers attend to a window.
  public var windows = WindowPattern.none
  /// Rotary base of windowed layers where it differs from the checkpoint's.
  public var windowedRotaryBase: Double?

  private init(_ name: String, _ adjust: (inout Architecture) -> Void) {
    self.name = name
    adjust(&self)
  }

  /// The families that the decoder runs.
  public static let known: [Architecture] = [
    // Llama 1 to 3, Mistral and SmolLM; converters permute Q and K so that pairs are neighbours.
    Architecture("llama") { $0.pairing = .interleaved },
    Architecture("qwen2") { $0.hasAttentionBias = true },
    Architecture("gemma3") {
      $0.normalisesQueryAndKey = true
      $0.hasPostNorms = true
      $0.gate = .geluTanh
      $0.embeddingScale = .squareRootOfWidth
      $0.windows = .allButEvery(6)
      $0.windowedRotaryBase = 10_000
    },
  ]

  /// Finds a family by the checkpoint's `general.architecture`.
  ///
  /// - Throws: ``ModelError`` with code `unknownArchitecture`, which lists the known ones.
  public static func named(_ name: String, in file: String) throws(ModelError) -> Architecture {
    if let found = known.first(where: { $0.name == name }) { return found }
    let names = known.map(\.name).joined(separator: ", ")
    throw ModelError(
      .unknownArchitecture,
      "\(file): architecture '\(name)' is not supported (expected one of \(names)). "
        + "Use a checkpoint of one of these families.")
  }

  /// Whether a layer attends to a sliding window only.
  func isWindowed(_ layer: Int) -> Bool {
    switch windows {
    case .none: false
    case .allButEvery(let period): (layer + 1) % period != 0
    }
  }
}

public import Checkpoint
import Kernels

/// The sizes of a model, read from its checkpoint and checked.
public struct Hyperparameters: Sendable, Hashable {
  /// The family.
  public let architecture: Architecture
  /// Number of blocks.
  public let layers: Int
  /// Width of the residual stream.
  public let width: Int
  /// Width of the feed-forward layer.
  public let feedForwardWidth: Int
  /// Number of query heads.
  public let heads: Int
  /// Number of key and value heads.
  public let kvHeads: Int
  /// Elements of a head.
  public let headWidth: Int
  /// Positions that the model was trained for.
  public let contextLength: Int
  /// Added to the mean square before its root is taken.
  public let normEpsilon: Float
  /// Base of the rotary frequencies.
  public let rotaryBase: Double
  /// Rotated elements of a head.
  public let rotated: Int
  /// Factor by which positions are divided (linear scaling), 1 for none.
  public let rotaryScale: Double
  /// Positions that a windowed layer sees; 0 for none.
  public let window: Int

  /// Reads the sizes of a checkpoint.
  ///
  /// - Throws: `CheckpointError` for a missing or mistyped key; ``ModelError`` with code
  ///   `unknownArchitecture`, `badHyperparameter` or `unsupported`.
  public init(_ checkpoint: GGUF) throws {
    let metadata = checkpoint.metadata
    let file = checkpoint.path
    architecture = try Architecture.named(metadata.string("general.architecture"), in: file)
    let family = architecture.name
    func size(_ key: String, fallback: Int? = nil, atMost limit: Int = 1 << 24) throws -> Int {
      let name = "\(family).\(key)"
      let value =
        if let fallback { try metadata.optionalInt(name) ?? fallback } else {
          try metadata.int(name)
        }
      guard value > 0, value <= limit else {
        throw ModelError(
          .badHyperparameter,
          "\(file): \(name) is \(value) (expected 1 to \(limit)). The checkpoint is damaged.")
      }
      return value
    }
    layers = try size("block_count", atMost: 4096)
    width = try size("embedding_length")
    feedForwardWidth = try size("feed_forward_length")
    heads = try size("attention.head_count", atMost: 65536)
    kvHeads = try size("attention.head_count_kv", fallback: heads, atMost: 65536)
    headWidth = try size("attention.key_length", fallback: width / heads, atMost: 4096)
    contextLength = try size("context_length", atMost: 1 << 30)
    rotated = try size("rope.dimension_count", fallback: headWidth, atMost: 4096)
    normEpsilon = Float(try metadata.float("\(family).attention.layer_norm_rms_epsilon"))
    rotaryBase = try metadata.optionalFloat("\(family).rope.freq_base") ?? 10_000
    window =
      architecture.windows == .none ? 0 : try size("attention.sliding_window", atMost: 1 << 30)
    let valueWidth = try size("attention.value_length", fallback: headWidth, atMost: 4096)
    let scaling = try metadata.optionalString("\(family).rope.scaling.type") ?? "none"
    rotaryScale =
      scaling == "linear" ? try metadata.optionalFloat("\(family).rope.scaling.factor") ?? 1 : 1

    let faults: [(Bool, String)] = [
      (heads % kvHeads != 0, "\(heads) query heads are not a multiple of \(kvHeads) key heads"),
      (valueWidth != headWidth, "heads of \(headWidth) keys and \(valueWidth) values differ"),
      (rotated % 2 != 0 || rotated > headWidth, "\(rotated) of \(headWidth) elements are rotated"),
      (!(rotaryBase.isFinite && rotaryBase > 1), "the rotary base is \(rotaryBase)"),
      (!(rotaryScale.isFinite && rotaryScale > 0), "the rotary scale is \(rotaryScale)"),
      (!(normEpsilon.isFinite && normEpsilon >= 0), "the norm epsilon is \(normEpsilon)"),
    ]
    if let fault = faults.first(where: \.0) {
      throw ModelError(
        .badHyperparameter, "\(file): \(fault.1). The checkpoint is damaged or not \(family).")
    }
    guard scaling == "none" || scaling == "linear" else {
      throw ModelError(
        .unsupported,
        "\(file): rotary scaling '\(scaling)' is not supported (expected none or linear). "
          + "Use a checkpoint without it.")
    }
  }

  /// The sizes of a layer's attention.
  func attention(_ layer: Int) -> AttentionShape {
    AttentionShape(
      heads: heads, kvHeads: kvHeads, headWidth: headWidth,
      scale: 1 / Float(headWidth).squareRoot(),
      window: architecture.isWindowed(layer) ? window : 0)
  }

  /// The rotary table of whole-context layers and of windowed ones.
  func rotaryTables() -> (whole: RotaryTable, windowed: RotaryTable) {
    func table(base: Double, scale: Double) -> RotaryTable {
      let frequencies = (0..<rotated / 2)
        .map { pair in
          1 / (scale * ScalarMath.power(base, Double(2 * pair) / Double(rotated)))
        }
      return RotaryTable(inverseFrequencies: frequencies, pairing: architecture.pairing)
    }
    let whole = table(base: rotaryBase, scale: rotaryScale)
    guard let base = architecture.windowedRotaryBase else { return (whole, whole) }
    return (whole, table(base: base, scale: 1))
  }
}

extension Hyperparameters {
  /// Elements of a row of one of a block's buffers.
  public func width(of part: Site.Part) -> Int { part == .heads ? heads * headWidth : width }
}

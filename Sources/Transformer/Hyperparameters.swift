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
  /// Width of the feed-forward layer, of one expert where there are experts.
  public let feedForwardWidth: Int
  /// Number of experts of a feed-forward layer; 0 where it is one.
  public let experts: Int
  /// Number of experts that a row passes through.
  public let expertsUsed: Int
  /// Whether the weights of the used experts are scaled to sum to one.
  public let normalisesExpertWeights: Bool
  /// Number of query heads.
  public let heads: Int
  /// Number of key and value heads.
  public let kvHeads: Int
  /// Elements of a head.
  public let headWidth: Int
  /// Positions that the model was trained for.
  public let contextLength: Int
  /// Added to the mean square or the variance before its root is taken.
  public let normEpsilon: Float
  /// Rotated elements of a head.
  public let rotated: Int
  /// Positions that a layer sees, one number for each; 0 for the whole context.
  public let windows: [Int]
  /// Factor on the products of queries and keys.
  public let attentionScale: Float
  /// Soft cap on the scores of attention, or 0.
  public let attentionSoftCap: Float
  /// Soft cap on the logits, or 0.
  public let logitSoftCap: Float
  /// Factor on the rows of the embedding.
  public let embeddingScale: Float
  /// Factor on what attention and feed-forward add to the residual stream.
  public let residualScale: Float
  /// Factor on the logits.
  public let logitScale: Float
  /// The feed-forward layer reads what attention reads.
  public let isParallel: Bool
  /// How rotated pairs lie in a head.
  let pairing: RotaryTable.Pairing
  let rotary: RotaryPlan
  let windowedRotary: RotaryPlan?

  /// Reads the sizes of a GGUF checkpoint.
  ///
  /// - Throws: As ``init(_:context:)``.
  public init(_ checkpoint: GGUF) throws { try self.init(ModelSource(checkpoint)) }

  /// Reads the sizes of a checkpoint.
  ///
  /// - Parameters:
  ///   - source: The checkpoint.
  ///   - context: Positions that are wanted; matters for checkpoints that rotate by other
  ///     frequencies in long contexts (longrope), which are read for the short one by default.
  /// - Throws: `CheckpointError` for a mistyped key; ``ModelError`` with code
  ///   `badHyperparameter` or `unsupported`.
  public init(_ source: ModelSource, context: Int? = nil) throws {
    let family = source.architecture
    let read = SizeReader(source)
    architecture = family
    layers = try read.size("block_count", atMost: 4096)
    width = try read.size("embedding_length")
    experts = try read.count("expert_count", atMost: 4096)
    expertsUsed = experts == 0 ? 0 : try read.size("expert_used_count", atMost: experts)
    normalisesExpertWeights = try read.normalisesExpertWeights()
    let wholeWidth = try read.size(
      "feed_forward_length", fallback: family.hasLearnedPositions ? 4 * width : nil)
    feedForwardWidth =
      experts == 0 ? wholeWidth : try read.size("expert_feed_forward_length", fallback: wholeWidth)
    heads = try read.size("attention.head_count", atMost: 65536)
    kvHeads = try read.size("attention.head_count_kv", fallback: heads, atMost: 65536)
    headWidth = try read.size("attention.key_length", fallback: width / heads, atMost: 4096)
    normEpsilon = Float(
      try read.number(
        family.norm == .layer
          ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon"))
    rotated = family.hasLearnedPositions ? 0 : try read.rotated(headWidth)
    windows = try read.windows(layers)
    attentionScale = try read.attentionScale(
      headWidth: headWidth, width: width, heads: heads, layers: layers)
    attentionSoftCap = Float(try source.float("attn_logit_softcapping") ?? 0)
    logitSoftCap = Float(try source.float("final_logit_softcapping") ?? 0)
    embeddingScale = try read.embeddingScale(width)
    residualScale = Float(try source.float("residual_scale") ?? 1)
    logitScale = Float(1 / (try source.float("logit_scale") ?? 1))
    isParallel = try read.isParallel()

    let base = try read.rotaryBase()
    let windowedBase = try source.float("rope.freq_base_swa") ?? family.windowedRotaryBase
    try read.check(heads: heads, kvHeads: kvHeads, headWidth: headWidth, rotated: rotated)
    for (value, name) in [
      (Double(normEpsilon), "norm epsilon"), (Double(attentionScale), "scale of attention"),
      (Double(attentionSoftCap), "soft cap of attention"), (Double(logitSoftCap), "soft cap"),
      (Double(embeddingScale), "scale of the embedding"),
      (Double(residualScale), "scale of the residual stream"), (Double(logitScale), "logit scale"),
    ] where !(value.isFinite && value >= 0) {
      throw read.fault("the \(name) is \(value)")
    }
    for base in [base, windowedBase ?? base] where !(base.isFinite && base > 1) {
      throw read.fault("the rotary base is \(base)")
    }
    if case .huggingFace = source.form { pairing = .halves } else { pairing = family.pairing }
    rotary = try RotaryPlan(source, base: base, rotated: rotated, context: context)
    if let windowedBase, windows.contains(where: { $0 > 0 }) {
      windowedRotary = RotaryPlan(base: windowedBase, rotated: rotated)
    } else {
      windowedRotary = nil
    }
    let longest = try read.size("context_length", atMost: 1 << 30)
    if let context, context > longest {
      throw ModelError(
        .unsupported,
        "\(source.path): a context of \(context) tokens is asked for (expected at most \(longest), "
          + "which the model was made for). Ask for less.")
    }
    contextLength = min(longest, rotary.context ?? longest)
  }

  /// The sizes of a layer's attention.
  func attention(_ layer: Int) -> AttentionShape {
    AttentionShape(
      heads: heads, kvHeads: kvHeads, headWidth: headWidth, scale: attentionScale,
      softCap: attentionSoftCap, window: windows[layer])
  }

  /// The rotary table of whole-context layers and of windowed ones.
  func rotaryTables() -> (whole: RotaryTable, windowed: RotaryTable) {
    func table(_ plan: RotaryPlan) -> RotaryTable {
      RotaryTable(
        inverseFrequencies: plan.frequencies, pairing: pairing, magnitude: plan.magnitude)
    }
    let whole = table(rotary)
    return (whole, windowedRotary.map(table) ?? whole)
  }
}

extension Hyperparameters {
  /// Elements of a row of one of a block's buffers.
  public func width(of part: Site.Part) -> Int { part == .heads ? heads * headWidth : width }
}

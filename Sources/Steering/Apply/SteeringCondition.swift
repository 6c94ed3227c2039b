public import Engine
import Kernels
public import Transformer

/// Decides once, on a sequence's prompt, whether the sequence is steered.
///
/// The prompt is run once without any steering; its activation at one layer is compared with a
/// direction, and the outcome holds for the prompt and everything generated after it (conditional
/// steering, [Lee et al. 2024](https://arxiv.org/abs/2409.05907)).
public final class SteeringCondition {
  /// What is compared with the threshold; h is the activation, c the direction.
  public enum Similarity: String, Sendable, CaseIterable {
    /// cos(h, c).
    case cosine
    /// cos(h, tanh(P h)) with P the projection on c, as in CAST: nearly |cos(h, c)|.
    case cast
    /// h·ĉ, residual-stream units.
    case projection
  }

  /// Which side of the threshold steers.
  public enum Bound: Sendable, Hashable {
    /// Similarities above it.
    case above(Double)
    /// Similarities below it.
    case below(Double)

    func holds(_ similarity: Double) -> Bool {
      switch self {
      case .above(let threshold): similarity > threshold
      case .below(let threshold): similarity < threshold
      }
    }
  }

  /// Number of different prompts so far that were steered.
  public private(set) var held = 0
  /// Number of different prompts so far that were not.
  public private(set) var refused = 0
  /// What was last compared with the threshold.
  public private(set) var lastSimilarity: Double?

  private let session: Session
  private let layer: LayerIndex
  private let direction: [Float]
  private let bound: Bound
  private let similarity: Similarity
  private let rule: TokenRule
  private let interventions: [any Intervention]
  private var known: [[Int32]: Double] = [:]

  /// Prompts whose similarity is remembered.
  private static let remembered = 1024

  /// Makes a condition.
  ///
  /// - Parameters:
  ///   - vector: Gives the direction c.
  ///   - layer: Where the prompt's activation is read.
  ///   - bound: The threshold and its side.
  ///   - similarity: What is compared with it.
  ///   - rule: Which token of the prompt is read, or their mean.
  ///   - session: Runs the prompts.
  ///   - interventions: What watches while it does, such as a time limit.
  /// - Throws: ``SteeringError`` for a layer that the model or the vector does not have, a vector
  ///   of another width, or a zero direction.
  public init(
    _ vector: ControlVector, layer: LayerIndex, _ bound: Bound, similarity: Similarity = .cosine,
    at rule: TokenRule, session: Session, interventions: [any Intervention] = []
  ) throws(SteeringError) {
    let sizes = session.model.sizes
    try sizes.check([layer], .residual, for: "when")
    guard let direction = try vector.at([layer])[layer], direction.count == sizes.width else {
      throw SteeringError(
        .widthMismatch,
        "when: the vector is \(vector.width) wide (expected \(sizes.width), the model's width). "
          + "Use a vector that was built for this model.")
    }
    guard vector.passport.site != Site.Part.heads.rawValue else {
      throw SteeringError(
        .badOption,
        "when: the vector moves attention heads (expected a direction of the residual stream). Use "
          + "another one.")
    }
    guard direction.contains(where: { $0 != 0 }) else {
      throw SteeringError(
        .zeroDirection,
        "when: the vector is zero at layer \(layer) (expected a direction). Choose another layer.")
    }
    self.direction = direction
    self.layer = layer
    self.bound = bound
    self.similarity = similarity
    self.rule = rule
    self.session = session
    self.interventions = interventions
  }

  private init(of other: SteeringCondition) {
    session = other.session
    layer = other.layer
    direction = other.direction
    bound = other.bound
    similarity = other.similarity
    rule = other.rule
    interventions = other.interventions
    known = other.known
  }

  /// The same condition with an account of its own.
  var twin: SteeringCondition { SteeringCondition(of: self) }

  /// Whether the sequence is steered; runs the model unless the prompt is known.
  func holds(for place: SequencePlace) throws -> Bool {
    if let similarity = known[place.prompt] {
      lastSimilarity = similarity
      return bound.holds(similarity)
    }
    let similarity = try measure(place.prompt)
    if known.count >= SteeringCondition.remembered { known = [:] }
    known[place.prompt] = similarity
    lastSimilarity = similarity
    let holds = bound.holds(similarity)
    if holds { held += 1 } else { refused += 1 }
    return holds
  }

  private func measure(_ prompt: [Int32]) throws -> Double {
    let rows = try session.activations(
      [prompt], layers: [layer], at: rule, interventions: interventions)
    guard let row = rows[layer]?.row(0) else { return 0 }
    let width = direction.count
    switch similarity {
    case .cosine: return VectorMath.cosine(row, direction, width)
    case .projection:
      return VectorMath.dot(row, direction, width) / VectorMath.norm(direction, width)
    case .cast:
      let factor =
        VectorMath.dot(row, direction, width) / VectorMath.dot(direction, direction, width)
      let bent = direction.map { Float(ScalarMath.hyperbolicTangent(factor * Double($0))) }
      return VectorMath.cosine(row, bent, width)
    }
  }
}

public import Engine
import Kernels
public import Transformer

/// A vector applied to a model: where, how and how strongly.
public final class Steering: Intervention {
  /// How strongly.
  public enum Scale {
    /// The same at every token.
    case constant(Float)
    /// From the number of the token that is about to be generated: 0 for the whole prompt.
    case schedule((Int) throws -> Float)
  }

  /// What the scale is a multiple of.
  public enum Unit: String, Sendable, CaseIterable {
    /// The direction as it is.
    case raw
    /// A vector of the mean length of the residual stream at the layer, along the direction.
    case norm
    /// A vector as long as the standard deviation of the activations along the direction
    /// ([Li et al. 2023](https://arxiv.org/abs/2306.03341)).
    case sigma
  }

  /// The settings of a steering.
  public struct Options {
    /// What is done.
    public var op = Operator.add
    /// How strongly.
    public var scale = Scale.constant(1)
    /// What the scale is a multiple of.
    public var unit = Unit.raw
    /// The layers; nil is every layer that the vector has.
    public var layers: [LayerIndex]?
    /// Which tokens.
    public var positions = PositionRule.all
    /// Leave the first position alone: BOS where there is one, and an attention sink in any case.
    public var exceptBOS = false
    /// The buffer that is changed; nil is the one of a vector of attention heads, else the residual
    /// stream.
    public var part: Site.Part?
    /// For `ablate`: whether the vector's one direction is taken out wherever there is some.
    ///
    /// Out of the embedding, of what attention and feed-forward add in every block, and of every
    /// block's output, as [Arditi et al. 2024](https://arxiv.org/abs/2406.11717) do.
    public var isEverywhere = false
    /// For a map f: h + s (g f(h) − h).
    public var gain: Float = 1
    /// For `rotate`: what spans the plane with the vector; nil is the row itself.
    public var plane: ControlVector?
    /// Decides for each sequence whether it is steered at all.
    public var condition: SteeringCondition?

    /// Adds the vector once, at all its layers and every token.
    public init() {}
  }

  /// What the steering has done so far.
  public let effect = SteeringEffect()
  /// What decides whether a sequence is steered, if anything.
  public var condition: SteeringCondition? { options.condition }
  let options: Options
  let acts: [Site: Act]
  /// The same, for the hooks of sequences.
  let table: SiteTable<Act>

  /// What is done at one site.
  enum Act {
    /// The operator with one direction.
    case direction(Direction)
    /// The operator with a direction for each of the first tokens.
    case tokens([Direction])
    /// A map.
    case map(AffineMap.AtLayer)
  }

  /// Checks a vector and its settings against a model.
  ///
  /// - Throws: ``SteeringError`` for another width, a layer that the model or the vector does not
  ///   have, a scale that is not finite, a zero direction where one is needed, or a unit that the
  ///   vector's passport cannot give.
  public convenience init(
    _ vector: ControlVector, _ options: Options = Options(), sizes: Hyperparameters
  ) throws(SteeringError) {
    try Steering.check(options)
    if let fault = options.op.fault { throw SteeringError(.badOption, "steer: \(fault)") }
    let part = try SteeredDirections.part(vector, options)
    try Steering.check(width: vector.width, part, sizes, "vector")
    let made = try SteeredDirections(vector, options, part, sizes)
    self.init(options, made.sites)
  }

  /// Checks a map and its settings against a model.
  ///
  /// - Throws: ``SteeringError`` for another width, or a layer that the model or the map does not
  ///   have.
  public convenience init(
    _ map: AffineMap, _ options: Options = Options(), sizes: Hyperparameters
  ) throws(SteeringError) {
    try Steering.check(options)
    let part = options.part ?? .residual
    try Steering.check(width: map.width, part, sizes, "map")
    let chosen = options.layers ?? map.indices
    try sizes.check(chosen, part, for: "steer")
    var acts: [Site: Act] = [:]
    for layer in chosen {
      guard let mapped = map.layers[layer] else {
        throw SteeringError(
          .unknownLayer,
          "steer: the map has no layer \(layer) (expected one of \(summary(of: map.indices))). "
            + "Choose a layer that it has.")
      }
      acts[Site(layer, part)] = .map(mapped)
    }
    self.init(options, acts)
  }

  private init(_ options: Options, _ acts: [Site: Act]) {
    self.options = options
    self.acts = acts
    table = SiteTable(acts)
  }

  private static func check(_ options: Options) throws(SteeringError) {
    if case .constant(let scale) = options.scale, !scale.isFinite {
      throw SteeringError(.notFinite, "steer: scale \(scale) is not finite. Give a number.")
    }
    guard options.gain.isFinite else {
      throw SteeringError(.notFinite, "steer: gain \(options.gain) is not finite. Give a number.")
    }
  }

  private static func check(
    width: Int, _ part: Site.Part, _ sizes: Hyperparameters, _ what: String
  ) throws(SteeringError) {
    guard width == sizes.width(of: part) else {
      throw SteeringError(
        .widthMismatch,
        "steer: the \(what) is \(width) wide (expected \(sizes.width(of: part)), the model's width"
          + "\(part == .heads ? " at site 'heads'" : "")). Use a \(what) that was built for this "
          + "model.")
    }
  }

  /// Tokens that two prompts share are steered alike, unless positions count from the end, or a
  /// schedule or a condition decides.
  public var treatsPrefixesAlike: Bool {
    if case .schedule = options.scale { return false }
    return options.condition == nil && options.positions.treatsPrefixesAlike
  }

  /// A schedule is a function that may remember.
  public var keepsState: Bool {
    if case .schedule = options.scale { return true }
    return false
  }

  /// Adding nothing changes nothing.
  public var isNeutral: Bool {
    guard case .constant(0) = options.scale else { return false }
    switch options.op {
    case .add, .addKeepNorm, .slerp, .cosineGate: return true
    default: return acts.values.contains { if case .map = $0 { true } else { false } }
    }
  }

  /// The first site that is steered: within a block, its parts come before its output.
  public var firstSite: Site {
    acts.keys.min {
      ($0.layer.number, $0.part == .residual ? 1 : 0)
        < ($1.layer.number, $1.part == .residual ? 1 : 0)
    } ?? Site(.embedding)
  }

  private var layers: [LayerIndex] { Array(Set(acts.keys.map(\.layer))) }

  /// The first token that the position rule covers.
  public func firstPosition(in place: SequencePlace) -> Int {
    let first = options.positions.firstPosition(promptLength: place.prompt.count)
    return options.exceptBOS ? max(first, 1) : first
  }

  /// The same steering with an account of its own.
  public var twin: any Intervention {
    var options = options
    options.condition = options.condition?.twin
    return Steering(options, acts)
  }

  /// Makes the hook of one sequence; none where the condition does not hold.
  ///
  /// - Throws: What computing the condition throws.
  public func hooks(for place: SequencePlace) throws -> [any ResidualHook] {
    if let condition = options.condition, try !condition.holds(for: place) { return [] }
    return [SteeringHook(self, promptLength: place.prompt.count)]
  }

  /// Throws ``SteeringError`` with code `noEffect` if no row has been covered so far, unless it
  /// is one that changes nothing, or a condition is the reason.
  public func checkActed() throws(SteeringError) {
    guard effect.rows == 0, !isNeutral, options.condition?.refused ?? 0 == 0 else { return }
    throw SteeringError(
      .noEffect,
      "steer: positions '\(options.positions)' covered no token of this call (layers "
        + "\(summary(of: layers))). Choose positions that occur.")
  }
}

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
  /// For each layer one direction, or one for each of the first tokens.
  let directions: [LayerIndex: [Direction]]

  /// Checks a vector and its settings against a model.
  ///
  /// - Throws: ``SteeringError`` for another width, a layer that the model or the vector does not
  ///   have, a scale that is not finite, a zero direction where one is needed, or a unit that the
  ///   vector's passport cannot give.
  public init(
    _ vector: ControlVector, _ options: Options = Options(), sizes: Hyperparameters
  ) throws(SteeringError) {
    guard vector.width == sizes.width else {
      throw SteeringError(
        .widthMismatch,
        "steer: the vector is \(vector.width) wide (expected \(sizes.width), the model's width). "
          + "Use a vector that was built for this model.")
    }
    if case .constant(let scale) = options.scale, !scale.isFinite {
      throw SteeringError(.notFinite, "steer: scale \(scale) is not finite. Give a number.")
    }
    if let fault = options.op.fault { throw SteeringError(.badOption, "steer: \(fault)") }
    guard vector.rows == 1 || (options.op == .add && options.unit == .raw) else {
      throw SteeringError(
        .badOption,
        "steer: a vector that acts token by token can only be added, in unit 'raw'. Build one "
          + "with a single direction a layer for other operators.")
    }
    let chosen = try options.layers.map { layers throws(SteeringError) in try vector.at(layers) }
    let steered = chosen ?? vector
    try sizes.check(steered.layers, .residual, for: "steer")
    var directions: [LayerIndex: [Direction]] = [:]
    for (layer, norm) in steered.norms where norm > 0 {
      let unit = try Steering.unit(options.unit, layer, norm: norm, vector.passport)
      let values = steered[layer] ?? []
      guard vector.rows == 1 else {
        directions[layer] = (0..<vector.rows)
          .map { row in
            let part = Array(values[row * vector.width..<(row + 1) * vector.width])
            return Direction(part, norm: VectorMath.norm(part, part.count))
          }
        continue
      }
      var direction = Direction(values, norm: norm, unit: unit)
      if let plane = options.plane { direction.across = try direction.across(plane, layer) }
      directions[layer] = [direction]
    }
    if let zero = options.layers?.first(where: { directions[$0] == nil }) {
      throw SteeringError(
        .zeroDirection,
        "steer: the vector is zero at layer \(zero) (expected a direction). Choose other layers.")
    }
    guard !directions.isEmpty else {
      throw SteeringError(
        .zeroDirection,
        "steer: the vector is zero at layers \(summary(of: steered.layers)) "
          + "(expected a direction). Choose other layers.")
    }
    self.options = options
    self.directions = directions
  }

  private init(_ options: Options, _ directions: [LayerIndex: [Direction]]) {
    self.options = options
    self.directions = directions
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
    return options.op == .add || options.op == .addKeepNorm
  }

  /// The residual stream of the lowest layer that is steered.
  public var firstSite: Site { Site(directions.keys.min() ?? .embedding) }

  /// The first token that the position rule covers.
  public func firstPosition(in place: SequencePlace) -> Int {
    let first = options.positions.firstPosition(promptLength: place.prompt.count)
    return options.exceptBOS ? max(first, 1) : first
  }

  /// The same steering with an account of its own.
  public var twin: any Intervention {
    var options = options
    options.condition = options.condition?.twin
    return Steering(options, directions)
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
        + "\(summary(of: Array(directions.keys)))). Choose positions that occur.")
  }

  private static func unit(
    _ unit: Unit, _ layer: LayerIndex, norm: Double, _ passport: Passport
  ) throws(SteeringError) -> Float {
    switch unit {
    case .raw: return 1
    case .norm:
      guard let residual = passport.residualNorms?["\(layer)"] else {
        throw SteeringError(
          .badOption,
          "steer: unit 'norm' needs the mean residual norm at layer \(layer), which the vector's "
            + "passport does not have. Build the vector with casthost or use unit 'raw'.")
      }
      return Float(residual / norm)
    case .sigma:
      guard let deviation = passport.projectionDeviations?["\(layer)"] else {
        throw SteeringError(
          .badOption,
          "steer: unit 'sigma' needs the standard deviation of the activations along the "
            + "direction of layer \(layer), which the vector's passport does not have. Build the "
            + "vector with casthost, and do not combine it, or use unit 'raw'.")
      }
      return Float(deviation / norm)
    }
  }
}

import Kernels
import Transformer

/// A vector's directions at the sites where a steering applies them, each checked and ready for use.
struct SteeredDirections {
  /// For each site one direction, or one for each of the first tokens.
  private(set) var sites: [Site: Steering.Act] = [:]

  init(
    _ vector: ControlVector, _ options: Steering.Options, _ part: Site.Part,
    _ sizes: Hyperparameters
  ) throws(SteeringError) {
    guard vector.rows == 1 || (options.op == .add && options.unit == .raw) else {
      throw SteeringError(
        .badOption,
        "steer: a vector that acts token by token can only be added, in unit 'raw'. Build one "
          + "with a single direction a layer for other operators.")
    }
    let chosen = try options.layers.map { layers throws(SteeringError) in try vector.at(layers) }
    let steered = chosen ?? vector
    try sizes.check(steered.layers, part, for: "steer")
    let norms = steered.norms
    let rows = Tensor(rows: max(1, norms.count * vector.rows), columns: vector.width)
    // In the order in which the layers need them.
    for (index, layer) in steered.layers.enumerated() {
      guard let norm = norms[layer], norm > 0 else { continue }
      let place = (rows: rows, row: index * vector.rows)
      sites[Site(layer, part)] = try SteeredDirections.act(
        steered, layer, norm: norm, options, in: place)
    }
    if let zero = options.layers?.first(where: { sites[Site($0, part)] == nil }) {
      throw SteeringError(
        .zeroDirection,
        "steer: the vector is zero at layer \(zero) (expected a direction). Choose other layers.")
    }
    guard !sites.isEmpty else {
      throw SteeringError(
        .zeroDirection,
        "steer: the vector is zero at layers \(summary(of: steered.layers)) "
          + "(expected a direction). Choose other layers.")
    }
    if options.isEverywhere { try spread(options, sizes) }
  }

  /// Puts the one direction wherever the residual stream is written.
  private mutating func spread(
    _ options: Steering.Options, _ sizes: Hyperparameters
  ) throws(SteeringError) {
    guard options.op == .ablate, options.part == nil || options.part == .residual else {
      throw SteeringError(
        .badOption,
        "steer: 'everywhere' goes with op 'ablate' and site 'residual' only. Leave it out.")
    }
    guard !sites.keys.contains(where: { $0.part == .heads }) else {
      throw SteeringError(
        .badOption,
        "steer: 'everywhere' takes a direction of the residual stream, and the vector moves attention "
          + "heads. Use another one.")
    }
    guard sites.count == 1, let direction = sites.values.first else {
      throw SteeringError(
        .badOption,
        "steer: 'everywhere' takes one direction, and the vector has layers "
          + "\(summary(of: sites.keys.map(\.layer))). Name the layer whose direction is meant.")
    }
    sites = [Site(.embedding): direction]
    for block in 0..<sizes.layers {
      for part in [Site.Part.attention, .mlp, .residual] {
        sites[Site(LayerIndex(block), part)] = direction
      }
    }
  }

  /// What is done at a layer; its directions are put into rows that are there for them.
  private static func act(
    _ vector: ControlVector, _ layer: LayerIndex, norm: Double, _ options: Steering.Options,
    in place: (rows: Tensor, row: Int)
  ) throws(SteeringError) -> Steering.Act {
    let (rows, first) = place
    let values = vector[layer] ?? []
    rows.row(first).update(from: values, count: values.count)
    guard vector.rows == 1 else {
      return .tokens(
        (first..<first + vector.rows)
          .map { Direction(rows, row: $0, norm: VectorMath.norm(rows.row($0), vector.width)) })
    }
    let unit = try unit(options.unit, layer, norm: norm, vector.passport)
    var direction = Direction(rows, row: first, norm: norm, unit: unit)
    if let plane = options.plane { direction.across = try direction.across(plane, layer) }
    if options.op == .ablateAffine {
      guard let reference = vector.passport.negativeProjections?["\(layer)"] else {
        throw SteeringError(
          .badOption,
          "steer: op 'ablate_affine' needs the mean projection of the negative side at layer "
            + "\(layer), which the vector's passport does not have. Build the vector with casthost, "
            + "and do not combine it.")
      }
      direction.reference = reference
    }
    return .direction(direction)
  }

  /// The buffer that a vector is applied to.
  static func part(
    _ vector: ControlVector, _ options: Steering.Options
  ) throws(SteeringError) -> Site.Part {
    let isOfHeads = vector.passport.site == Site.Part.heads.rawValue
    let part = options.part ?? (isOfHeads ? .heads : .residual)
    guard vector.passport.site == nil || isOfHeads == (part == .heads) else {
      throw SteeringError(
        .badOption,
        "steer: the vector was built at site '\(vector.passport.site ?? "")' and cannot be applied "
          + "at '\(part.rawValue)'. Heads are steered with vectors of heads, and nothing else is.")
    }
    return part
  }

  private static func unit(
    _ unit: Steering.Unit, _ layer: LayerIndex, norm: Double, _ passport: Passport
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

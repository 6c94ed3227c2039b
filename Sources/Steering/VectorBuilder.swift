public import Engine
import Kernels
public import Transformer

/// How a vector is to be built.
public struct BuildOptions {
  /// The method; see ``BuildMethod/all``.
  public var method = "mean_diff"
  /// The layers; nil is every block.
  public var layers: [LayerIndex]?
  /// The buffer that is read.
  public var part = Site.Part.residual
  /// The token that is read.
  public var rule = TokenRule.last
  /// Scale every direction to length 1.
  public var normalize = false
  /// Where the method's random numbers start.
  public var seed: UInt64 = 0
  /// Computes a layer's direction in place of a named method.
  public var custom: ((BuildMethod.Input) throws -> [Float])?
  /// Sees each layer's direction as the method computed it, and may return another.
  public var hook: ((BuildMethod.Input, [Float]) throws -> [Float]?)?
  /// Texts of neither side, read as the pairs are; for `mean_center`.
  public var reference: [Prompt] = []
  /// What acts on the model while activations are read.
  public var interventions: [any Intervention] = []

  /// Keeps the activations for the next build on the same prompts.
  public var memo: ActivationMemo?

  /// Mean difference at the last token of every block.
  public init() {}
}

extension Session {
  /// Builds a vector from contrast pairs: activations of both sides, then a direction a layer.
  ///
  /// - Parameters:
  ///   - set: The pairs.
  ///   - options: Method, layers, token rule.
  ///   - progress: Called with the number of prompts done and their total.
  /// - Returns: The vector, with its passport.
  /// - Throws: ``SteeringError`` for no pairs, a layer that does not exist, a direction of another
  ///   width or one that is not finite or zero at every layer; `ModelError`.
  public func buildVector(
    _ set: ContrastSet, _ options: BuildOptions = BuildOptions(),
    progress: (Int, Int) throws -> Void = { _, _ in }
  ) throws -> ControlVector {
    guard set.count > 0 else {
      throw SteeringError(
        .emptyDataset, "vector.build: no contrast pairs (expected at least one). Add some.")
    }
    let layers = options.layers ?? (0..<model.sizes.layers).map { LayerIndex($0) }
    let method = options.custom == nil ? try BuildMethod.named(options.method) : nil
    let read = try readActivations(of: set, options, layers, method, progress)
    var directions: [LayerIndex: [Float]] = [:]
    var passport = Passport()
    passport.residualNorms = [:]
    passport.separation = [:]
    passport.projectionDeviations = [:]
    let length = model.sizes.width * (read.isTokenwise ? read.positive : 1)
    for layer in layers.sorted() {
      guard let rows = read.rows[layer] else { continue }
      try progress(read.prompts, read.prompts)
      let input = read.input(layer, rows, seed: options.seed)
      var direction = try method?.direction(input) ?? options.custom?(input) ?? []
      direction = try options.hook?(input, direction) ?? direction
      guard direction.count == length else {
        throw SteeringError(
          .widthMismatch,
          "vector.build: layer \(layer) got \(direction.count) elements "
            + "(expected \(length), the model's width). Return one direction.")
      }
      directions[layer] = direction
      let both = rows.slice(0..<read.positive + read.negative)
      if options.part == .residual {
        passport.residualNorms?["\(layer)"] = meanNorm(both)
      }
      guard !read.isTokenwise else { continue }
      if options.part == .residual {
        passport.projectionDeviations?["\(layer)"] = deviation(of: both, along: direction)
      }
      passport.separation?["\(layer)"] = Separation(
        direction, positive: input.positive, negative: input.negative, isPaired: input.isPaired)
    }
    passport.method = method?.name ?? "function"
    passport.model = model.name
    passport.architecture = model.sizes.architecture.name
    passport.arithmetic = model.arithmetic.rawValue
    passport.site = options.part.rawValue
    passport.position = read.isTokenwise ? "tokens" : options.rule.name
    passport.pairs = set.count
    passport.dataset = set.source
    passport.seed = ["random", "lat"].contains(method?.name) ? options.seed : nil
    let vector = try ControlVector(
      directions, rows: read.isTokenwise ? read.positive : 1, passport: passport)
    guard vector.norms.values.contains(where: { $0 > 0 }) else {
      throw SteeringError(
        .zeroDirection,
        "vector.build: the direction is zero at every layer (expected a difference between the "
          + "two sides). Check that the pairs differ at the token that is read.")
    }
    return options.normalize ? vector.normalized : vector
  }

  private func meanNorm(_ rows: Tensor) -> Double {
    (0..<rows.rows).reduce(0.0) { $0 + VectorMath.norm(rows.row($1), rows.columns) }
      / Double(max(1, rows.rows))
  }

  /// Standard deviation of the rows' projections on a direction, over all rows; nil for zero.
  private func deviation(of rows: Tensor, along direction: [Float]) -> Double? {
    let norm = VectorMath.norm(direction, rows.columns)
    guard norm > 0, norm.isFinite, rows.rows > 0 else { return nil }
    let projections = (0..<rows.rows)
      .map { VectorMath.dot(rows.row($0), direction, rows.columns) / norm }
    let mean = projections.reduce(0, +) / Double(rows.rows)
    let squares = projections.reduce(0.0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(rows.rows)).squareRoot()
  }
}

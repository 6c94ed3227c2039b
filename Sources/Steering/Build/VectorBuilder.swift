public import Engine
import Kernels
import Transformer

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
    try check(options, method)
    var draft = VectorDraft(model, options, method, set)
    let streamed = method.flatMap { StreamedMethod.all[$0.name] }
    if let streamed, set.count > options.mostKept, options.hook == nil {
      let given = options.shufflesLabels ? set.exchanged(seed: options.seed) : set
      try buildStreamed(given, options, layers, method, streamed, &draft, progress)
    } else {
      try buildKept(set, options, layers, method, &draft, progress)
    }
    return try draft.finished()
  }

  private func check(_ options: BuildOptions, _ method: BuildMethod?) throws(SteeringError) {
    let name = method?.name ?? "function"
    guard options.reference.isEmpty || BuildMethod.takingReference.contains(name) else {
      throw SteeringError(
        .badOption,
        "vector.build: method '\(name)' takes no reference (expected one of "
          + "\(BuildMethod.takingReference.joined(separator: ", "))). Leave it out.")
    }
    guard name != HeadProbes.method || options.part == .heads else {
      throw SteeringError(
        .badOption,
        "vector.build: method '\(name)' reads site '\(Site.Part.heads.rawValue)', not "
          + "'\(options.part.rawValue)'. Leave the site out.")
    }
  }

  /// Reads all rows, then computes layer by layer.
  private func buildKept(
    _ set: ContrastSet, _ options: BuildOptions, _ layers: [LayerIndex], _ method: BuildMethod?,
    _ draft: inout VectorDraft, _ progress: (Int, Int) throws -> Void
  ) throws {
    var isEvery = false
    if case .every = options.rule { isEvery = true }
    // Of pairs, rows are exchanged, so that another draw needs no new activations.
    let exchanged = options.shufflesLabels ? set.coins(seed: options.seed) : nil
    let given = isEvery ? exchanged.map { set.exchanged($0) } ?? set : set
    var read = try readActivations(of: given, options, layers, method, progress)
    if !isEvery && !read.isTokenwise { read.exchanged = exchanged }
    draft.rows = read.isTokenwise ? read.positive : 1
    let inputs = layers.sorted()
      .compactMap { layer in read.rows[layer].map { read.input(layer, $0, seed: options.seed) } }
    let found =
      method?.name == HeadProbes.method
      ? try HeadProbes.directions(inputs, heads: model.sizes.heads, keep: options.heads) : nil
    draft.passport.heads = found?.passport
    for (index, input) in inputs.enumerated() {
      try progress(read.prompts, read.prompts)
      var direction =
        try found?.directions[index] ?? method?.direction(input) ?? options.custom?(input) ?? []
      direction = try options.hook?(input, direction) ?? direction
      try draft.add(direction, input)
    }
  }
}

/// A vector that is being built, layer by layer.
struct VectorDraft {
  /// Number of tokens with a direction of their own.
  var rows = 1
  var passport = Passport()
  private let width: Int
  private let part: Site.Part
  private let normalizes: Bool
  private var directions: [LayerIndex: [Float]] = [:]

  init(_ model: Model, _ options: BuildOptions, _ method: BuildMethod?, _ set: ContrastSet) {
    width = model.sizes.width(of: options.part)
    part = options.part
    normalizes = options.normalize
    passport.residualNorms = [:]
    passport.separation = [:]
    passport.projectionDeviations = [:]
    passport.negativeProjections = [:]
    passport.method = method?.name ?? "function"
    passport.model = model.name
    passport.architecture = model.sizes.architecture.name
    passport.arithmetic = model.arithmetic.rawValue
    passport.site = options.part.rawValue
    passport.position = options.rule.name
    if case .tokens? = method?.need { passport.position = "tokens" }
    passport.pairs = set.count
    passport.dataset = set.source
    let isDrawn = ["random", "random_orthogonal", "lat"].contains(method?.name)
    passport.seed = isDrawn || options.shufflesLabels ? options.seed : nil
    if options.shufflesLabels { passport.labels = "shuffled" }
  }

  /// Takes a layer's direction, and measures it on rows of both sides.
  mutating func add(
    _ direction: [Float], _ input: BuildMethod.Input, meanLength: Double? = nil
  ) throws(SteeringError) {
    let layer = input.layer
    guard direction.count == width * rows else {
      throw SteeringError(
        .widthMismatch,
        "vector.build: layer \(layer) got \(direction.count) elements "
          + "(expected \(width * rows), the model's width). Return one direction.")
    }
    directions[layer] = direction
    let sides = [input.positive, input.negative]
    if part == .residual {
      passport.residualNorms?["\(layer)"] = meanLength ?? VectorDraft.meanNorm(sides)
    }
    guard rows == 1 else { return }
    let norm = VectorMath.norm(direction, width)
    if norm > 0, norm.isFinite {
      let projections = sides.map { side in
        (0..<side.rows).map { VectorMath.dot(side.row($0), direction, width) / norm }
      }
      passport.negativeProjections?["\(layer)"] =
        projections[1].reduce(0, +) / Double(max(1, projections[1].count))
      if part != .heads {
        passport.projectionDeviations?["\(layer)"] = VectorDraft.deviation(
          projections[0] + projections[1])
      }
    }
    passport.separation?["\(layer)"] = Separation(
      direction, positive: input.positive, negative: input.negative, isPaired: input.isPaired)
  }

  func finished() throws -> ControlVector {
    let vector = try ControlVector(directions, rows: rows, passport: passport)
    guard vector.norms.values.contains(where: { $0 > 0 }) else {
      throw SteeringError(
        .zeroDirection,
        "vector.build: the direction is zero at every layer (expected a difference between the "
          + "two sides). Check that the pairs differ at the token that is read.")
    }
    return normalizes ? vector.normalized : vector
  }

  private static func meanNorm(_ sides: [Tensor]) -> Double {
    let count = sides.reduce(0) { $0 + $1.rows }
    return sides.reduce(0.0) { total, side in
      (0..<side.rows).reduce(total) { $0 + VectorMath.norm(side.row($1), side.columns) }
    } / Double(max(1, count))
  }

  /// Standard deviation over all values.
  private static func deviation(_ values: [Double]) -> Double? {
    guard !values.isEmpty else { return nil }
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0.0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(values.count)).squareRoot()
  }
}

extension ContrastSet {
  /// For each pair, whether a coin drawn from a seed says to exchange its sides.
  func coins(seed: UInt64) -> [Bool] {
    var random = RandomSource(seed: seed, stream: -2)
    return pairs.map { _ in random.next() & 1 == 1 }
  }

  /// The pairs with some sides exchanged.
  func exchanged(_ coins: [Bool]) -> ContrastSet {
    var other = self
    for (index, isExchanged) in coins.enumerated() where isExchanged {
      (other.pairs[index].positive, other.pairs[index].negative) = (
        pairs[index].negative, pairs[index].positive
      )
    }
    return other
  }

  func exchanged(seed: UInt64) -> ContrastSet { exchanged(coins(seed: seed)) }
}

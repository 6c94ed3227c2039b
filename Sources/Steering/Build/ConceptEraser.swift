public import Engine
import Kernels
import Transformer

extension Session {
  /// Fits the map that erases what contrast pairs differ in and changes activations least.
  ///
  /// LEACE ([Belrose et al. 2023](https://arxiv.org/abs/2306.03819)).
  ///
  /// With Σ the covariance of all activations x and σ that with the label: f(h) = h − σ (w·(h − μ)) /
  /// (w·σ), w = Σ⁻¹σ. No linear probe tells the sides apart afterwards: their means agree. Σ may be
  /// singular; of its pseudoinverse, eigenvalues below width · ε of the largest are left out.
  ///
  /// - Parameters:
  ///   - set: The pairs.
  ///   - options: Layers, site, token rule; memory does not grow with the number of pairs.
  ///   - progress: Called with the number of prompts done and their total.
  /// - Returns: A map for each layer.
  /// - Throws: ``SteeringError`` for no pairs, or sides that do not differ; `ModelError`.
  public func concept(
    erasing set: ContrastSet, _ options: BuildOptions = BuildOptions(),
    progress: (Int, Int) throws -> Void = { _, _ in }
  ) throws -> AffineMap {
    let layers = options.layers ?? (0..<model.sizes.layers).map { LayerIndex($0) }
    let width = model.sizes.width(of: options.part)
    guard set.count > 0 else {
      throw SteeringError(
        .emptyDataset, "map.leace: no contrast pairs (expected at least one). Add some.")
    }
    var moments = try layers.map { _ in
      (
        all: try RunningMoments(wide: width, layers.count),
        positive: RunningMoments(width: width, keepsSquares: false),
        negative: RunningMoments(width: width, keepsSquares: false)
      )
    }
    try forEachChunk(of: set, options, layers, progress) { rows in
      for (index, layer) in layers.enumerated() {
        guard let tensor = rows.rows[layer] else { continue }
        let input = rows.input(layer, tensor, seed: options.seed)
        for side in [input.positive, input.negative] { moments[index].all.add(side) }
        moments[index].positive.add(input.positive)
        moments[index].negative.add(input.negative)
      }
    }
    var maps: [LayerIndex: AffineMap.AtLayer] = [:]
    for (layer, sums) in zip(layers, moments) {
      let difference = RowMath.difference(sums.positive.mean, sums.negative.mean)
      maps[layer] = try LinearEraser.map(
        scatter: sums.all.scatter, mean: sums.all.mean, difference: difference, layer)
      moments.removeFirst()
    }
    return AffineMap(maps, width: width, method: "leace")
  }

  /// Reads pairs some at a time.
  func forEachChunk(
    of set: ContrastSet, _ options: BuildOptions, _ layers: [LayerIndex],
    _ progress: (Int, Int) throws -> Void, _ body: (BuildActivations) throws -> Void
  ) throws {
    var plain = options
    plain.memo = nil
    plain.reference = []
    // Any rows will do: no pairs are needed.
    let method = try BuildMethod.named("mean_diff_unpaired")
    let total = 2 * set.count
    for start in stride(from: 0, to: set.count, by: 64) {
      let part = ContrastSet(
        Array(set.pairs[start..<min(start + 64, set.count)]), source: set.source)
      try body(
        try readActivations(of: part, plain, layers, method) { done, _ in
          try progress(2 * start + done, total)
        })
    }
  }
}

enum LinearEraser {
  /// The oblique projection of a binary concept.
  static func map(
    scatter: SquareMatrix, mean: [Double], difference: [Double], _ layer: LayerIndex
  ) throws(SteeringError) -> AffineMap.AtLayer {
    let eigen = SymmetricEigen(scatter)
    let least = (eigen.values.last ?? 0) * Double(eigen.size) * Double.ulpOfOne
    var weights = Array(repeating: 0.0, count: eigen.size)
    // σ lies in the range of Σ; what is left of it elsewhere is rounding.
    var inside = weights
    for index in eigen.values.indices where eigen.values[index] > least {
      let axis = eigen.vector(index)
      let along = RowMath.dot(axis, difference)
      for column in axis.indices {
        weights[column] += along / eigen.values[index] * axis[column]
        inside[column] += along * axis[column]
      }
    }
    let square = RowMath.dot(weights, inside)
    guard square > 0 else {
      throw SteeringError(
        .zeroDirection,
        "map.leace: the sides have the same mean at layer \(layer) (expected a difference). Check "
          + "that the pairs differ at the token that is read.")
    }
    let right = weights.map { $0 / square }
    return .oblique(
      left: RowMath.floats(inside), right: RowMath.floats(right),
      offset: RowMath.dot(right, mean))
  }
}

extension RunningMoments {
  /// Sums of squares of one of several layers.
  ///
  /// - Throws: ``SteeringError`` where those of all layers take more than two gigabytes.
  convenience init(wide width: Int, _ layers: Int, isShifted: Bool = true) throws(SteeringError) {
    let bytes = layers * RunningMoments.bytes(width: width)
    guard bytes <= 2 << 30 else {
      throw SteeringError(
        .badOption,
        "map: covariances at \(layers) layers take \(bytes >> 20) MiB (expected at most 2048). "
          + "Choose fewer layers.")
    }
    self.init(width: width, keepsSquares: true, isShifted: isShifted)
  }
}

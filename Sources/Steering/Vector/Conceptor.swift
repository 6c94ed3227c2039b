public import Engine
import Kernels
import Transformer

extension Session {
  /// Fits conceptors: soft projections on what activations span
  /// ([Jaeger 2014](https://arxiv.org/abs/1403.3369),
  /// [Postmus and Abreu 2024](https://arxiv.org/abs/2410.16314)).
  ///
  /// C = R (R + a⁻²I)⁻¹ with R = XᵀX/n and a the aperture: the larger it is, the more is kept.
  ///
  /// - Parameters:
  ///   - prompts: What is read.
  ///   - aperture: a, above 0; unitless where activations are multiplied by it.
  ///   - options: Layers, site, token rule.
  ///   - progress: Called with the number of prompts done and their total.
  /// - Returns: A matrix for each layer.
  /// - Throws: ``SteeringError`` for no prompts or an aperture that is not above 0; `ModelError`.
  public func conceptor(
    of prompts: [Prompt], aperture: Double, _ options: BuildOptions = BuildOptions(),
    progress: (Int, Int) throws -> Void = { _, _ in }
  ) throws -> AffineMap {
    let layers = options.layers ?? (0..<model.sizes.layers).map { LayerIndex($0) }
    let width = model.sizes.width(of: options.part)
    guard !prompts.isEmpty, aperture > 0, aperture.isFinite else {
      throw SteeringError(
        .badOption,
        "map.conceptor: \(prompts.count) prompts, aperture \(aperture) (expected at least one, and "
          + "a number above 0). Give some.")
    }
    let moments = try layers.map { _ in
      try RunningMoments(wide: width, layers.count, isShifted: false)
    }
    // Two texts make a pair, the last alone if their number is odd.
    let half = prompts.count / 2
    let set = ContrastSet(
      (0..<half).map { ContrastPair(positive: prompts[$0], negative: prompts[half + $0]) })
    func add(_ input: BuildMethod.Input, to sums: RunningMoments, sides: Int) {
      sums.add(input.positive)
      if sides == 2 { sums.add(input.negative) }
    }
    func read(_ set: ContrastSet, sides: Int) throws {
      try forEachChunk(of: set, options, layers, progress) { rows in
        for (layer, sums) in zip(layers, moments) {
          guard let tensor = rows.rows[layer] else { continue }
          add(rows.input(layer, tensor, seed: 0), to: sums, sides: sides)
        }
      }
    }
    if half > 0 { try read(set, sides: 2) }
    if prompts.count % 2 == 1, let last = prompts.last {
      try read(ContrastSet([ContrastPair(positive: last, negative: last)]), sides: 1)
    }
    var maps: [LayerIndex: AffineMap.AtLayer] = [:]
    for (layer, sums) in zip(layers, moments) {
      let matrix = Conceptor.matrix(
        sums.product.scaled(by: 1 / Double(sums.count)), aperture: aperture)
      maps[layer] = .matrix(RowMath.floats(matrix.values))
    }
    return AffineMap(maps, width: width, method: "conceptor")
  }
}

extension AffineMap {
  /// I − C: what C leaves out.
  ///
  /// - Throws: ``SteeringError`` for a map that is no conceptor.
  public func negated() throws(SteeringError) -> AffineMap {
    try conceptors("not") { $0.scaled(by: -1, plusDiagonal: 1) }
  }

  /// What both keep.
  ///
  /// - Throws: ``SteeringError`` for maps that are no conceptors or have no common layer.
  public func and(_ other: AffineMap) throws(SteeringError) -> AffineMap {
    try conceptors("and", other, "and(\(method), \(other.method))", Conceptor.and)
  }

  /// What either keeps.
  ///
  /// - Throws: As ``and(_:)``.
  public func or(_ other: AffineMap) throws(SteeringError) -> AffineMap {
    try conceptors("or", other, "or(\(method), \(other.method))", Conceptor.or)
  }

  /// C (C + γ⁻²(I − C))⁻¹: the conceptor as if its aperture were γ times as large.
  ///
  /// - Throws: ``SteeringError`` for a map that is no conceptor, or a factor that is not above 0.
  public func withAperture(times factor: Double) throws(SteeringError) -> AffineMap {
    guard factor > 0, factor.isFinite else {
      throw SteeringError(
        .badOption, "map:aperture: factor \(factor) (expected a number above 0). Give one.")
    }
    return try conceptors("aperture") { matrix in
      SymmetricEigen(matrix)
        .matrix { value in
          let kept = min(max(value, 0), 1)
          return kept / (kept + (1 - kept) / (factor * factor))
        }
    }
  }

  private func conceptors(
    _ operation: String, _ change: (SquareMatrix) -> SquareMatrix
  ) throws(SteeringError) -> AffineMap {
    try conceptors(operation, self, "\(operation)(\(method))") { matrix, _ in change(matrix) }
  }

  private func conceptors(
    _ operation: String, _ other: AffineMap, _ name: String,
    _ combine: (SquareMatrix, SquareMatrix) -> SquareMatrix
  ) throws(SteeringError) -> AffineMap {
    var maps: [LayerIndex: AtLayer] = [:]
    for layer in indices {
      guard let right = other.layers[layer] else { continue }
      guard case .matrix(let left)? = layers[layer], case .matrix(let right) = right,
        left.count == right.count
      else {
        throw SteeringError(
          .badOption,
          "map: '\(operation)' needs conceptors of one width (layer \(layer), \(method) and "
            + "\(other.method)). Make them with map.conceptor from one model.")
      }
      let result = combine(
        SquareMatrix(left.map { Double($0) }, size: width),
        SquareMatrix(right.map { Double($0) }, size: width))
      maps[layer] = .matrix(RowMath.floats(result.values))
    }
    guard !maps.isEmpty else {
      throw SteeringError(
        .noCommonLayer,
        "map: layers \(summary(of: indices)) and \(summary(of: other.indices)) have none in common. "
          + "Make both at the same layers.")
    }
    return AffineMap(maps, width: width, method: name)
  }
}

/// The algebra of soft projections: symmetric matrices with eigenvalues from 0 to 1.
enum Conceptor {
  /// Eigenvalues below it count as 0: float32 holds the matrices.
  private static let least = 1e-6

  static func matrix(_ correlation: SquareMatrix, aperture: Double) -> SquareMatrix {
    let floor = 1 / (aperture * aperture)
    return SymmetricEigen(correlation).matrix { max($0, 0) / (max($0, 0) + floor) }
  }

  /// C ∧ B = (C⁻¹ + B⁻¹ − I)⁻¹ on what both ranges have in common, 0 elsewhere.
  static func and(_ left: SquareMatrix, _ right: SquareMatrix) -> SquareMatrix {
    let (c, b) = (SymmetricEigen(left), SymmetricEigen(right))
    // Across the common range lies whatever is across one of the two ranges.
    let outside = c.matrix { $0 > least ? 0 : 1 }.combined(with: b.matrix { $0 > least ? 0 : 1 }, +)
    let ranges = SymmetricEigen(outside)
    let common = ranges.values.indices.filter { ranges.values[$0] < least }
      .map { ranges.vector($0) }
    let inverse = c.matrix { $0 > least ? 1 / $0 : 0 }
      .combined(with: b.matrix { $0 > least ? 1 / $0 : 0 }, +)
    var inner = SquareMatrix(diagonal: 0, size: common.count)
    for (row, x) in common.enumerated() {
      let product = inverse * x
      for (column, y) in common.enumerated() {
        inner[row, column] = RowMath.dot(product, y) - (row == column ? 1 : 0)
      }
    }
    let small = SymmetricEigen(inner)
    var result = SquareMatrix(diagonal: 0, size: left.size)
    for index in small.values.indices {
      let axis = RowMath.combine(common, small.vector(index))
      // C⁻¹ + B⁻¹ − I is at least I.
      result.addLowerSquare(of: axis, by: 1 / max(small.values[index], 1))
    }
    return result.mirrored
  }

  /// C ∨ B = ¬(¬C ∧ ¬B).
  static func or(_ left: SquareMatrix, _ right: SquareMatrix) -> SquareMatrix {
    func not(_ matrix: SquareMatrix) -> SquareMatrix { matrix.scaled(by: -1, plusDiagonal: 1) }
    return not(and(not(left), not(right)))
  }
}

import Engine
import Kernels
import Transformer

extension ControlVector {
  /// How ``merged(_:weights:_:)`` treats the elements of several vectors.
  public enum Merge: Sendable, Hashable {
    /// Σ wᵢ vᵢ.
    case linear
    /// Trim, elect sign, merge ([Yadav et al. 2023](https://arxiv.org/abs/2306.01708)): of each
    /// direction the `density` largest elements are kept, each element gets the sign of the weighted
    /// sum, and those that agree with it are averaged, by their weights.
    case ties(density: Double)
    /// Drop and rescale ([Yu et al. 2023](https://arxiv.org/abs/2311.03099)): each element is kept
    /// with the chance `density` and divided by it, then Σ wᵢ vᵢ.
    case dare(density: Double, seed: UInt64)
    /// The elements that ``dare(density:seed:)`` leaves, merged as ``ties(density:)`` merges.
    case dareTies(density: Double, seed: UInt64)

    private var density: Double {
      switch self {
      case .linear: 1
      case .ties(let density), .dare(let density, _), .dareTies(let density, _): density
      }
    }

    var fault: String? {
      density > 0 && density <= 1
        ? nil : "density \(density) (expected above 0, at most 1). Give a share of the elements."
    }
  }

  /// Merges several vectors into one, layer by layer; a vector without a layer takes no part there.
  ///
  /// - Parameters:
  ///   - vectors: At least one; all of one width.
  ///   - weights: As many numbers.
  ///   - merge: How.
  /// - Returns: A vector at every layer that one of them has.
  /// - Throws: ``SteeringError`` for other counts, widths or densities.
  public static func merged(
    _ vectors: [ControlVector], weights: [Double], _ merge: Merge
  ) throws(SteeringError) -> ControlVector {
    let first = try alike(vectors, "merge")
    guard weights.count == vectors.count, weights.allSatisfy(\.isFinite) else {
      throw SteeringError(
        .badOption,
        "merge: \(weights.count) weights of \(vectors.count) vectors (expected one finite number "
          + "for each). Give as many.")
    }
    if let fault = merge.fault { throw SteeringError(.badOption, "merge: \(fault)") }
    var directions: [LayerIndex: [Float]] = [:]
    for layer in Set(vectors.flatMap(\.layers)) {
      let parts = zip(vectors, weights).enumerated()
        .compactMap { index, part -> Part? in
          part.0[layer].map { Part(values: $0, weight: part.1, index: index) }
        }
      directions[layer] = merge.merge(parts, layer)
    }
    var passport = first.passport
    for other in vectors.dropFirst() { passport = passport.combined("merge", other.passport) }
    return try ControlVector(directions, passport: passport)
  }

  fileprivate struct Part {
    var values: [Float]
    let weight: Double
    let index: Int
  }

  /// Directions at right angles to those of the vectors before, each as long as what is left of it.
  ///
  /// - Throws: ``SteeringError`` for vectors of different layers or widths, or ones that depend on
  ///   each other.
  public static func gramSchmidt(
    _ vectors: [ControlVector]
  ) throws(SteeringError) -> [ControlVector] {
    try orthogonal(vectors, "gram_schmidt") { rows in
      var done: [[Double]] = []
      for row in rows {
        var rest = row
        // Twice is enough: what rounding left the first time goes the second.
        for _ in 0..<2 {
          for earlier in done {
            let factor = RowMath.dot(rest, earlier) / RowMath.dot(earlier, earlier)
            rest = zip(rest, earlier).map { $0 - factor * $1 }
          }
        }
        guard RowMath.norm(rest) > 1e-6 * RowMath.norm(row) else { return nil }
        done.append(rest)
      }
      return done
    }
  }

  /// The directions at right angles to each other that are closest to the vectors', whatever their
  /// order (Löwdin), each as long as the vector's.
  ///
  /// - Throws: As ``gramSchmidt(_:)``.
  public static func lowdin(_ vectors: [ControlVector]) throws(SteeringError) -> [ControlVector] {
    try orthogonal(vectors, "lowdin") { rows in
      let lengths = rows.map { RowMath.norm($0) }
      guard lengths.allSatisfy({ $0 > 0 }) else { return nil }
      let units = zip(rows, lengths).map { row, length in row.map { $0 / length } }
      let overlap = SquareMatrix(RowMath.gram(units).flatMap { $0 }, size: units.count)
      let eigen = SymmetricEigen(overlap)
      guard let least = eigen.values.first, least > 1e-12 else { return nil }
      let root = eigen.matrix { 1 / $0.squareRoot() }
      return lengths.indices.map { index in
        RowMath.combine(units, root.row(index)).map { $0 * lengths[index] }
      }
    }
  }

  /// Spherical interpolation: from this vector at `share` 0 to another at 1, along the arc between
  /// their directions.
  ///
  /// Lengths are interpolated with the same weights. Directions that are nearly parallel, cosine
  /// above 0.9995 or below −0.9995, are interpolated along the chord.
  ///
  /// - Throws: ``SteeringError`` for other widths or no common layer, or a share outside 0 to 1.
  public func slerp(
    _ other: ControlVector, _ share: Double
  ) throws(SteeringError) -> ControlVector {
    guard (0...1).contains(share) else {
      throw SteeringError(
        .badOption, "slerp: t = \(share) (expected 0 to 1). Give a share of the way.")
    }
    _ = try ControlVector.alike([self, other], "slerp")
    let cosines = try cosines(other)
    var directions: [LayerIndex: [Float]] = [:]
    for (layer, cosine) in cosines {
      guard let left = self[layer], let right = other[layer] else { continue }
      var weights = (1 - share, share)
      if abs(cosine) <= 0.9995 {
        let angle = ScalarMath.arcCosine(cosine)
        let sine = ScalarMath.sine(angle)
        weights = (
          ScalarMath.sine((1 - share) * angle) / sine, ScalarMath.sine(share * angle) / sine
        )
      }
      directions[layer] = zip(left, right)
        .map { Float(weights.0 * Double($0) + weights.1 * Double($1)) }
    }
    return try ControlVector(directions, passport: passport.combined("slerp", other.passport))
  }

  /// One vector of several that have no layer in common.
  ///
  /// - Throws: ``SteeringError`` for other widths, or a layer that two of them have.
  public static func joined(_ vectors: [ControlVector]) throws(SteeringError) -> ControlVector {
    let first = try alike(vectors, "join")
    var directions: [LayerIndex: [Float]] = [:]
    var passport = first.passport
    for (index, vector) in vectors.enumerated() {
      if let twice = vector.layers.first(where: { directions[$0] != nil }) {
        throw SteeringError(
          .badOption,
          "join: two of the vectors have layer \(twice) (expected different layers). Take some "
            + "layers of each with :at(…), or add the vectors.")
      }
      directions.merge(vector.directions) { first, _ in first }
      if index > 0 { passport = passport.joined(vector.passport) }
    }
    return try ControlVector(directions, passport: passport)
  }

  // MARK: Parts of these

  /// The first of vectors that have one width and one direction a layer.
  private static func alike(
    _ vectors: [ControlVector], _ what: String
  ) throws(SteeringError) -> ControlVector {
    guard let first = vectors.first else {
      throw SteeringError(.badOption, "\(what): no vectors (expected at least one). Give some.")
    }
    for vector in vectors {
      guard vector.width == first.width else {
        throw SteeringError(
          .widthMismatch,
          "\(what): widths \(first.width) and \(vector.width) differ (expected vectors of one "
            + "model). Build all from the same model.")
      }
      guard vector.rows == 1 else { throw tokenwise("take part in '\(what)' with") }
    }
    return first
  }

  private static func orthogonal(
    _ vectors: [ControlVector], _ name: String, _ change: ([[Double]]) -> [[Double]]?
  ) throws(SteeringError) -> [ControlVector] {
    let first = try alike(vectors, name)
    guard vectors.allSatisfy({ $0.layers == first.layers }) else {
      throw SteeringError(
        .noCommonLayer,
        "\(name): the vectors have different layers (expected \(summary(of: first.layers)), as the "
          + "first one). Take some with :at(…).")
    }
    var results = vectors.map { _ in [LayerIndex: [Float]]() }
    for layer in first.layers {
      let rows = vectors.map { ($0[layer] ?? []).map { Double($0) } }
      guard let changed = change(rows) else {
        throw SteeringError(
          .zeroDirection,
          "\(name): the vectors depend on each other at layer \(layer) (expected as many directions "
            + "as vectors). Leave one out.")
      }
      for (index, row) in changed.enumerated() { results[index][layer] = RowMath.floats(row) }
    }
    var made: [ControlVector] = []
    for (vector, directions) in zip(vectors, results) {
      var passport = vector.passport.combined(name, vector.passport)
      passport.method = "\(name)(\(vector.passport.method ?? "unknown"))"
      made.append(try ControlVector(directions, passport: passport))
    }
    return made
  }
}

extension ControlVector.Merge {
  fileprivate func merge(_ parts: [ControlVector.Part], _ layer: LayerIndex) -> [Float] {
    switch self {
    case .linear: return sum(parts)
    case .ties(let density): return elected(parts.map { trimmed($0, density) })
    case .dare(let density, let seed): return sum(parts.map { dropped($0, density, seed, layer) })
    case .dareTies(let density, let seed):
      return elected(parts.map { dropped($0, density, seed, layer) })
    }
  }

  private func sum(_ parts: [ControlVector.Part]) -> [Float] {
    parts[0].values.indices
      .map { index in
        Float(parts.reduce(0.0) { $0 + $1.weight * Double($1.values[index]) })
      }
  }

  /// Keeps the largest elements; of equal ones the first.
  private func trimmed(_ part: ControlVector.Part, _ density: Double) -> ControlVector.Part {
    let count = max(1, Int(density * Double(part.values.count)))
    let order = part.values.indices
      .sorted { (-abs(part.values[$0]), $0) < (-abs(part.values[$1]), $1) }
    var other = part
    for index in order.dropFirst(count) { other.values[index] = 0 }
    return other
  }

  private func dropped(
    _ part: ControlVector.Part, _ density: Double, _ seed: UInt64, _ layer: LayerIndex
  ) -> ControlVector.Part {
    var random = RandomSource(seed: seed, stream: part.index * 65_536 + layer.number + 1)
    var other = part
    other.values = part.values.map { random.uniform() < density ? Float(Double($0) / density) : 0 }
    return other
  }

  private func elected(_ parts: [ControlVector.Part]) -> [Float] {
    let total = sum(parts)
    return total.indices.map { index in
      var (sum, weights) = (0.0, 0.0)
      for part in parts {
        let share = part.weight * Double(part.values[index])
        guard share != 0, (share > 0) == (total[index] > 0), total[index] != 0 else { continue }
        sum += share
        weights += abs(part.weight)
      }
      return weights != 0 ? Float(sum / weights) : 0
    }
  }
}

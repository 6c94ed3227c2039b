public import Engine
import Kernels
import Transformer

/// Vectors that a vector is compared with.
extension ControlVector {
  /// The vector turned by a rotation that is uniform among all of the residual stream's.
  ///
  /// Every layer, and every token of a vector that has several, is as long as before and lies to the
  /// others as before, which matters where several are steered together: directions of neighbouring
  /// layers are alike, and what they do adds up.
  ///
  /// - Parameters:
  ///   - seed: Streams of one seed are unrelated.
  ///   - stream: The number of the vector.
  /// - Returns: The control; its passport has nothing that was measured along this vector.
  public func randomControl(seed: UInt64, stream: Int) -> ControlVector {
    var random = RandomSource(seed: seed, stream: stream)
    var rows: [[Double]] = []
    for layer in layers {
      let direction = self[layer] ?? []
      for start in Swift.stride(from: 0, to: direction.count, by: width) {
        rows.append(direction[start..<start + width].map { Double($0) })
      }
    }
    let turned = RandomRotation.turned(rows, width: width, using: &random)
    var taken = 0
    var drawn: [LayerIndex: [Float]] = [:]
    for layer in layers {
      let count = (self[layer] ?? []).count / width
      drawn[layer] = turned[taken..<taken + count].flatMap { RowMath.floats($0) }
      taken += count
    }
    return control(map { layer, direction in drawn[layer] ?? direction }, "random")
  }

  private func control(_ vector: ControlVector, _ method: String?) -> ControlVector {
    var vector = vector
    vector.passport.method = method
    vector.passport.separation = nil
    vector.passport.projectionDeviations = nil
    vector.passport.negativeProjections = nil
    return vector
  }
}

extension ContrastSet {
  /// Which pairs have their sides exchanged, at random.
  ///
  /// Where the pairs have two right answers (as "Yes" and "No"), as many of one are exchanged as of
  /// the other: what an answer itself adds to the vector stays as it is. Else a control of balanced
  /// pairs would mostly point from one answer to the other, and be no draw that the vector is one of.
  ///
  /// - Returns: An entry for each pair, uniform over all choices that keep the balance.
  public func exchanges(using random: inout RandomSource) -> [Bool] {
    let answers = pairs.map { $0.fields["matching"] }
    let kinds = Set(answers)
    guard kinds.count == 2, !kinds.contains(nil), let first = answers.first else {
      return pairs.map { _ in random.next() >> 63 == 1 }
    }
    let isFirst = answers.map { $0 == first }
    let rarer = min(isFirst.count { $0 }, isFirst.count { !$0 })
    // A choice of as many pairs as are of the rarer kind, out of all: those of the rarer kind that it
    // leaves out are as many as those of the other that it takes.
    let isRarerFirst = isFirst.count { $0 } == rarer
    let chosen = Set(pairs.indices.shuffled(using: &random).prefix(rarer))
    return pairs.indices.map { index in
      isFirst[index] == isRarerFirst ? !chosen.contains(index) : chosen.contains(index)
    }
  }
}

extension BuildOptions {
  /// The same build on the same activations with the sides of some pairs exchanged: what the method
  /// makes of labels that mean nothing.
  ///
  /// - Throws: ``SteeringError`` where pairs have no single rows that could be exchanged.
  public func exchangingSides(_ isExchanged: [Bool]) throws(SteeringError) -> BuildOptions {
    func refusal(_ reason: String) -> SteeringError {
      SteeringError(
        .badOption,
        "shuffled labels: \(reason) (expected one activation of each side of each pair). Set "
          + "shuffled = 0, or build in another way.")
    }
    let named = custom == nil ? try BuildMethod.named(method) : nil
    if case .tokens? = named?.need { throw refusal("method '\(method)' reads every token") }
    if case .every = rule { throw refusal("position 'all' reads every token") }
    guard reference.isEmpty else { throw refusal("the build has a reference") }
    guard named?.name != HeadProbes.method else {
      throw refusal("method '\(method)' chooses among the heads of all layers")
    }
    var other = self
    other.custom = { [custom] input in
      guard input.isPaired, input.pairs == isExchanged.count else {
        throw refusal("\(input.pairs) pairs for \(isExchanged.count) labels")
      }
      func side(_ own: Tensor, _ other: Tensor) -> Tensor {
        let rows = Tensor(rows: own.rows, columns: own.columns)
        for row in 0..<own.rows {
          rows.row(row).update(from: (isExchanged[row] ? other : own).row(row), count: own.columns)
        }
        return rows
      }
      var exchanged = BuildMethod.Input(
        layer: input.layer, positive: side(input.positive, input.negative),
        negative: side(input.negative, input.positive), seed: input.seed)
      exchanged.isPaired = true
      return try named?.direction(exchanged) ?? custom?(exchanged) ?? []
    }
    return other
  }
}

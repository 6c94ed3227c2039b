import Engine
import Kernels
import Transformer

extension Session {
  /// Pairs that are read at a time.
  private static let chunk = 64
  /// Bytes that sums may take.
  private static let mostSumBytes = 2 << 30

  /// Builds from more pairs than are kept: rows are summed up as they are read, so that memory does
  /// not grow with the number of pairs.
  ///
  /// What the passport says of separation and deviation is measured on the first pairs.
  ///
  /// - Throws: ``SteeringError`` where the sums alone would take too much; `ModelError`.
  func buildStreamed(
    _ set: ContrastSet, _ options: BuildOptions, _ layers: [LayerIndex], _ method: BuildMethod?,
    _ streamed: StreamedMethod, _ draft: inout VectorDraft,
    _ progress: (Int, Int) throws -> Void
  ) throws {
    let width = model.sizes.width(of: options.part)
    let bytes = layers.count * BuildSums.bytes(streamed.need, width: width)
    guard bytes <= Session.mostSumBytes else {
      throw SteeringError(
        .badOption,
        "vector.build: method '\(options.method)' needs \(bytes >> 20) MiB of covariances at "
          + "\(layers.count) layers (expected at most \(Session.mostSumBytes >> 20)). Choose fewer "
          + "layers.")
    }
    let sums = layers.sorted()
      .map { BuildSums($0, width: width, streamed.need, seed: options.seed) }
    var plain = options
    plain.memo = nil
    plain.reference = []
    let passes = streamed.isSignedByMajority ? 2 : 1
    let total = 2 * set.count * passes + options.reference.count
    var done = 0
    /// Reads pairs in chunks and hands each layer's rows out.
    func read(_ set: ContrastSet, _ body: (BuildActivations) throws -> Void) throws {
      for start in stride(from: 0, to: set.count, by: Session.chunk) {
        let end = min(start + Session.chunk, set.count)
        let part = ContrastSet(Array(set.pairs[start..<end]), source: set.source)
        let rows = try readActivations(of: part, plain, layers, method) { now, _ in
          try progress(done + now, total)
        }
        done += rows.prompts
        try body(rows)
      }
    }
    try read(set) { rows in
      for sum in sums {
        guard let tensor = rows.rows[sum.layer] else { continue }
        sum.add(rows.input(sum.layer, tensor, seed: options.seed))
      }
    }
    // General texts have one side only; both halves of each pair go to the same sum.
    for start in stride(from: 0, to: options.reference.count, by: Session.chunk) {
      let end = min(start + Session.chunk, options.reference.count)
      let texts = options.reference[start..<end].map { ContrastPair(positive: $0, negative: $0) }
      let rows = try readActivations(of: ContrastSet(texts), plain, layers, method) { _, _ in }
      for sum in sums {
        guard let tensor = rows.rows[sum.layer] else { continue }
        sum.reference.add(rows.input(sum.layer, tensor, seed: options.seed).positive)
      }
      done += end - start
      try progress(done, total)
    }
    var directions = try sums.map { RowMath.floats(try streamed.direction($0)) }
    if streamed.isSignedByMajority {
      var balances = Array(repeating: 0, count: sums.count)
      try read(set) { rows in
        for (index, sum) in sums.enumerated() {
          guard let tensor = rows.rows[sum.layer] else { continue }
          balances[index] += PrincipalComponent.balance(
            of: directions[index], rows.input(sum.layer, tensor, seed: options.seed))
        }
      }
      for (index, balance) in balances.enumerated() where balance < 0 {
        directions[index] = directions[index].map { -$0 }
      }
    }
    let sample = try readActivations(
      of: set.take(min(options.mostKept, Session.chunk * 4)), plain, layers, method
    ) { _, _ in try progress(total, total) }
    for (sum, direction) in zip(sums, directions) {
      guard let tensor = sample.rows[sum.layer] else { continue }
      try draft.add(
        direction, sample.input(sum.layer, tensor, seed: options.seed),
        meanLength: sum.meanLength)
    }
    draft.passport.measuredPairs = sample.positive
  }
}

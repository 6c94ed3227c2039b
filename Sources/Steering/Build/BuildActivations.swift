import Engine
import Kernels
import Transformer

/// The activations that a vector is built from: positive rows, negative rows, reference rows.
struct BuildActivations {
  let rows: [LayerIndex: Tensor]
  /// Numbers of rows.
  let positive: Int
  let negative: Int
  let reference: Int
  let isPaired: Bool
  /// Whether the direction has a row for each token.
  let isTokenwise: Bool
  /// Number of prompts that were read.
  let prompts: Int
  /// The pairs whose sides are exchanged.
  var exchanged: [Bool]?
  let lease: RowLedger.Lease?

  func input(_ layer: LayerIndex, _ rows: Tensor, seed: UInt64) -> BuildMethod.Input {
    var (up, down) = (rows.slice(0..<positive), rows.slice(positive..<positive + negative))
    if let exchanged {
      let (left, right) = (up.copy(), down.copy())
      for (row, isExchanged) in exchanged.enumerated() where isExchanged {
        left.row(row).update(from: down.row(row), count: rows.columns)
        right.row(row).update(from: up.row(row), count: rows.columns)
      }
      (up, down) = (left, right)
    }
    var input = BuildMethod.Input(layer: layer, positive: up, negative: down, seed: seed)
    let both = positive + negative
    if reference > 0 { input.reference = rows.slice(both..<both + reference) }
    input.isPaired = isPaired
    return input
  }
}

extension Session {
  /// Bytes of activations that are kept at a time.
  private static let mostBytes = 1 << 30

  /// Reads what a method needs.
  ///
  /// - Throws: ``SteeringError`` for options that do not go together, or more than a gigabyte;
  ///   `ModelError`.
  func readActivations(
    of set: ContrastSet, _ options: BuildOptions, _ layers: [LayerIndex], _ method: BuildMethod?,
    _ progress: (Int, Int) throws -> Void
  ) throws -> BuildActivations {
    let need = method?.need ?? .rows
    let name = method?.name ?? "function"
    let all = set.pairs.map(\.positive) + set.pairs.map(\.negative) + options.reference
    var prompts = try all.map { try model.tokens(of: $0) }
    var options = options
    var first = Array(repeating: 0, count: prompts.count)
    if case .tokens = need {
      guard set.count == 1 else {
        throw SteeringError(
          .badOption,
          "vector.build: method '\(name)' got \(set.count) pairs (expected one). Take one of them.")
      }
      prompts = try padded(prompts)
      options.rule = .every
    } else if case .every = options.rule {
      guard case .rows = need else {
        throw SteeringError(
          .badOption,
          "vector.build: method '\(name)' needs one activation of each prompt (expected another "
            + "position than 'all'). Use 'mean', or a method that takes rows without pairs.")
      }
      first = firstContent(of: prompts)
    }
    var isEvery = false
    if case .every = options.rule { isEvery = true }
    let bytes =
      prompts.count * layers.count * model.sizes.width(of: options.part) * MemoryLayout<Float>.size
    guard isEvery || bytes <= Session.mostBytes else {
      throw SteeringError(
        .badOption,
        "vector.build: method '\(name)' needs all activations at once, \(bytes >> 20) MiB of "
          + "\(prompts.count) prompts at \(layers.count) layers (expected at most "
          + "\(Session.mostBytes >> 20)). Choose fewer layers or fewer pairs.")
    }
    let responses =
      options.rule.readsResponse ? try all.map { try model.responseStart(of: $0) } : []
    let rows = try recorded(prompts, responses, options, layers, first: first) {
      try progress($0, prompts.count)
    }
    func count(_ range: Range<Int>) -> Int {
      isEvery ? range.reduce(0) { $0 + prompts[$1].count - first[$1] } : range.count
    }
    var isTokenwise = false
    if case .tokens = need { isTokenwise = true }
    return BuildActivations(
      rows: rows, positive: count(0..<set.count), negative: count(set.count..<2 * set.count),
      reference: count(2 * set.count..<prompts.count), isPaired: !isEvery || isTokenwise,
      isTokenwise: isTokenwise, prompts: prompts.count,
      lease: options.ledger?.lease(rows.values.first?.rows ?? 0))
  }

  /// The activations, or those of the last build if they are the same.
  private func recorded(
    _ prompts: [[Int32]], _ responses: [Int?], _ options: BuildOptions, _ layers: [LayerIndex],
    first: [Int], _ progress: (Int) throws -> Void
  ) throws -> [LayerIndex: Tensor] {
    let key = ActivationMemo.Key(prompts, options)
    if let key, let known = options.memo?.rows(for: key, at: layers) { return known }
    let rows: [LayerIndex: Tensor]
    if case .every = options.rule {
      rows = try tokenActivations(
        prompts, layers: layers, part: options.part, from: first,
        interventions: options.interventions, progress: progress)
    } else {
      rows = try activations(
        prompts, layers: layers, part: options.part, at: options.rule, responses: responses,
        interventions: options.interventions, progress: progress)
    }
    if let key { options.memo?.keep(rows, for: key) }
    return rows
  }
}

extension Tensor {
  /// A copy of some rows.
  func slice(_ range: Range<Int>) -> Tensor {
    let part = Tensor(rows: range.count, columns: columns)
    if !range.isEmpty { part.base.update(from: row(range.lowerBound), count: part.count) }
    return part
  }
}

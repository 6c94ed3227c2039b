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

  func input(_ layer: LayerIndex, _ rows: Tensor, seed: UInt64) -> BuildMethod.Input {
    var input = BuildMethod.Input(
      layer: layer, positive: rows.slice(0..<positive),
      negative: rows.slice(positive..<positive + negative), seed: seed)
    let both = positive + negative
    if reference > 0 { input.reference = rows.slice(both..<both + reference) }
    input.isPaired = isPaired
    return input
  }
}

extension Session {
  /// Reads what a method needs.
  ///
  /// - Throws: ``SteeringError`` for options that do not go together; `ModelError`.
  func readActivations(
    of set: ContrastSet, _ options: BuildOptions, _ layers: [LayerIndex], _ method: BuildMethod?,
    _ progress: (Int, Int) throws -> Void
  ) throws -> BuildActivations {
    let need = method?.need ?? .rows
    let name = method?.name ?? "function"
    guard options.reference.isEmpty || name == "mean_center" else {
      throw SteeringError(
        .badOption, "vector.build: only method 'mean_center' takes a reference, not '\(name)'.")
    }
    var prompts =
      try set.pairs.map { try model.tokens(of: $0.positive) }
      + set.pairs.map { try model.tokens(of: $0.negative) }
      + options.reference.map { try model.tokens(of: $0) }
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
    let rows = try recorded(prompts, options, layers, first: first) {
      try progress($0, prompts.count)
    }
    func count(_ range: Range<Int>) -> Int {
      guard case .every = options.rule else { return range.count }
      return range.reduce(0) { $0 + prompts[$1].count - first[$1] }
    }
    var isEvery = false
    if case .every = options.rule { isEvery = true }
    var isTokenwise = false
    if case .tokens = need { isTokenwise = true }
    return BuildActivations(
      rows: rows, positive: count(0..<set.count), negative: count(set.count..<2 * set.count),
      reference: count(2 * set.count..<prompts.count), isPaired: !isEvery || isTokenwise,
      isTokenwise: isTokenwise, prompts: prompts.count)
  }

  /// The activations, or those of the last build if they are the same.
  private func recorded(
    _ prompts: [[Int32]], _ options: BuildOptions, _ layers: [LayerIndex], first: [Int],
    _ progress: (Int) throws -> Void
  ) throws -> [LayerIndex: Tensor] {
    let key = ActivationMemo.Key(prompts, layers, options)
    if let key, let known = options.memo?.rows(for: key) { return known }
    let rows: [LayerIndex: Tensor]
    if case .every = options.rule {
      rows = try tokenActivations(
        prompts, layers: layers, part: options.part, from: first,
        interventions: options.interventions, progress: progress)
    } else {
      rows = try activations(
        prompts, layers: layers, part: options.part, at: options.rule,
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

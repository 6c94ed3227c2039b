public import Engine
import Kernels
public import Transformer

/// How a single direction is chosen from those of several positions and layers.
///
/// [Arditi et al. 2024](https://arxiv.org/abs/2406.11717).
public struct SelectionOptions {
  /// The tokens that a behaviour begins with, such as that of "I" for refusing.
  public var tokens: [Int32] = []
  /// Positions that are read, negative ones from the end; empty: those of the tokens that all prompts
  /// end with.
  public var positions: [Int] = []
  /// Layers that compete; empty: all whose number is below ``deepest`` of the blocks.
  public var layers: [LayerIndex] = []
  /// The share of the blocks from which on layers do not compete.
  public var deepest = 0.8
  /// The largest divergence that ablation may cost on negative prompts, nats.
  public var mostDivergence = 0.1
  /// The least score that adding the direction must give negative prompts, nats.
  public var leastInduced = 0.0
  /// What acts on the model meanwhile.
  public var interventions: [any Intervention] = []

  /// Arditi et al.'s thresholds.
  public init() {}
}

/// One direction that competed.
public struct DirectionCandidate: Sendable, Hashable {
  /// Where it was read, from the end of the prompts.
  public let position: Int
  /// The layer at which it was read, and is added.
  public let layer: LayerIndex
  /// Mean score of positive prompts with the direction ablated everywhere, nats.
  public let ablated: Double
  /// Mean score of negative prompts with the direction added at its layer, nats.
  public let induced: Double
  /// Mean divergence of what follows negative prompts when it is ablated, nats.
  public let divergence: Double
  /// Whether it keeps within the thresholds.
  public let isEligible: Bool
}

extension Session {
  /// Chooses, from the mean differences at several positions and layers, the one whose ablation
  /// takes a behaviour away best.
  ///
  /// The score of a prompt is log p − log(1 − p), p the chance that one of ``SelectionOptions/tokens``
  /// follows. Of the directions that cost at most ``SelectionOptions/mostDivergence`` when ablated
  /// everywhere and induce the behaviour when added, the one with the lowest score under ablation
  /// wins.
  ///
  /// - Parameters:
  ///   - train: Pairs that the directions are built from: prompts that show the behaviour, and others.
  ///   - validation: Pairs that they are judged on.
  ///   - options: What competes, and by which thresholds.
  ///   - progress: Called with the number of candidates done and their total.
  /// - Returns: The vector at one layer, and all candidates, position by position.
  /// - Throws: ``SteeringError`` where nothing competes or nothing keeps within the thresholds;
  ///   `ModelError`.
  public func selectDirection(
    _ train: ContrastSet, validation: ContrastSet, _ options: SelectionOptions,
    progress: (Int, Int) throws -> Void = { _, _ in }
  ) throws -> (vector: ControlVector, candidates: [DirectionCandidate]) {
    guard train.count > 0, validation.count > 0, !options.tokens.isEmpty else {
      throw SteeringError(
        .emptyDataset,
        "vector.select: \(train.count) pairs, \(validation.count) to validate, "
          + "\(options.tokens.count) tokens (expected at least one of each). Add the missing ones.")
    }
    let blocks = model.sizes.layers
    let layers =
      options.layers.isEmpty
      ? (0..<blocks).filter { Double($0 + 1) < options.deepest * Double(blocks) }
        .map { LayerIndex($0) } : options.layers
    let positions = try options.positions.isEmpty ? commonEnd(of: train) : options.positions
    guard !layers.isEmpty, !positions.isEmpty else {
      throw SteeringError(
        .badOption,
        "vector.select: \(positions.count) positions and \(layers.count) layers compete (expected at "
          + "least one of each; prompts without a common end have no position of their own). Name "
          + "positions and layers.")
    }
    let judge = try DirectionJudge(self, validation, options)
    var candidates: [DirectionCandidate] = []
    var best: (candidate: DirectionCandidate, vector: ControlVector)?
    for position in positions {
      var build = BuildOptions()
      build.layers = layers
      build.rule = .index(position)
      build.interventions = options.interventions
      let vector = try buildVector(train, build)
      for layer in layers {
        try progress(candidates.count, positions.count * layers.count)
        let one = try vector.at([layer])
        guard one.norms[layer] ?? 0 > 0 else { continue }
        let candidate = try judge.candidate(one, layer, position)
        candidates.append(candidate)
        guard candidate.isEligible, candidate.ablated < best?.candidate.ablated ?? .infinity else {
          continue
        }
        best = (candidate, one)
      }
    }
    try progress(candidates.count, candidates.count)
    guard var chosen = best?.vector else {
      let closest = candidates.min { $0.divergence < $1.divergence }
      throw SteeringError(
        .noEffect,
        "vector.select: none of \(candidates.count) directions keeps within the thresholds (the least "
          + "divergence is \(closest?.divergence ?? .nan), it induces \(closest?.induced ?? .nan)). "
          + "Allow more, or name other layers and positions.")
    }
    chosen.passport.method = "select"
    return (chosen, candidates)
  }

  /// The positions, from the end, of the tokens that all prompts end with.
  private func commonEnd(of set: ContrastSet) throws -> [Int] {
    let prompts = try set.pairs.flatMap { [$0.positive, $0.negative] }
      .map { try model.tokens(of: $0) }
    guard let first = prompts.first else { return [] }
    var length = first.count
    for prompt in prompts.dropFirst() {
      length = min(
        length, zip(first.reversed(), prompt.reversed()).prefix { $0 == $1 }.count)
    }
    // Prompts that are all the same have no instruction.
    return length < first.count ? (0..<length).map { $0 - length } : []
  }
}

/// Measures what directions do to held-out prompts.
private struct DirectionJudge {
  private let session: Session
  private let options: SelectionOptions
  private let positive: [[Int32]]
  private let negative: [[Int32]]
  private let base: [[Float]]

  init(_ session: Session, _ validation: ContrastSet, _ options: SelectionOptions) throws {
    self.session = session
    self.options = options
    positive = try validation.pairs.map { try session.model.tokens(of: $0.positive) }
    negative = try validation.pairs.map { try session.model.tokens(of: $0.negative) }
    base = try session.nextTokenLogProbabilities(
      negative, interventions: options.interventions)
    if let stray = options.tokens.first(where: {
      !(0..<session.model.vocabularySize).contains(Int($0))
    }) {
      throw SteeringError(
        .badOption,
        "vector.select: token \(stray) is not in the vocabulary (expected 0 to "
          + "\(session.model.vocabularySize - 1)). Use ids of this model's own tokenizer.")
    }
  }

  func candidate(
    _ vector: ControlVector, _ layer: LayerIndex, _ position: Int
  ) throws -> DirectionCandidate {
    let sizes = session.model.sizes
    var ablate = Steering.Options()
    ablate.op = .ablate
    ablate.isEverywhere = true
    let without = options.interventions + [try Steering(vector, ablate, sizes: sizes)]
    let with = options.interventions + [try Steering(vector, sizes: sizes)]
    let ablated = try score(positive, without)
    let divergence = try session.divergence(of: negative, from: base, interventions: without)
    let induced = try score(negative, with)
    return DirectionCandidate(
      position: position, layer: layer, ablated: ablated, induced: induced,
      divergence: divergence,
      isEligible: divergence <= options.mostDivergence && induced >= options.leastInduced)
  }

  /// Mean over prompts of log p − log(1 − p).
  private func score(_ prompts: [[Int32]], _ interventions: [any Intervention]) throws -> Double {
    let tokens = Set(options.tokens.map { Int($0) })
    return try session.nextTokenLogProbabilities(prompts, interventions: interventions)
      .reduce(0.0) { total, values in
        let chance = tokens.reduce(0.0) { $0 + ScalarMath.exponential(Double(values[$1])) }
        return total + RefusalOdds.of(chance)
      } / Double(prompts.count)
  }
}

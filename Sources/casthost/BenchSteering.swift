import Engine
import Kernels
import Steering
import Transformer

/// Measures steering research: vectors from pairs, and grids of layers and strengths.
struct BenchSteering {
  private static let strengths: [Float] = [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2]
  private let pairs: BenchPairs
  private let model: Model
  private let session: Session
  private let sampler: BenchSampler
  private let seed: UInt64

  init(_ pairs: BenchPairs, _ model: Model, _ sampler: BenchSampler, seed: UInt64) {
    self.pairs = pairs
    self.model = model
    session = Session(model)
    self.sampler = sampler
    self.seed = seed
  }

  // MARK: Build

  func build() throws -> [BenchFigure] {
    let set = pairs.forBuilding
    let tokens = try set.pairs.reduce(0) {
      $0 + (try model.tokens(of: $1.positive)).count + (try model.tokens(of: $1.negative)).count
    }
    let samples = try sampler.samples {
      try seconds { _ = try session.buildVector(set) }
    }
    return [
      BenchFigure(
        "build_\(set.count)_pairs", "s",
        counts: "mean_diff at all \(model.sizes.layers) layers from text: \(pairs.source), "
          + "\(tokens) tokens", tokens: tokens, samples)
    ]
  }

  // MARK: Grid

  /// Scores items at each layer and strength, every token or only the answer steered.
  func grid(items: Int, layers: Int?) throws -> [BenchFigure] {
    let (prompts, completions) = try pairs.items(items, model)
    let every = (0..<model.sizes.layers).map { LayerIndex($0) }
    let wanted = min(layers ?? every.count, every.count)
    let chosen = (0..<wanted).map { every[$0 * every.count / wanted] }
    let scale = Double(every.count) / Double(wanted)
    let vector = try randomVector(for: model, seed: seed, stream: 0)
    let tokens = prompts.reduce(0) { $0 + $1.count }
    let sampled = wanted == every.count ? "" : ", scaled up from \(wanted) of them"
    return try [("grid_all", PositionRule.all), ("grid_response", .response)]
      .map { name, positions in
        try Task.checkCancellation()
        let time = try seconds {
          try scoreGrid(prompts, completions, vector, layers: chosen, positions)
        }
        return BenchFigure(
          name, "s",
          counts: "\(every.count) layers x \(Self.strengths.count) strengths x \(prompts.count) "
            + "items of \(pairs.source), positions \(positions)\(sampled)", tokens: tokens,
          [time * scale])
      }
  }

  /// Scores every item at each layer and strength: the one place that says how a grid is run.
  private func scoreGrid(
    _ prompts: [[Int32]], _ completions: [[Int32]], _ vector: ControlVector,
    layers: [LayerIndex], _ positions: PositionRule
  ) throws {
    let variants = try layers.flatMap { layer in
      try Self.strengths.map { strength in
        var options = Steering.Options()
        options.layers = [layer]
        options.scale = .constant(strength)
        options.positions = positions
        return [try Steering(vector, options, sizes: model.sizes)]
      }
    }
    _ = try session.score(prompts, completions: completions, variants: variants) { _ in
      try Task.checkCancellation()
    }
  }
}

import Kernels
public import Transformer

/// A model at work: what runs prompts, scores answers and generates text.
///
/// Owned by one task.
public final class Session {
  /// The model.
  public let model: Model
  let decoder: Decoder

  /// Makes a session; the model's weights are shared, its buffers are the session's own.
  public init(_ model: Model) {
    self.model = model
    decoder = Decoder(model.weights, model.sizes, lanes: model.lanes)
  }

  /// Runs prompts and shows their activations to hooks; nothing is read out.
  ///
  /// - Parameters:
  ///   - prompts: Token ids; sequences are independent.
  ///   - firstSeen: For each prompt, the first position that its observing hooks must see; what
  ///     lies before it may be computed once for several prompts.
  ///   - interventions: What acts on them, before `observe`'s hooks see the rows.
  ///   - observe: Makes the hooks that read a prompt's activations, by its row.
  ///   - progress: Called with the number of prompts done.
  /// - Throws: `ModelError`; what a hook throws.
  public func observe(
    _ prompts: [[Int32]], from firstSeen: [Int], interventions: [any Intervention] = [],
    with observe: (Int) -> [any ResidualHook], progress: (Int) throws -> Void = { _ in }
  ) throws {
    var done = 0
    try forEachBatch(of: prompts, sharable: firstSeen, interventions: interventions) { batch in
      _ = try decoder.step(
        batch.map { item in
          let place = SequencePlace(row: item.row, prompt: prompts[item.row])
          return Segment(
            cache: item.cache, tokens: item.rest,
            hooks: try interventions.hooks(for: place) + observe(item.row), readout: .none)
        })
      done += batch.count
      try progress(done)
    }
  }

  /// Runs one sequence from its first token and reads out rows of it, `[read rows, width]`.
  func run(
    _ tokens: [Int32], reading readout: Segment.Readout, _ interventions: [any Intervention]
  ) throws -> Tensor {
    let place = SequencePlace(row: 0, prompt: tokens)
    return try decoder.step([
      Segment(
        cache: KVCache(model.sizes), tokens: tokens,
        hooks: try interventions.hooks(for: place), readout: readout)
    ])
  }

  /// What a short sequence counts as in a batch: its cache has at least one page of its own.
  var leastTokens: Int { 8 }

  /// Tokens of different prompts that are put into one step.
  var batchTokens: Int { Decoder.rowsPerPass }
}

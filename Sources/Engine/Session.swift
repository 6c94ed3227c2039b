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
  ///   - interventions: What acts on them, before `observe`'s hooks see the rows.
  ///   - observe: Makes the hooks that read a prompt's activations, by its row.
  ///   - progress: Called with the number of prompts done.
  /// - Throws: `ModelError`; what a hook throws.
  public func observe(
    _ prompts: [[Int32]], interventions: [any Intervention] = [],
    with observe: (Int) -> [any ResidualHook], progress: (Int) throws -> Void = { _ in }
  ) throws {
    var row = 0
    while row < prompts.count {
      var segments: [Segment] = []
      var tokens = 0
      while row < prompts.count, segments.isEmpty || tokens + prompts[row].count <= batchTokens {
        let place = SequencePlace(row: row, prompt: prompts[row])
        segments.append(
          Segment(
            cache: KVCache(model.sizes), tokens: prompts[row],
            hooks: try interventions.hooks(for: place) + observe(row), readout: .none))
        tokens += prompts[row].count
        row += 1
      }
      _ = try decoder.step(segments)
      try progress(row)
    }
  }

  /// Tokens of different prompts that are put into one step.
  var batchTokens: Int { Decoder.rowsPerPass }
}

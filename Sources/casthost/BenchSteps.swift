import Engine
import Transformer

/// Lets another intervention act at every second step of a sequence, the first of them after the
/// prompt: steps with and without it stand side by side, on the same cache.
struct EverySecondStep: Intervention {
  private let inner: any Intervention

  init(_ inner: any Intervention) { self.inner = inner }

  var treatsPrefixesAlike: Bool { false }

  func hooks(for place: SequencePlace) throws -> [any ResidualHook] {
    try inner.hooks(for: place).map { Hook($0) }
  }

  private final class Hook: ResidualHook {
    private let inner: any ResidualHook
    private var steps = 0

    init(_ inner: any ResidualHook) { self.inner = inner }

    func wants(_ site: Site) -> Bool {
      if site == Site(.embedding) { steps += 1 }
      return steps % 2 == 0 && inner.wants(site)
    }

    func visit(_ rows: ResidualRows, at site: Site) throws { try inner.visit(rows, at: site) }
  }
}

/// Notes when each token is about to be drawn.
final class StepClock: LogitHook {
  private var marks: [ContinuousClock.Instant] = []

  func visit(
    _ logits: UnsafeMutableBufferPointer<Float>, _ state: GenerationState
  ) throws -> String? {
    marks.append(.now)
    return nil
  }

  /// The time of each step that ``EverySecondStep`` acted in over the mean of its neighbours'.
  var costs: [Double] {
    let times: [Double] = zip(marks, marks.dropFirst()).map { ($1 - $0) / .seconds(1) }
    // Step 0 is the first after the prompt, and acted in; it has one neighbour only.
    return stride(from: 2, to: times.count - 1, by: 2)
      .map { step in
        let beside = times[step - 1] + times[step + 1]
        return 2 * times[step] / beside
      }
  }
}

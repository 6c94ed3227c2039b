/// What one callback of a recipe took in all its calls.
public struct CallbackTime: Sendable, Hashable {
  /// `on_layer`, `on_layer, declared`, `on_token`, `on_vector_build` or `metric`.
  public let kind: String
  /// Where it was registered, as `recipe.lua:12`, or a metric's name.
  public let place: String
  /// Number of calls.
  public internal(set) var calls = 0
  /// Seconds in all calls together; for a metric, those of models that it ran too.
  public internal(set) var seconds = 0.0
}

/// Takes the time of callbacks, if it is on.
final class ScriptProfile {
  var isOn = false
  private var entries: [CallbackTime] = []

  /// The callbacks, longest first; equal ones in the order of their first calls.
  var times: [CallbackTime] {
    entries.enumerated()
      .sorted { ($1.element.seconds, $0.offset) < ($0.element.seconds, $1.offset) }
      .map(\.element)
  }

  func measure<Result>(
    _ kind: String, _ place: String, _ body: () throws -> Result
  ) rethrows -> Result {
    guard isOn else { return try body() }
    let begun = ContinuousClock.now
    defer { note(kind, place, (ContinuousClock.now - begun) / .seconds(1)) }
    return try body()
  }

  private func note(_ kind: String, _ place: String, _ seconds: Double) {
    var index = entries.firstIndex { $0.place == place && $0.kind == kind }
    if index == nil {
      entries.append(CallbackTime(kind: kind, place: place))
      index = entries.count - 1
    }
    guard let index else { return }
    entries[index].calls += 1
    entries[index].seconds += seconds
  }
}

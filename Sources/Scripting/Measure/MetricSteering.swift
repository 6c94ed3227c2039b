import Engine
import Steering

/// What steers the model while a metric of probabilities reads, `steer = …`.
struct MetricSteering {
  let model: ModelObject
  private let steer: Argument
  private let machine: LuaMachine
  private let function: String

  init(_ arguments: BuiltInMetric.Arguments) throws {
    machine = arguments.library.machine
    function = arguments.function
    steer = arguments.options["steer"]
    model = try arguments.model(arguments.options["model"])
  }

  /// Whether the sweep's own steering is taken.
  var isSweeps: Bool { steer.isMissing }

  /// All that acts: what is on, the steering of the point, the recipe's hooks.
  func acting(on sample: Sample) throws -> [any Intervention] {
    let point: [any Intervention] = try steerings(for: sample)
    return model.handles.compactMap(\.steering) + point
      + (try model.library.hooks.interventions(for: model))
  }

  /// Scores the forms of some prompts at some points.
  ///
  /// - Parameters:
  ///   - forms: `[prompts][forms]`.
  ///   - samples: `[points][prompts]`.
  ///   - progress: Called with the number of outputs done.
  /// - Returns: `[points][prompts][forms]`.
  /// - Throws: What the model, a hook and `progress` throw.
  func scores(
    of forms: [[AnswerForm]], _ samples: [[Sample]],
    _ progress: @escaping MetricObject.Progress
  ) throws -> [[[AnswerScore]]] {
    try byPoint(samples, progress) { rows, variants, progress in
      let all = rows.flatMap { forms[$0] }
      let scores = try model.session.answerScores(
        all, variants: variants, common: [model.library.stopCheck],
        progress: { try progress($0 * rows.count / max(all.count, 1)) })
      return scores.map { scores in
        var rest = scores[...]
        return rows.map { row in
          defer { rest = rest.dropFirst(forms[row].count) }
          return Array(rest.prefix(forms[row].count))
        }
      }
    }
  }

  /// Computes something for some prompts at some points, all together unless something that acts
  /// keeps state: then each output is computed for itself.
  ///
  /// - Parameters:
  ///   - samples: `[points][prompts]`.
  ///   - progress: Called with the number of outputs done.
  ///   - body: Gets numbers of prompts, what acts at each point, and what to tell of its progress;
  ///     returns `[points][prompts]`.
  /// - Returns: `[points][prompts]`.
  /// - Throws: What a steering that does not fit, and `body`, throw.
  func byPoint<Result>(
    _ samples: [[Sample]], _ progress: @escaping MetricObject.Progress,
    _ body: ([Int], [[any Intervention]], @escaping MetricObject.Progress) throws -> [[Result]]
  ) throws -> [[Result]] {
    let variants = try samples.map { point in try acting(on: point[0]) }
    guard variants.contains(where: { $0.contains(where: \.keepsState) }) else {
      return try body(Array(samples[0].indices), variants, progress)
    }
    var done = 0
    return try samples.map { point in
      try point.indices.map { row in
        defer { done += 1 }
        return try body([row], [acting(on: point[row])]) { _ in try progress(done) }[0][0]
      }
    }
  }

  /// The steering of the point: the sweep's own, or what the recipe says it is.
  func steerings(for sample: Sample) throws -> [Steering] {
    switch steer.value {
    case .boolean(false): return []
    case .function(let function)?:
      let params = sample.fields.fields["params"] ?? .nil
      let result = try machine.call(function, [params], in: .metric, results: 1)[0]
      if case .boolean(false) = result { return [] }
      return try Argument(result, called: "the steering that the function returned", machine)
        .steerings(for: model, machine)
    case nil, .nil:
      if let steering = sample.steering { return try steering(model) }
      // Without it, every point of the sweep would quietly get the same value.
      guard !sample.isSwept else {
        throw LuaError(
          .script,
          "\(function) does not know how run steers: give steer = function(params), which returns "
            + "what run gives as 'steer', or steer = false for the model as it is")
      }
      return []
    default: return try steer.steerings(for: model, machine)
    }
  }
}

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

  func scores(of forms: [AnswerForm], _ sample: Sample) throws -> [AnswerScore] {
    try model.session
      .answerScores(
        forms, variants: [acting(on: sample)], common: [model.library.stopCheck])[0]
  }

  /// The steering of the point: the sweep's own, or what the recipe says it is.
  func steerings(for sample: Sample) throws -> [Steering] {
    switch steer.value {
    case .boolean(false): return []
    case .function(let function)?:
      let params = sample.fields.fields["params"] ?? .nil
      let result = try machine.call(function, [params], in: .metric, results: 1)[0]
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

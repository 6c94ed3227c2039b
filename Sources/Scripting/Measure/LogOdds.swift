import Engine
import Kernels
import Steering
import Tokens

/// `cast.metrics.log_odds(" Yes", " No")`.
struct LogOdds {
  private let model: ModelObject
  private let sides: [Argument]
  private let steer: Argument
  private let machine: LuaMachine

  init(_ arguments: BuiltInMetric.Arguments) throws {
    sides = [arguments(1, "positive"), arguments(2, "negative")]
    machine = arguments.library.machine
    steer = arguments.options["steer"]
    for side in sides {
      if case .function? = side.value { continue }
      if case .table? = side.value { _ = try side.tokenIDs() } else { _ = try side.text() }
    }
    model = try arguments.model(arguments.options["model"])
  }

  func value(of sample: Sample) throws -> LuaValue {
    let prompt = try model.model.tokens(of: sample.prompt)
    let completions = try sides.map { try completion($0, sample) }
    let steerings = try steerings(for: sample)
    let scripted = try model.library.hooks.interventions(for: model)
    let scores = try model.session
      .score(
        [prompt], completions: completions,
        interventions: [model.library.stopCheck] + model.handles.compactMap(\.steering) + steerings
          + scripted)
    return .number(Double(scores.base[0]) - Double(scores.base[1]))
  }

  private func completion(_ side: Argument, _ sample: Sample) throws -> [Int32] {
    var side = side
    if case .function(let function)? = side.value {
      let result =
        try
        machine.call(
          function, [.table(sample.fields)], in: .metric, results: 1)[0]
      side = Argument(result, called: "the completion that the function returned", machine)
    }
    if case .table? = side.value { return try side.tokenIDs() }
    return try model.model.tokenizer.encode(side.text(), special: true)
  }

  /// The steering of the point: the sweep's own, or what the recipe says it is.
  private func steerings(for sample: Sample) throws -> [Steering] {
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
          "log_odds does not know how run steers: give steer = function(params), which returns "
            + "what run gives as 'steer', or steer = false for the model as it is")
      }
      return []
    default: return try steer.steerings(for: model, machine)
    }
  }
}

import Engine
import Kernels
import Steering
import Tokens

/// `cast.metrics.log_odds(" Yes", " No")`.
struct LogOdds {
  private let model: ModelObject
  private let sides: [Argument]
  private let steering: MetricSteering
  private let machine: LuaMachine

  init(_ arguments: BuiltInMetric.Arguments) throws {
    sides = [arguments(1, "positive"), arguments(2, "negative")]
    machine = arguments.library.machine
    steering = try MetricSteering(arguments)
    for side in sides {
      if case .function? = side.value { continue }
      if case .table? = side.value { _ = try side.tokenIDs() } else { _ = try side.text() }
    }
    model = steering.model
  }

  func value(of sample: Sample) throws -> LuaValue {
    let prompt = try model.model.tokens(of: sample.prompt)
    let completions = try sides.map { try completion($0, sample) }
    let scores = try model.session.score(
      [prompt], completions: completions,
      interventions: [model.library.stopCheck] + steering.acting(on: sample))
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
}

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

  /// All outputs together, unless a function chooses what is scored: it may look at the point.
  var computation: MetricObject.Computation {
    let hasFunction = sides.contains { if case .function? = $0.value { true } else { false } }
    if hasFunction { return .each { try values(of: [[$0]]) { _ in }[0][0] } }
    return .together(values)
  }

  private func values(
    of samples: [[Sample]], _ progress: @escaping MetricObject.Progress
  ) throws -> [[LuaValue]] {
    let forms = try samples[0]
      .map { sample in
        [
          AnswerForm(
            prompt: try model.model.tokens(of: sample.prompt),
            positive: [try completion(sides[0], sample)],
            negative: [try completion(sides[1], sample)])
        ]
      }
    return try steering.scores(of: forms, samples, progress)
      .map { point in point.map { .number($0[0].logOdds) } }
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

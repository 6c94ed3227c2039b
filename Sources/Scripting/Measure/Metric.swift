import Engine
import Kernels
import Steering

/// A number, or several with names, that says how an output did.
final class MetricObject: HostObject {
  static let luaName = "metric"
  let name: String
  let aggregate: Aggregate
  /// Whether a function of the recipe computes it, which may look at the baseline.
  let isScripted: Bool
  /// What it was made of, which says what it computes: a function, or a name and its arguments.
  let content: LuaValue
  private let computation: Computation

  /// How a metric computes its values.
  enum Computation {
    /// One output at a time.
    case each((Sample) throws -> LuaValue)
    /// Every prompt at every point of a sweep, `[points][prompts]`, of the same prompts at each
    /// point: what they have in common is computed once.
    case together(([[Sample]], @escaping Progress) throws -> [[LuaValue]])
  }

  /// Is told how many outputs are done.
  typealias Progress = (Int) throws -> Void

  init(
    _ name: String, _ aggregate: Aggregate, isScripted: Bool = false, content: LuaValue,
    _ computation: Computation
  ) {
    self.name = name
    self.aggregate = aggregate
    self.isScripted = isScripted
    self.content = content
    self.computation = computation
  }

  /// The same metric under another name.
  func named(_ other: String) -> MetricObject {
    MetricObject(other, aggregate, isScripted: isScripted, content: content, computation)
  }

  /// What the metric says of many outputs, `[points][prompts]`; nil where it takes one at a time.
  func together(
    _ samples: [[Sample]], progress: @escaping Progress
  ) throws -> [[LuaValue]]? {
    guard case .together(let compute) = computation else { return nil }
    return try compute(samples, progress)
  }

  /// Whether it takes many outputs together.
  var takesMany: Bool {
    if case .together = computation { return true }
    return false
  }

  private func compute(_ sample: Sample) throws -> LuaValue {
    switch computation {
    case .each(let compute): try compute(sample)
    case .together(let compute): try compute([[sample]]) { _ in }[0][0]
    }
  }

  static func declare(in type: ClassDeclaration<MetricObject>) {
    type.property("name") { .string($0.name) }
    type.operation(.call, in: .outsideHooks) { call in
      let metric = try call.argument(1, "metric").object(MetricObject.self)
      return try metric.compute(Sample(call.argument(2, "sample")))
    }
    type.text { "metric \($0.name)" }
  }

  /// The values of one sample by column: the metric's own name, or `name.key` where it has
  /// several; none where the metric has nothing to say.
  ///
  /// - Parameters:
  ///   - sample: The output.
  ///   - known: What ``together(_:progress:)`` said of it.
  ///   - machine: Where the metric's function lives.
  /// - Returns: Columns with their values.
  /// - Throws: ``LuaError`` for anything but finite numbers; what the metric throws.
  func values(
    of sample: Sample, known: LuaValue? = nil, _ machine: LuaMachine
  ) throws -> [(column: String, value: Double)] {
    let result = try known ?? compute(sample)
    switch result {
    case .nil: return []
    case .table(let table):
      guard table.list.isEmpty, table.indexed.isEmpty, !table.hasOtherKeys else {
        throw LuaError(
          .script,
          "metric '\(name)' returned a list (a number or a table of named numbers expected)")
      }
      return try table.fields.sorted { $0.key < $1.key }
        .map { key, value in
          let column = "\(name).\(key)"
          return (column, try number(value, column, machine))
        }
    default: return [(name, try number(result, name, machine))]
    }
  }

  private func number(_ value: LuaValue, _ column: String, _ machine: LuaMachine) throws -> Double {
    let number: Double
    switch value {
    case .integer(let integer): number = Double(integer)
    case .number(let float): number = float
    case .boolean(let flag): number = flag ? 1 : 0
    default:
      throw LuaError(
        .script, "metric '\(column)' returned \(value.typeName) (a finite number expected)")
    }
    guard number.isFinite else {
      throw LuaError(
        .script, "metric '\(column)' returned \(number) (a finite number expected; nil for none)")
    }
    return number
  }
}

/// What a metric gets.
struct Sample {
  /// The fields as a recipe sees them: `prompt`, `text`, `tokens`, `baseline`, `params`, and what
  /// else there is.
  let fields: LuaTable
  private let argument: Argument
  /// The steering of a sweep that steers by itself; nil where the recipe runs the model.
  var steering: ((ModelObject) throws -> [Steering])?
  /// The sweep that the sample is of, if it is one's.
  var sweep: SweepMark?
  /// Whether the sample is a sweep's.
  var isSwept: Bool { sweep != nil }

  /// Takes the table that a recipe gave.
  init(_ argument: Argument) throws {
    fields = try argument.table()
    self.argument = argument
  }

  init(_ fields: LuaTable, _ machine: LuaMachine) {
    self.fields = fields
    argument = Argument(.table(fields), called: "the sample", machine)
  }

  var text: String {
    get throws {
      if isSwept, self["text"].isMissing {
        throw LuaError(
          .script, "the sample has no text: the sweep generates none (generate = false)")
      }
      return try self["text"].text()
    }
  }

  var prompt: Prompt { get throws { try self["prompt"].prompt() } }

  /// What the recipe wrote beside the prompt, or the sample itself where it has answers.
  var item: Argument {
    fields.fields["item"] == nil || fields.fields["item"]?.isNil == true ? argument : self["item"]
  }

  /// The generated token ids.
  var tokens: [Int32] {
    get throws {
      let tokens = self["tokens"]
      guard !tokens.isMissing else {
        throw LuaError(
          .script,
          "the sample has no tokens: let run return what model:generate returned, or use "
            + "over = 'words' where the metric has it; a sweep with generate = false has none")
      }
      return try tokens.tokenIDs()
    }
  }

  private subscript(name: String) -> Argument {
    Argument(fields.fields[name] ?? .nil, called: "the sample's \(name)", argument.machine)
  }
}

/// Tells one sweep from another.
final class SweepMark {}

/// How the values of all prompts become one.
enum Aggregate {
  case mean, median, sum, min, max, std
  /// A function of the recipe, of the list of values.
  case scripted(LuaReference)

  private static let names = ["mean", "median", "sum", "min", "max", "std"]

  init(_ argument: Argument) throws {
    if case .function(let function)? = argument.value {
      self = .scripted(function)
      return
    }
    guard !argument.isMissing else {
      self = .mean
      return
    }
    switch try argument.choice(Aggregate.names) {
    case "median": self = .median
    case "sum": self = .sum
    case "min": self = .min
    case "max": self = .max
    case "std": self = .std
    default: self = .mean
    }
  }

  /// One number of several; nil of none.
  func callAsFunction(_ values: [Double], _ machine: LuaMachine) throws -> Double? {
    guard !values.isEmpty else { return nil }
    let mean = values.reduce(0, +) / Double(values.count)
    switch self {
    case .mean: return mean
    case .sum: return values.reduce(0, +)
    case .min: return values.min()
    case .max: return values.max()
    case .median:
      let sorted = values.sorted()
      let half = sorted.count / 2
      return sorted.count % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
    case .std:
      let squares = values.reduce(0.0) { $0 + ($1 - mean) * ($1 - mean) }
      return values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : 0
    case .scripted(let function):
      let result =
        try
        machine.call(
          function, [.list(values.map { .number($0) })], in: .metric, results: 1)[0]
      let number = try Argument(result, called: "what the aggregate returned", machine).number()
      guard number.isFinite else {
        throw LuaError(.script, "the aggregate returned \(number) (a finite number expected)")
      }
      return number
    }
  }
}

extension ModelLibrary {
  /// The most metrics of a run.
  private static let mostMetrics = 1_000

  /// A metric of the recipe's own.
  func scripted(_ name: String, _ aggregate: Aggregate, _ function: LuaReference) -> MetricObject {
    MetricObject(
      name, aggregate, isScripted: true, content: .function(function),
      .each { [machine, profile] sample in
        try profile.measure("metric", name) {
          try machine.call(function, [.table(sample.fields)], in: .metric, results: 1)[0]
        }
      })
  }

  /// Declares `cast.metric` and `cast.metrics`.
  func declareMetrics(in cast: HostModule) {
    cast.function("metric", in: .outsideHooks) { [self] call in
      let name = try call.argument(1, "name").metricName()
      let function = try call.argument(2, "function").function()
      let options = try call.options(3)
      let aggregate = try Aggregate(options["aggregate"])
      try options.finish()
      guard metrics.count < ModelLibrary.mostMetrics || metrics[name] != nil else {
        throw LuaError(
          .script, "metric: \(ModelLibrary.mostMetrics) metrics are registered already")
      }
      let metric = scripted(name, aggregate, function)
      metrics[name] = metric
      return .object(metric)
    }
    let module = cast.module("metrics")
    for metric in BuiltInMetric.all {
      module.function(metric.name, in: .outsideHooks) { [self] call in
        .object(try metric.object(call.arguments(from: 1, "argument"), self))
      }
    }
  }
}

extension Argument {
  /// A name that may head a column.
  func metricName(default other: String? = nil) throws -> String {
    let name = try text(default: other)
    guard !name.isEmpty, name.utf8.count <= 100,
      !name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
    else { throw bad("a name of 1 to 100 bytes without control characters expected") }
    return name
  }
}

import Engine
import Steering

/// How a sweep gets its outputs: from a function of the recipe, or by steering by itself.
enum SweepRunner {
  /// `run = function(prompt, params)`.
  case each(LuaReference, LuaMachine, baseline: SweepBaseline)
  /// `run_batch = function(prompts, params)`, which returns a list.
  case batch(LuaReference, LuaMachine, baseline: SweepBaseline)
  /// `vector = v`: the settings of the grid are options of `steer`.
  case steered(SteeredRunner)
}

/// What outputs are compared with.
enum SweepBaseline {
  case none
  /// What the same function returns for these settings.
  case params(LuaValue)
  /// What this function returns for a prompt.
  case function(LuaReference)
}

extension SweepRunner {
  init(
    _ options: OptionTable, _ library: ModelLibrary, _ call: Call, _ grid: SweepGrid
  ) throws {
    let (run, runBatch, vector) = (options["run"], options["run_batch"], options["vector"])
    guard [run, runBatch, vector].count(where: { !$0.isMissing }) == 1 else {
      throw LuaError(
        .script,
        "sweep: one of run, run_batch and vector expected: a function(prompt, params), a "
          + "function(prompts, params), or the vector that is to be applied")
    }
    let settings = (
      model: options["model"], steer: options["steer"], generate: options["generate"]
    )
    let given = options["baseline"]
    guard vector.isMissing else {
      self = .steered(try SteeredRunner(vector, settings, given, library, call, grid))
      return
    }
    for stray in [settings.model, settings.steer, settings.generate] where !stray.isMissing {
      throw stray.bad("only a sweep of a vector takes it: what run does is its own affair")
    }
    let baseline: SweepBaseline
    switch given.value {
    case nil, .nil, .boolean(false): baseline = .none
    case .function(let function)?: baseline = .function(function)
    case .table?: baseline = .params(given.value ?? .nil)
    default: throw given.mismatch("settings, function(prompt) or false")
    }
    self =
      run.isMissing
      ? .batch(try runBatch.function(), call.machine, baseline: baseline)
      : .each(try run.function(), call.machine, baseline: baseline)
  }

  /// What comes of every prompt at a point.
  func results(of items: [Sweep.Item], at point: SweepGrid.Point) throws -> [LuaTable] {
    let params = LuaValue.record(
      Dictionary(point.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }))
    switch self {
    case .each(let function, let machine, _):
      return try each(items, function, machine, [params], "run", point)
    case .batch(let function, let machine, _):
      return try batch(items, function, machine, params, point)
    case .steered(let runner):
      do {
        return try runner.results(of: items, at: point)
      } catch {
        throw located(error, "in the sweep", items, nil, point)
      }
    }
  }

  /// What comes of every prompt where nothing is tried; nil where the recipe asks for none.
  func baseline(of items: [Sweep.Item]) throws -> [LuaValue]? {
    switch self {
    case .each(_, _, .none), .batch(_, _, .none): return nil
    case .each(let function, let machine, .params(let params)):
      return try each(items, function, machine, [params], "the baseline", []).map { .table($0) }
    case .batch(let function, let machine, .params(let params)):
      return try batch(items, function, machine, params, []).map { .table($0) }
    case .each(_, let machine, .function(let function)),
      .batch(_, let machine, .function(let function)):
      return try each(items, function, machine, [], "the baseline", []).map { .table($0) }
    case .steered(let runner): return try runner.baseline(of: items)?.map { .table($0) }
    }
  }

  /// The steering at a point, where the sweep knows it.
  func steering(at point: SweepGrid.Point) -> ((ModelObject) throws -> [Steering])? {
    guard case .steered(let runner) = self else { return nil }
    return { try runner.steerings(at: point, for: $0) }
  }

  private func each(
    _ items: [Sweep.Item], _ function: LuaReference, _ machine: LuaMachine,
    _ arguments: [LuaValue], _ what: String, _ point: SweepGrid.Point
  ) throws -> [LuaTable] {
    try items.enumerated()
      .map { row, item in
        do {
          try machine.checkStop()
          let result =
            try
            machine.call(
              function, [item.prompt] + arguments, in: .run, results: 1)[0]
          return try SweepRunner.output(result, what, machine)
        } catch {
          throw located(error, "in \(what)", items, row, point)
        }
      }
  }

  private func batch(
    _ items: [Sweep.Item], _ function: LuaReference, _ machine: LuaMachine, _ params: LuaValue,
    _ point: SweepGrid.Point
  ) throws -> [LuaTable] {
    do {
      let results =
        try
        machine.call(
          function, [.list(items.map(\.prompt)), params], in: .run, results: 1)[0]
      let list = try Argument(results, called: "what run_batch returned", machine).list()
      guard list.count == items.count else {
        throw LuaError(
          .script,
          "run_batch returned \(list.count) outputs (expected \(items.count), one for each prompt)")
      }
      return try list.map { try SweepRunner.output($0.value ?? .nil, "run_batch", machine) }
    } catch {
      throw located(error, "in run_batch", items, nil, point)
    }
  }

  /// An output: a generation or another table, or a string, which is its text.
  private static func output(
    _ value: LuaValue, _ what: String, _ machine: LuaMachine
  ) throws -> LuaTable {
    switch value {
    case .bytes: return LuaTable(fields: ["text": value])
    case .table(let table):
      if let text = table.fields["text"], text.text == nil {
        throw LuaError(.script, "\(what) returned a text that is no string of UTF-8")
      }
      return table
    default:
      throw LuaError(
        .script,
        "\(what) returned \(value.typeName) (a generation, another table or a string expected)")
    }
  }
}

/// Steers a vector by the settings of a sweep's grid, all prompts together.
struct SteeredRunner {
  private let model: ModelObject
  private let vector: LuaValue
  private let steer: LuaTable
  private let generate: LuaTable
  private let wantsBaseline: Bool
  private let call: Call

  /// Prompts that are generated together.
  private static let rows = 16

  init(
    _ vector: Argument, _ settings: (model: Argument, steer: Argument, generate: Argument),
    _ baseline: Argument, _ library: ModelLibrary, _ call: Call, _ grid: SweepGrid
  ) throws {
    self.call = call
    self.vector = .object(try vector.object(VectorObject.self))
    model =
      try settings.model.isMissing
      ? library.model(nil) : settings.model.object(ModelObject.self)
    steer = settings.steer.isMissing ? LuaTable() : try settings.steer.table()
    generate = settings.generate.isMissing ? LuaTable() : try settings.generate.table()
    wantsBaseline = try baseline.boolean(default: true)
    for name in grid.names where steer.fields[name] != nil {
      throw settings.steer.bad("'\(name)' is a setting of the grid already")
    }
    // What does not fit is found before the first point has taken its time.
    for point in grid.points {
      do {
        _ = try steerings(at: point, for: model)
      } catch {
        throw located(error, "in the sweep", [], nil, point)
      }
    }
  }

  func results(of items: [Sweep.Item], at point: SweepGrid.Point) throws -> [LuaTable] {
    try run(items, steer: settings(at: point))
  }

  func baseline(of items: [Sweep.Item]) throws -> [LuaTable]? {
    wantsBaseline ? try run(items, steer: nil) : nil
  }

  func steerings(at point: SweepGrid.Point, for model: ModelObject) throws -> [Steering] {
    try Argument(settings(at: point), called: "steer", call)
      .steerings(for: model, call.machine)
  }

  private func settings(at point: SweepGrid.Point) -> LuaValue {
    var table = steer
    table.list = [vector]
    for (name, value) in point { table.fields[name] = value }
    return .table(table)
  }

  private func run(_ items: [Sweep.Item], steer: LuaValue?) throws -> [LuaTable] {
    var results: [LuaTable] = []
    for start in stride(from: 0, to: items.count, by: SteeredRunner.rows) {
      let rows = items[start..<min(start + SteeredRunner.rows, items.count)]
        .map { item in
          var row = generate
          row.list = [item.prompt]
          row.fields["steer"] = steer
          return Argument(.table(row), called: "generate", call)
        }
      results += try model.generate(rows: rows, first: start, call)
        .compactMap { if case .table(let table) = $0 { table } else { nil } }
    }
    return results
  }
}

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

  /// Gives what comes of some prompts at a point, one after the other.
  ///
  /// - Parameters:
  ///   - rows: The prompts' numbers, in order.
  ///   - items: All prompts.
  ///   - point: The settings.
  ///   - seed: The random stream of a prompt's output, by the prompt's number.
  ///   - body: Takes the prompt's number and its output.
  /// - Throws: ``LuaError``, located; what `body` throws.
  func run(
    _ rows: [Int], of items: [Sweep.Item], at point: SweepGrid.Point, seed: (Int) -> UInt64,
    body: (Int, LuaTable) throws -> Void
  ) throws {
    let params = LuaValue.record(
      Dictionary(point.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }))
    switch self {
    case .each(let function, let machine, _):
      for row in rows {
        machine.randomState = seed(row)
        try body(row, try each(row, items, function, machine, [params], "run", point))
      }
    case .batch(let function, let machine, _):
      // The function has all prompts in sight, so it gets them all again.
      machine.randomState = seed(0)
      let results = try batch(items, function, machine, params, point)
      for row in rows { try body(row, results[row]) }
    case .steered(let runner):
      for start in stride(from: 0, to: rows.count, by: SteeredRunner.rows) {
        let part = Array(rows[start..<min(start + SteeredRunner.rows, rows.count)])
        let results: [LuaTable]
        do {
          results = try runner.results(of: part, items, at: point)
        } catch {
          throw located(error, "in the sweep", items, nil, point)
        }
        for (row, result) in zip(part, results) { try body(row, result) }
      }
    }
  }

  /// What comes of every prompt where nothing is tried; nil where the recipe asks for none.
  func baseline(of items: [Sweep.Item], seed: (Int) -> UInt64) throws -> [LuaTable]? {
    func all(
      _ function: LuaReference, _ machine: LuaMachine, _ arguments: [LuaValue]
    ) throws
      -> [LuaTable]
    {
      try items.indices.map { row in
        machine.randomState = seed(row)
        return try each(row, items, function, machine, arguments, "the baseline", [])
      }
    }
    switch self {
    case .each(_, _, .none), .batch(_, _, .none): return nil
    case .each(let function, let machine, .params(let params)):
      return try all(function, machine, [params])
    case .batch(let function, let machine, .params(let params)):
      machine.randomState = seed(0)
      return try batch(items, function, machine, params, [])
    case .each(_, let machine, .function(let function)),
      .batch(_, let machine, .function(let function)):
      return try all(function, machine, [])
    case .steered(let runner): return try runner.baseline(of: items)
    }
  }

  /// Everything that says what the outputs are, by name.
  var content: [(name: String, value: LuaValue)] {
    func described(_ baseline: SweepBaseline) -> LuaValue {
      switch baseline {
      case .none: .boolean(false)
      case .params(let params): params
      case .function(let function): .function(function)
      }
    }
    switch self {
    case .each(let function, _, let baseline):
      return [("run", .function(function)), ("baseline", described(baseline))]
    case .batch(let function, _, let baseline):
      return [("run_batch", .function(function)), ("baseline", described(baseline))]
    case .steered(let runner): return runner.content
    }
  }

  /// The model that is steered, where the sweep knows it.
  var model: ModelObject? {
    if case .steered(let runner) = self { return runner.steered }
    return nil
  }

  /// Whether the outputs have texts.
  var generates: Bool {
    if case .steered(let runner) = self { return runner.generates }
    return true
  }

  /// Whether an output may depend on the other prompts.
  var seesAllPrompts: Bool {
    if case .batch = self { return true }
    return false
  }

  /// The steering at a point, where the sweep knows it.
  func steering(at point: SweepGrid.Point) -> ((ModelObject) throws -> [Steering])? {
    guard case .steered(let runner) = self else { return nil }
    return { try runner.steerings(at: point, for: $0) }
  }

  private func each(
    _ row: Int, _ items: [Sweep.Item], _ function: LuaReference, _ machine: LuaMachine,
    _ arguments: [LuaValue], _ what: String, _ point: SweepGrid.Point
  ) throws -> LuaTable {
    do {
      try machine.checkStop()
      let result =
        try
        machine.call(
          function, [items[row].prompt] + arguments, in: .run, results: 1)[0]
      return try SweepRunner.output(result, what, machine)
    } catch {
      throw located(error, "in \(what)", items, row, point)
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

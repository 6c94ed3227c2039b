import Engine
import Steering
import Tokens

/// One `cast.sweep`: every point of a grid on every prompt, and what the metrics say of each.
///
/// Goes through the grid in its order and computes one point after the other with
/// ``results(of:)`` and ``add(_:at:to:)``: what is known already could be put in between.
final class Sweep {
  /// A prompt, and what the recipe wrote beside it.
  struct Item {
    let prompt: LuaValue
    let fields: LuaValue
    /// The beginning, for messages.
    let excerpt: String
  }

  private let library: ModelLibrary
  private let machine: LuaMachine
  private let grid: SweepGrid
  private let items: [Item]
  private let metrics: [MetricObject]
  private let runner: SweepRunner
  private var baseline: [LuaValue?] = []

  /// The most outputs of a sweep: points times prompts.
  private static let mostCells = 1_000_000

  /// Reads what a recipe asks for, and refuses what cannot work before anything runs.
  init(_ call: Call, _ library: ModelLibrary) throws {
    self.library = library
    machine = call.machine
    let options = try call.options(1, "sweep")
    grid = try SweepGrid(options["grid"])
    let prompts = options["prompts"]
    items = try prompts.list().map { try Item($0) }
    guard !items.isEmpty else { throw prompts.bad("at least one prompt expected, got none") }
    let (cells, overflows) = items.count.multipliedReportingOverflow(by: grid.points.count)
    guard !overflows, cells <= Sweep.mostCells else {
      throw prompts.bad(
        "at most \(Sweep.mostCells) outputs expected, got \(grid.points.count) points times "
          + "\(items.count) prompts")
    }
    metrics = try library.chosenMetrics(options["metrics"])
    runner = try SweepRunner(options, library, call, grid)
    try options.finish()
    for name in grid.names where metrics.contains(where: { $0.name == name }) {
      throw options["metrics"].bad("'\(name)' names a setting of the grid; rename the metric")
    }
    for name in SweepReport.reserved
    where grid.names.contains(name) || metrics.contains(where: { $0.name == name }) {
      throw options["grid"].bad("'\(name)' is a column of every report; choose another name")
    }
  }

  /// Runs everything.
  func run() throws -> SweepReport {
    let failedBefore = library.hooks.disabled.count
    let report = SweepReport(grid, items, metrics, library)
    let total = grid.points.count * items.count
    library.access.progress("sweep", 0, total)
    if metrics.contains(where: \.isScripted) {
      baseline = try runner.baseline(of: items)?.map { $0 } ?? []
    }
    for (index, point) in grid.points.enumerated() {
      let results = try results(of: point)
      for (row, result) in results.enumerated() {
        try library.checkStop()
        try report.add(
          try cell(point, row, result), text: result.fields["text"]?.text ?? "", at: index, row)
        library.access.progress("sweep", index * items.count + row + 1, total)
      }
      try report.finish(index)
    }
    report.isDegraded = library.hooks.disabled.count > failedBefore
    return report
  }

  /// What comes of every prompt at a point.
  private func results(of point: SweepGrid.Point) throws -> [LuaTable] {
    try runner.results(of: items, at: point)
  }

  /// The values of one output.
  private func cell(
    _ point: SweepGrid.Point, _ row: Int, _ result: LuaTable
  ) throws -> [(column: String, value: Double)] {
    var fields = LuaTable()
    fields.fields = [
      "prompt": items[row].prompt, "item": items[row].fields,
      "text": result.fields["text"] ?? "", "tokens": result.fields["tokens"] ?? .nil,
      "output": .table(result),
      "params": .record(
        Dictionary(point.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })),
      "baseline": baseline.isEmpty ? .nil : baseline[row] ?? .nil,
    ]
    var sample = Sample(fields, machine)
    sample.isSwept = true
    sample.steering = runner.steering(at: point)
    var values: [(column: String, value: Double)] = []
    for metric in metrics {
      do {
        values += try metric.values(of: sample, machine)
      } catch {
        throw located(error, "in metric '\(metric.name)'", items, row, point)
      }
    }
    return values
  }
}

/// Adds to an error where in a sweep it happened.
func located(
  _ error: any Error, _ what: String, _ items: [Sweep.Item], _ row: Int?, _ point: SweepGrid.Point
) -> LuaError {
  let script = error as? LuaError ?? LuaError(.script, "\(error)")
  let prompt = row.map { ", prompt \($0 + 1) (\(items[$0].excerpt))" } ?? ""
  let place = point.isEmpty ? "" : ", at \(SweepGrid.text(point))"
  return script.adding(note: what + prompt + place)
}

extension Sweep.Item {
  /// A prompt, or a table with a prompt and other fields.
  init(_ argument: Argument) throws {
    var prompt = argument
    if case .table(let table)? = argument.value, table.fields["prompt"] != nil {
      prompt = try argument.options()["prompt"]
      fields = .table(table)
    } else {
      fields = .nil
    }
    let parsed = try prompt.prompt()
    self.prompt = prompt.value ?? .nil
    let text =
      switch parsed {
      case .text(let text): text
      case .messages(let messages): messages.last?.content ?? ""
      case .tokens(let ids): "\(ids.count) token ids"
      }
    excerpt =
      "\"" + text.prefix(40).map { $0.isNewline ? " " : String($0) }.joined()
      + (text.count > 40 ? "…\"" : "\"")
  }
}

extension ModelLibrary {
  /// Declares `cast.sweep`.
  func declareSweep(in cast: HostModule) {
    cast.function("sweep", in: .outsideHooks, isModelTime: true) { [self] call in
      .object(try Sweep(call, self).run())
    }
  }

  /// The metrics of a list: objects, and names of registered or built-in ones; under a name, a
  /// function will do.
  fileprivate func chosenMetrics(_ argument: Argument) throws -> [MetricObject] {
    let options = try argument.options()
    var chosen = try options.list.map { entry in
      guard entry.value?.text != nil else { return try entry.object(MetricObject.self) }
      let known = metrics.keys.sorted() + BuiltInMetric.all.map(\.name)
      let name = try entry.name(among: known)
      if let metric = metrics[name] { return metric }
      let builtIn = BuiltInMetric.all.first { $0.name == name }
      return try builtIn?.object([], self) ?? entry.object(MetricObject.self)
    }
    for name in options.names {
      let entry = options[name]
      if case .object? = entry.value {
        let metric = try entry.object(MetricObject.self)
        chosen.append(metric.named(name))
        continue
      }
      let function = try entry.function()
      chosen.append(
        MetricObject(name, .mean, isScripted: true) { [machine, profile] sample in
          try profile.measure("metric", name) {
            try machine.call(function, [.table(sample.fields)], in: .metric, results: 1)[0]
          }
        })
    }
    let names = chosen.map(\.name)
    if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
      throw argument.bad("two metrics are called '\(twice)': give one of them another name")
    }
    guard chosen.count <= 100 else { throw argument.bad("at most 100 metrics expected") }
    guard !chosen.isEmpty else { throw argument.bad("at least one metric expected") }
    return chosen
  }
}

import Engine
import Results
import Steering
import Tokens

/// One `cast.sweep`: every point of a grid on every prompt, and what the metrics say of each.
///
/// What comes of a prompt at a point depends on nothing that was computed before, so that outputs
/// which a file holds from an earlier run can stand for new ones.
final class Sweep {
  private let mark = SweepMark()
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
  private let collapse: SweepCollapse?
  private let keys: SweepKeys
  private let identity: SweepIdentity
  private let name: String?
  private let storePath: String?
  private var baseline: [LuaTable]?
  private var ahead = SweepAhead()

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
    collapse = try SweepCollapse(options["collapse"], grid)
    metrics = try library.chosenMetrics(options["metrics"], with: collapse)
    runner = try SweepRunner(options, library, call, grid)
    name = try options["name"].sweepName()
    let store = options["store"]
    try options.finish()
    for name in grid.names where metrics.contains(where: { $0.name == name }) {
      throw options["metrics"].bad("'\(name)' names a setting of the grid; rename the metric")
    }
    for name in SweepReport.reserved
    where grid.names.contains(name) || metrics.contains(where: { $0.name == name }) {
      throw options["grid"].bad("'\(name)' is a column of every report; choose another name")
    }
    keys = try SweepKeys(grid, items, seesAllPrompts: runner.seesAllPrompts, machine)
    identity = SweepIdentity(runner, metrics, library)
    storePath = try SweepMemory.path(store, name: name, library)
  }

  /// Runs everything.
  func run() throws -> SweepReport {
    let failedBefore = library.hooks.disabled.count
    let memory = try storePath.map { try SweepMemory($0, title: name, identity, library) }
    defer { memory?.close() }
    let stream = machine.randomState
    defer { machine.randomState = stream }
    let report = SweepReport(grid, items, metrics, library)
    (report.name, report.identity, report.model) = (name, identity, runner.model)
    report.hasTexts = runner.generates
    let total = grid.points.count * items.count
    var done = memory?.count(of: allKeys) ?? 0
    if done > 0, let storePath {
      library.note("sweep: \(done) of \(total) outputs are in \(storePath) already")
    }
    library.access.progress("sweep", done, total)
    if metrics.contains(where: \.isScripted) { try keepBaseline(in: report, memory) }
    var broken: [Int] = []
    func isSkipped(_ index: Int) -> Bool {
      collapse.map { collapse in broken.contains { collapse.isBeyond(index, $0) } } ?? false
    }
    let order = collapse?.order ?? Array(grid.points.indices)
    for (place, index) in order.enumerated() {
      let missing = try takeKnown(index, into: report, memory)
      if isSkipped(index) {
        report.skip(index)
        done += missing.count
        library.access.progress("sweep", done, total)
        continue
      }
      try ahead.look(
        from: index, missing,
        following: order[(place + 1)...].lazy.filter { !isSkipped($0) }
          .map { ($0, self.missing($0, memory)) },
        metrics, sample: { self.sample(grid.points[$0], $1) }, progress: tell)
      try compute(missing, index, report, memory) {
        done += 1
        library.access.progress("sweep", done, total)
      }
      let totals = try report.finish(index)
      if collapse?.isBroken(totals) == true { broken.append(index) }
    }
    report.isDegraded = library.hooks.disabled.count > failedBefore
    return report
  }

  private var allKeys: [String] {
    grid.points.indices.flatMap { point in items.indices.map { keys.key(point, $0) } }
  }

  private func tell(_ what: String, _ done: Int, _ total: Int) throws {
    try library.checkStop()
    library.access.progress("sweep: \(what)", done, total)
  }

  /// The prompts whose outputs at a point are not kept.
  private func missing(_ index: Int, _ memory: SweepMemory?) -> [Int] {
    guard let memory else { return Array(items.indices) }
    return items.indices.filter { !memory.has(keys.key(index, $0)) }
  }

  /// Puts what is known of a point into the report, and returns the other prompts' numbers.
  private func takeKnown(
    _ index: Int, into report: SweepReport, _ memory: SweepMemory?
  ) throws -> [Int] {
    guard let memory else { return Array(items.indices) }
    return try items.indices.filter { row in
      guard let output = try memory.output(keys.key(index, row)) else { return true }
      try report.add(output, at: index, row)
      return false
    }
  }

  /// Computes some prompts' outputs at a point.
  private func compute(
    _ rows: [Int], _ index: Int, _ report: SweepReport, _ memory: SweepMemory?,
    step: () -> Void
  ) throws {
    guard !rows.isEmpty else { return }
    let point = grid.points[index]
    if baseline == nil, metrics.contains(where: \.isScripted) {
      baseline = try runner.baseline(of: items) { keys.seed(nil, $0) }
    }
    try runner.run(rows, of: items, at: point, seed: { keys.seed(index, $0) }) { row, result in
      try library.checkStop()
      machine.randomState = keys.seed(index, row, isMetric: true)
      let output = ResultStore.Output(
        values: try values(index, row, result), text: result.fields["text"]?.text ?? "")
      try report.add(output, at: index, row)
      try memory?.add(output, keys.key(index, row), point, row)
      step()
    }
  }

  /// Computes the baseline, as far as its texts are not known.
  private func keepBaseline(in report: SweepReport, _ memory: SweepMemory?) throws {
    let known = try items.indices.compactMap { try memory?.output(keys.key(nil, $0))?.text }
    if known.count == items.count {
      report.baseline = known
      return
    }
    baseline = try runner.baseline(of: items) { keys.seed(nil, $0) }
    guard let baseline else { return }
    report.baseline = baseline.map { $0.fields["text"]?.text ?? "" }
    for (row, text) in report.baseline.enumerated() {
      let key = keys.key(nil, row)
      try memory?.add(ResultStore.Output(values: [], text: text), key, [], row)
    }
  }

  /// What metrics get of an output, or before there is one.
  private func sample(
    _ point: SweepGrid.Point, _ row: Int, _ result: LuaTable = LuaTable()
  ) -> Sample {
    var fields = LuaTable()
    fields.fields = [
      "prompt": items[row].prompt, "item": items[row].fields,
      "text": result.fields["text"] ?? (runner.generates ? "" : .nil),
      "tokens": result.fields["tokens"] ?? .nil, "output": .table(result),
      "params": .record(
        Dictionary(point.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })),
      "baseline": baseline.map { .table($0[row]) } ?? .nil,
    ]
    var sample = Sample(fields, machine)
    sample.sweep = mark
    sample.steering = runner.steering(at: point)
    return sample
  }

  /// The values of one output.
  private func values(
    _ index: Int, _ row: Int, _ result: LuaTable
  ) throws -> [(column: String, value: Double)] {
    let point = grid.points[index]
    let sample = sample(point, row, result)
    var values: [(column: String, value: Double)] = []
    for (number, metric) in metrics.enumerated() {
      do {
        values += try metric.values(
          of: sample, known: ahead.value(of: number, at: index, row), machine)
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

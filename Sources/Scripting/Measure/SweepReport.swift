import Results

/// What a sweep found: a row for each point of its grid, and the values of each prompt.
final class SweepReport: HostObject {
  static let luaName = "report"
  /// Columns that rows have besides settings and metrics.
  static let reserved = ["prompt", "text", "skipped"]

  /// Whether a failing hook was switched off meanwhile.
  var isDegraded = false
  /// What the recipe calls the sweep.
  var name: String?
  /// What all outputs have in common.
  var identity: SweepIdentity?
  /// The model that the sweep steered.
  var model: ModelObject?
  /// Whether outputs have texts.
  var hasTexts = true
  /// The text of each prompt where nothing was tried; empty where the sweep had no baseline.
  var baseline: [String] = []
  let grid: SweepGrid
  let items: [Sweep.Item]
  /// The columns of the metrics, in the order in which they first occurred.
  private(set) var columns: [String] = []
  private var known: Set<String> = []
  /// `[point][prompt]`; none at a point that was skipped.
  private(set) var cells: [[Cell?]]
  /// `[point]`: the aggregated value of each column.
  private(set) var totals: [[String: Double]]
  /// The points that were skipped, because the model was broken before them.
  private(set) var skipped: Set<Int> = []
  let library: ModelLibrary
  let metrics: [MetricObject]
  private var textBytes = 0
  private var valueCount = 0

  /// What came of one prompt at one point.
  struct Cell {
    let values: [String: Double]
    let text: String
    fileprivate let columns: [String]
  }

  /// Texts that a report keeps, in bytes.
  private static let mostText = 256 << 20
  private static let mostValues = 2_000_000
  private static let mostColumns = 1_000

  init(
    _ grid: SweepGrid, _ items: [Sweep.Item], _ metrics: [MetricObject], _ library: ModelLibrary
  ) {
    self.grid = grid
    self.items = items
    self.metrics = metrics
    self.library = library
    cells = Array(repeating: Array(repeating: nil, count: items.count), count: grid.points.count)
    totals = Array(repeating: [:], count: grid.points.count)
  }

  static func declare(in type: ClassDeclaration<SweepReport>) {
    type.operation(.len) { call in
      .integer(try call.argument(1, "report").object(SweepReport.self).totals.count)
    }
    type.property("columns") { .list($0.allColumns.map { .string($0) }) }
    type.property("degraded") { .boolean($0.isDegraded) }
    type.property("skipped") { .integer($0.skipped.count) }
    type.method("table", in: .anywhere) { report, call in
      let options = try call.options(1)
      let isPerPrompt = try options["per_prompt"].boolean(default: false)
      try options.finish()
      return .list(report.rows(perPrompt: isPerPrompt).map { .record($0) })
    }
    type.method("best", in: .anywhere) { report, call in try report.best(call) }
    type.method("save") { report, call in try report.save(call) }
    type.method("markdown", in: .anywhere) { report, call in try report.markdown(call) }
    type.text { $0.text }
  }

  // MARK: Filling

  /// Adds what came of a prompt.
  func add(_ output: ResultStore.Output, at point: Int, _ row: Int) throws {
    textBytes += output.text.utf8.count
    guard textBytes <= SweepReport.mostText else {
      throw LuaError(
        .script,
        "sweep: the texts take more than \(SweepReport.mostText >> 20) MiB. Return shorter texts "
          + "from run, or sweep fewer points at a time")
    }
    valueCount += output.values.count
    known.formUnion(output.values.map(\.column))
    guard valueCount <= SweepReport.mostValues, known.count <= SweepReport.mostColumns else {
      throw LuaError(
        .script,
        "sweep: \(valueCount) values in \(known.count) columns (at most "
          + "\(SweepReport.mostValues) and \(SweepReport.mostColumns) expected). Sweep fewer points "
          + "or metrics at a time")
    }
    cells[point][row] = Cell(
      values: Dictionary(output.values.map { ($0.column, $0.value) }, uniquingKeysWith: { $1 }),
      text: output.text, columns: output.values.map(\.column))
  }

  /// Marks a point that is not run.
  func skip(_ point: Int) {
    skipped.insert(point)
    cells[point] = Array(repeating: nil, count: items.count)
  }

  /// Aggregates a point whose prompts are all there.
  func finish(_ point: Int) throws -> [String: Double] {
    // In the order of the prompts, whichever of them were known already.
    for cell in cells[point] {
      for column in cell?.columns ?? [] where !columns.contains(column) {
        guard !grid.names.contains(column) else {
          throw LuaError(
            .script,
            "sweep: '\(column)' is a setting of the grid and a column of metric "
              + "'\(metric(of: column)?.name ?? "")' (two names expected). Rename the metric")
        }
        columns.append(column)
      }
    }
    var total: [String: Double] = [:]
    for column in columns {
      guard let metric = metric(of: column) else { continue }
      let values = cells[point].compactMap { $0?.values[column] }
      do {
        total[column] = try metric.aggregate(values, library.machine)
      } catch {
        throw located(
          error, "in the aggregate of metric '\(metric.name)'", items, nil, grid.points[point])
      }
    }
    totals[point] = total
    return total
  }

  /// The metric that a column belongs to.
  func metric(of column: String) -> MetricObject? {
    metrics.first { $0.name == column } ?? metrics.first { $0.has(column) }
  }

  // MARK: Reading

  /// Settings, then metrics.
  var allColumns: [String] { grid.names + columns }

  /// The rows as records.
  func rows(perPrompt: Bool) -> [[String: LuaValue]] {
    guard perPrompt else { return totals.indices.map { row($0) } }
    return cells.indices.flatMap { point in
      cells[point].enumerated()
        .compactMap { prompt, cell in
          guard let cell else { return nil }
          var row = settings(point)
          for (column, value) in cell.values { row[column] = .number(value) }
          row["prompt"] = .integer(prompt + 1)
          row["text"] = .string(cell.text)
          return row
        }
    }
  }

  private func row(_ point: Int) -> [String: LuaValue] {
    var row = settings(point)
    for (column, value) in totals[point] { row[column] = .number(value) }
    if skipped.contains(point) { row["skipped"] = true }
    return row
  }

  private func settings(_ point: Int) -> [String: LuaValue] {
    Dictionary(grid.points[point].map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
  }

  /// The row whose value is largest, or smallest; the first of equal ones.
  private func best(_ call: Call) throws -> LuaValue {
    let column = try call.argument(1, "metric").name(among: columns)
    let options = try call.options(2)
    let isLowest = try options["lowest"].boolean(default: false)
    try options.finish()
    var best: (point: Int, value: Double)?
    for (point, total) in totals.enumerated() {
      guard let value = total[column] else { continue }
      guard let known = best else {
        best = (point, value)
        continue
      }
      if isLowest ? value < known.value : value > known.value { best = (point, value) }
    }
    return best.map { .record(row($0.point)) } ?? .nil
  }

  /// A table in text: a line for each point, numbers to three digits.
  private var text: String {
    var lines = [allColumns]
    for point in totals.indices {
      let settings = grid.points[point].map { SweepGrid.text($0.value) }
      let values = columns.map { totals[point][$0].map(rounded) ?? "" }
      lines.append(settings + (skipped.contains(point) ? ["skipped"] : values))
    }
    let widths = allColumns.indices.map { column in
      lines.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    let rows = lines.map { line in
      zip(line, widths)
        .map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
    }
    return rows.map { String($0.reversed().drop { $0 == " " }.reversed()) }
      .joined(separator: "\n") + (isDegraded ? "\n(degraded: a failing hook was disabled)" : "")
  }
}

import Kernels

/// What a sweep found: a row for each point of its grid, and the values of each prompt.
final class SweepReport: HostObject {
  static let luaName = "report"
  /// Columns that per-prompt rows have besides settings and metrics.
  static let reserved = ["prompt", "text"]

  /// Whether a failing hook was switched off meanwhile.
  var isDegraded = false
  let grid: SweepGrid
  let items: [Sweep.Item]
  /// The columns of the metrics, in the order in which they first occurred.
  private(set) var columns: [String] = []
  private var known: Set<String> = []
  /// `[point][prompt]`.
  private(set) var cells: [[Cell]] = []
  /// `[point]`: the aggregated value of each column.
  private(set) var totals: [[String: Double]] = []
  let library: ModelLibrary
  private let metrics: [MetricObject]
  private var textBytes = 0
  private var valueCount = 0

  /// What came of one prompt at one point.
  struct Cell {
    let values: [String: Double]
    let text: String
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
  }

  static func declare(in type: ClassDeclaration<SweepReport>) {
    type.operation(.len) { call in
      .integer(try call.argument(1, "report").object(SweepReport.self).totals.count)
    }
    type.property("columns") { .list($0.allColumns.map { .string($0) }) }
    type.property("degraded") { .boolean($0.isDegraded) }
    type.method("table", in: .anywhere) { report, call in
      let options = try call.options(1)
      let isPerPrompt = try options["per_prompt"].boolean(default: false)
      try options.finish()
      return .list(report.rows(perPrompt: isPerPrompt).map { .record($0) })
    }
    type.method("best", in: .anywhere) { report, call in try report.best(call) }
    type.method("save") { report, call in try report.save(call) }
    type.text { $0.text }
  }

  // MARK: Filling

  /// Adds what came of a prompt.
  func add(
    _ values: [(column: String, value: Double)], text: String, at point: Int, _ row: Int
  ) throws {
    textBytes += text.utf8.count
    guard textBytes <= SweepReport.mostText else {
      throw LuaError(
        .script,
        "sweep: the texts take more than \(SweepReport.mostText >> 20) MiB. Return shorter texts "
          + "from run, or sweep fewer points at a time")
    }
    valueCount += values.count
    for value in values where !known.contains(value.column) {
      known.insert(value.column)
      columns.append(value.column)
    }
    guard valueCount <= SweepReport.mostValues, columns.count <= SweepReport.mostColumns else {
      throw LuaError(
        .script,
        "sweep: \(valueCount) values in \(columns.count) columns (at most "
          + "\(SweepReport.mostValues) and \(SweepReport.mostColumns) expected). Sweep fewer points "
          + "or metrics at a time")
    }
    if cells.count == point { cells.append([]) }
    cells[point]
      .append(
        Cell(
          values: Dictionary(values.map { ($0.column, $0.value) }, uniquingKeysWith: { $1 }),
          text: text))
  }

  /// Aggregates a point whose prompts are all there.
  func finish(_ point: Int) throws {
    var total: [String: Double] = [:]
    for column in columns {
      guard let metric = metric(of: column) else { continue }
      let values = cells[point].compactMap { $0.values[column] }
      do {
        total[column] = try metric.aggregate(values, library.machine)
      } catch {
        throw located(
          error, "in the aggregate of metric '\(metric.name)'", items, nil, grid.points[point])
      }
    }
    totals.append(total)
  }

  private func metric(of column: String) -> MetricObject? {
    metrics.first { $0.name == column } ?? metrics.first { column.hasPrefix($0.name + ".") }
  }

  // MARK: Reading

  /// Settings, then metrics.
  var allColumns: [String] { grid.names + columns }

  /// The rows as records.
  func rows(perPrompt: Bool) -> [[String: LuaValue]] {
    guard perPrompt else { return totals.indices.map { row($0) } }
    return cells.indices.flatMap { point in
      cells[point].enumerated()
        .map { prompt, cell in
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
      lines.append(settings + columns.map { totals[point][$0].map(rounded) ?? "" })
    }
    let widths = allColumns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    let rows = lines.map { line in
      zip(line, widths)
        .map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
    }
    return rows.map { String($0.reversed().drop { $0 == " " }.reversed()) }
      .joined(separator: "\n") + (isDegraded ? "\n(degraded: a failing hook was disabled)" : "")
  }
}

import Engine
import Statistics

/// How sure the values of a sweep's points are: 95 % percentile bootstrap intervals over prompts.
///
/// Where every point has one at scale 0 beside it, they are intervals of the change from there, over
/// the same prompts: that prompts differ from each other says nothing about steering.
struct ReportIntervals {
  private let report: SweepReport
  /// For each point the one at scale 0 with the same other settings; nil unless all have one.
  private let unsteered: [Int]?
  private let isShown: Bool

  /// Values of all cells above which no intervals are drawn: they would take seconds.
  private static let mostResampled = 1_000_000
  private static let draws = 1000

  init(_ report: SweepReport) {
    self.report = report
    isShown =
      report.grid.points.count * report.items.count * report.columns.count
      <= ReportIntervals.mostResampled
    let settings = report.grid.points.map { point in
      point.filter { $0.name != "scale" }.map { SweepGrid.text($0.value) }
    }
    var zeros: [[String]: Int] = [:]
    for (index, point) in report.grid.points.enumerated() {
      guard point.first(where: { $0.name == "scale" })?.value.double == 0,
        !report.skipped.contains(index)
      else { continue }
      zeros[settings[index]] = index
    }
    let partners = settings.compactMap { zeros[$0] }
    unsteered = partners.count == settings.count ? partners : nil
  }

  /// What the intervals are, in words.
  var kind: String {
    "95 % bootstrap intervals " + (unsteered == nil ? "" : "of the change from scale 0, ")
      + "over prompts"
  }

  /// The interval of a column's aggregate at a point.
  ///
  /// - Parameters:
  ///   - column: The column.
  ///   - number: Its place among the columns.
  ///   - point: The point.
  /// - Returns: The interval; nil for an aggregate of the recipe's own or an extreme value, of fewer
  ///   than two prompts, and where scale 0 has not values of the same prompts.
  func interval(of column: String, _ number: Int, at point: Int) -> ClosedRange<Double>? {
    guard isShown, let aggregate = report.metric(of: column)?.aggregate else { return nil }
    switch aggregate {
    case .mean, .median, .std, .sum: break
    case .min, .max, .scripted: return nil
    }
    let values = values(of: column, at: point)
    guard values.count > 1 else { return nil }
    var base: [Int: Double]?
    if let unsteered {
      let all = self.values(of: column, at: unsteered[point])
      guard all.keys == values.keys else { return nil }
      base = all
    }
    func total(_ values: [Int: Double], _ rows: [Double]) -> Double {
      (try? aggregate(rows.map { values[Int($0)] ?? .nan }, report.library.machine)) ?? .nan
    }
    func change(_ rows: [Double]) -> Double {
      total(values, rows) - (base.map { total($0, rows) } ?? 0)
    }
    let rows = values.keys.sorted().map(Double.init)
    var random = RandomSource(seed: UInt64(point), stream: number)
    let drawn = Bootstrap.statistics(
      of: rows, count: ReportIntervals.draws, using: &random, change)
    guard drawn.allSatisfy(\.isFinite) else { return nil }
    let sorted = drawn.sorted()
    let start = base.map { total($0, rows) } ?? 0
    return start + Moments.quantile(0.025, of: sorted)...start
      + Moments.quantile(0.975, of: sorted)
  }

  /// By prompt.
  private func values(of column: String, at point: Int) -> [Int: Double] {
    var values: [Int: Double] = [:]
    for (row, cell) in report.cells[point].enumerated() { values[row] = cell?.values[column] }
    return values
  }
}

/// Which setting is drawn across, which upwards, and what is left for separate charts.
struct GridLayout {
  /// Points with the same values of all settings that no chart has an axis for.
  struct Group {
    /// Those values, in words; empty where there are none.
    let label: String
    let points: [Int]
  }

  /// The setting drawn across, a number as a rule; nil for a single point.
  let across: Int?
  /// The setting drawn upwards; nil where there is only one with several values.
  let upwards: Int?
  let groups: [Group]
  private let document: ReportDocument

  /// Names of settings that are drawn across before others, and upwards.
  private static let strengths = ["scale", "angle", "target", "alpha"]
  private static let layers = ["layers", "layer"]

  init(_ document: ReportDocument) {
    self.document = document
    func values(_ setting: Int) -> Set<ReportDocument.Setting> {
      Set(document.points.map { $0.settings[setting] })
    }
    let varying = document.settings.indices.filter { values($0).count > 1 }
    func first(_ names: [String], _ among: [Int]) -> Int? {
      names.lazy.compactMap { name in among.first { document.settings[$0] == name } }.first
    }
    let numeric = varying.filter { values($0).allSatisfy { $0.number != nil } }
    func largest(_ among: [Int]) -> Int? { among.max { values($0).count < values($1).count } }
    let across =
      first(GridLayout.strengths, varying)
      ?? largest(numeric.filter { !GridLayout.layers.contains(document.settings[$0]) })
      ?? largest(numeric) ?? largest(varying)
    let rest = varying.filter { $0 != across }
    let upwards = first(GridLayout.layers, rest) ?? largest(rest)
    let others = rest.filter { $0 != upwards }
    var labels: [String] = []
    var groups: [String: [Int]] = [:]
    for (index, point) in document.points.enumerated() {
      let label = others.map { "\(document.settings[$0]) \(point.settings[$0].label)" }
        .joined(separator: ", ")
      if groups[label] == nil { labels.append(label) }
      groups[label, default: []].append(index)
    }
    self.across = across
    self.upwards = upwards
    self.groups = labels.map { Group(label: $0, points: groups[$0] ?? []) }
  }

  /// The values of a setting among some points, sorted if they are numbers, else as they occur.
  func values(_ setting: Int?, _ points: [Int]) -> [ReportDocument.Setting] {
    guard let setting else { return [] }
    var seen: Set<ReportDocument.Setting> = []
    let found = points.map { document.points[$0].settings[setting] }
      .filter { seen.insert($0).inserted }
    guard found.allSatisfy({ $0.number != nil }) else { return found }
    return found.sorted { ($0.number ?? 0) < ($1.number ?? 0) }
  }

  /// The points with a value of the setting that is drawn upwards, by what is drawn across.
  func line(_ value: ReportDocument.Setting?, _ points: [Int]) -> [Int] {
    points.filter { matches($0, value) }.sorted { (number($0) ?? 0) < (number($1) ?? 0) }
  }

  private func matches(_ point: Int, _ value: ReportDocument.Setting?) -> Bool {
    guard let upwards, let value else { return true }
    return document.points[point].settings[upwards] == value
  }

  /// The number that a point has across; nil for a text.
  func number(_ point: Int) -> Double? {
    across.flatMap { document.points[point].settings[$0].number }
  }

  /// A name with its value: `layer 10` of `layers`.
  func name(_ setting: Int?, _ value: ReportDocument.Setting) -> String {
    guard let setting else { return value.label }
    let name = document.settings[setting]
    return "\(name == "layers" && value.number != nil ? "layer" : name) \(value.label)"
  }

  /// The value of a column where nothing is done: at 0 of the setting drawn across.
  func unsteered(_ column: Int) -> Double? {
    let values = document.points.indices.filter { number($0) == 0 }
      .compactMap { document.points[$0].values[column]?.value }
    guard let first = values.first, isStrength else { return nil }
    // At 0 every layer says the same; where it does not, 0 is not 'nothing done'.
    return values.allSatisfy { abs($0 - first) <= 1e-9 * max(1, abs(first)) } ? first : nil
  }

  private var isStrength: Bool {
    across.map { GridLayout.strengths.contains(document.settings[$0]) } ?? false
  }
}

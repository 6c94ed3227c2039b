/// A report as Markdown, which also reads well as it is, in a terminal.
public struct MarkdownPage {
  private let document: ReportDocument
  private let layout: GridLayout

  private static let mostRows = 200
  private static let mostCharacters = 600

  /// Takes what is to be shown.
  public init(_ document: ReportDocument) {
    self.document = document
    layout = GridLayout(document)
  }

  /// The text.
  public var text: String {
    var parts = ["# \(Markup.markdown(document.title))"]
    if !document.about.isEmpty { parts.append(Markup.markdown(document.about)) }
    parts += document.warnings.map { "**\(Markup.markdown($0))**" }
    if !document.verdict.isEmpty { parts.append(Markup.markdown(document.verdict)) }
    parts.append(list(document.summary))
    parts += document.columns.indices.prefix(6).flatMap(heatMaps)
    parts.append(points)
    if let controls = document.controls {
      parts += ["## Controls", table(controls)]
    }
    parts += samples
    if !document.manifest.isEmpty { parts += ["## Manifest", list(document.manifest)] }
    return parts.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
  }

  private func list(_ entries: [ReportDocument.Entry]) -> String {
    entries.map { "- \(Markup.markdown($0.name)): \(Markup.markdown($0.text))" }
      .joined(separator: "\n")
  }

  /// A grid of numbers for each group: the setting across, the other one down.
  private func heatMaps(_ column: Int) -> [String] {
    layout.groups.prefix(6)
      .compactMap { group in
        let columns = layout.values(layout.across, group.points)
        let rows = layout.values(layout.upwards, group.points)
        guard let across = layout.across, let upwards = layout.upwards, columns.count > 1,
          rows.count > 1, columns.count <= 16
        else { return nil }
        let name = document.columns[column] + (group.label.isEmpty ? "" : ", \(group.label)")
        let grid = rows.map { row in
          [layout.name(upwards, row)]
            + columns.map { value in
              let point = group.points.first {
                document.points[$0].settings[across] == value
                  && document.points[$0].settings[upwards] == row
              }
              guard let point = point.map({ document.points[$0] }) else { return "" }
              return point.isSkipped
                ? "skipped" : point.values[column].map { Digits.short($0.value) } ?? "–"
            }
        }
        let head = [""] + columns.map { "\(document.settings[across]) \($0.label)" }
        return
          "## \(Markup.markdown(name))\n\n\(table(ReportDocument.Table(head: head, rows: grid)))"
      }
  }

  private var points: String {
    var shown = document.pointTable
    guard !shown.head.isEmpty, !shown.rows.isEmpty else { return "" }
    let more = shown.rows.count - MarkdownPage.mostRows
    shown.rows = Array(shown.rows.prefix(MarkdownPage.mostRows))
    let hasIntervals = document.points.contains { $0.values.contains { $0?.interval != nil } }
    return "## All points\n\n" + table(shown)
      + (hasIntervals ? "\n\nIn brackets: \(document.intervals)." : "")
      + (more > 0 ? "\n\n\(more) more: save the report as CSV." : "")
  }

  private var samples: [String] {
    let points = document.sampledPoints(layout)
    let shown = document.prompts.indices.prefix(document.samples)
      .filter { row in points.contains { document.points[$0].texts[row] != nil } }
    guard !points.isEmpty, !shown.isEmpty else { return [] }
    return ["## Samples"]
      + shown.flatMap { row -> [String] in
        var parts = [
          "### Prompt \(row + 1)",
          Markup.fenced(Markup.shortened(document.prompts[row], to: MarkdownPage.mostCharacters)),
        ]
        if document.baseline.indices.contains(row) {
          parts += ["unsteered:", Markup.fenced(shortened(document.baseline[row]))]
        }
        for point in points {
          parts.append(Markup.markdown(document.settingsText(point)) + ":")
          parts.append(Markup.fenced(shortened(document.points[point].texts[row] ?? "")))
        }
        return parts
      }
  }

  private func shortened(_ text: String) -> String {
    Markup.shortened(text, to: MarkdownPage.mostCharacters)
  }

  /// Columns as wide as their widest cell, so that it reads without a renderer.
  private func table(_ table: ReportDocument.Table) -> String {
    let cells = ([table.head] + table.rows).map { $0.map(Markup.markdown) }
    let widths = table.head.indices.map { column in
      max(3, cells.map { column < $0.count ? $0[column].count : 0 }.max() ?? 3)
    }
    func line(_ row: [String]) -> String {
      let padded = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
      return "| " + padded.joined(separator: " | ") + " |"
    }
    let rule =
      "|" + widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "|") + "|"
    return ([line(cells[0]), rule] + cells.dropFirst().map(line)).joined(separator: "\n")
  }
}

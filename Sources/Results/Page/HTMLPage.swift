/// A report as one HTML file: no scripts, nothing from elsewhere, charts as SVG.
public struct HTMLPage {
  private let document: ReportDocument
  private let layout: GridLayout

  private static let mostCharts = 6
  private static let mostGroups = 6
  private static let mostRows = 2000
  private static let mostCharacters = 1500

  /// Takes what is to be shown.
  public init(_ document: ReportDocument) {
    self.document = document
    layout = GridLayout(document)
  }

  /// The file, UTF-8.
  public var text: String {
    let title = Markup.html(document.title)
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta http-equiv="Content-Security-Policy" \
      content="default-src 'none'; style-src 'unsafe-inline'">
      <meta name="referrer" content="no-referrer">
      <title>\(title)</title>
      <style>
      \(StyleSheet.text)
      </style>
      </head>
      <body>
      \(HTMLPage.hatch)
      <main>
      <h1>\(title)</h1>
      \(body.filter { !$0.isEmpty }.joined(separator: "\n"))
      </main>
      </body>
      </html>

      """
  }

  /// How skipped cells are filled.
  private static let hatch = """
    <svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>\
    <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" \
    patternTransform="rotate(45)"><rect class="hatchpage" width="6" height="6"/>\
    <line class="hatchline" x1="0" y1="0" x2="0" y2="6"/></pattern></defs></svg>
    """

  private var body: [String] {
    let groups = Array(layout.groups.prefix(HTMLPage.mostGroups))
    return [
      document.about.isEmpty ? "" : "<p class=\"about\">\(Markup.html(document.about))</p>",
      document.warnings.map { "<p class=\"warning\">\(Markup.html($0))</p>" }.joined(),
      document.verdict.isEmpty ? "" : "<p class=\"verdict\">\(Markup.html(document.verdict))</p>",
      definitions(document.summary, kind: "summary"),
      section("Heat maps", groups.flatMap(heatMaps)),
      section("Dose and response", groups.flatMap(responses)),
      section("What the effect costs", groups.flatMap(tradeOffs)),
      controls,
      samples,
      table("All points", document.pointTable, isOpen: document.points.count <= 24),
      manifest,
    ]
  }

  private func section(_ title: String, _ figures: [String]) -> String {
    figures.isEmpty
      ? "" : "<section><h2>\(title)</h2><div class=\"charts\">\(figures.joined())</div></section>"
  }

  private func figure(
    _ svg: String, _ title: String, _ caption: String, key: String = ""
  ) -> String {
    "<figure><h3>\(Markup.html(title))</h3><div class=\"chart\">\(svg)</div>\(key)"
      + (caption.isEmpty ? "" : "<figcaption>\(Markup.html(caption))</figcaption>") + "</figure>"
  }

  private func title(_ name: String, _ group: GridLayout.Group) -> String {
    group.label.isEmpty ? name : "\(name), \(group.label)"
  }

  // MARK: Charts

  private func heatMaps(_ group: GridLayout.Group) -> [String] {
    document.columns.indices.prefix(HTMLPage.mostCharts)
      .compactMap { column in
        let map = HeatMap(document: document, layout: layout, group: group, column: column)
        return map.svg.map { figure($0, title(document.columns[column], group), map.caption) }
      }
  }

  private func responses(_ group: GridLayout.Group) -> [String] {
    let chart = LineChart(document: document, layout: layout, group: group)
    return document.columns.indices.prefix(HTMLPage.mostCharts)
      .compactMap { column in
        guard let svg = chart.response(column) else { return nil }
        var caption: [String] = []
        if group.points.contains(where: { document.points[$0].values[column]?.interval != nil }) {
          caption.append("Bands: \(document.intervals).")
        }
        if let unsteered = layout.unsteered(column) {
          caption.append("Dashed: the unsteered value, \(Digits.short(unsteered)).")
        }
        if group.points.contains(where: { document.points[$0].isSkipped }) {
          caption.append("A cross: the model was broken, what lies beyond was skipped.")
        }
        return figure(
          svg, title(document.columns[column], group),
          (caption + [chosen(chart)]).filter { !$0.isEmpty }.joined(separator: " "),
          key: key(chart))
      }
  }

  private func tradeOffs(_ group: GridLayout.Group) -> [String] {
    guard let effect = document.effectColumn, let cost = document.costColumn else { return [] }
    let chart = LineChart(document: document, layout: layout, group: group)
    guard let svg = chart.tradeOff(effect: effect, cost: cost) else { return [] }
    let name = "\(document.columns[effect]) against \(document.columns[cost])"
    let dose = layout.across.map { "Each point is a value of \(document.settings[$0])" } ?? ""
    return [
      figure(
        svg, title(name, group),
        dose
          + (dose.isEmpty
            ? "" : ", in their order along the curve; the best curve has them written. ")
          + chosen(chart), key: key(chart))
    ]
  }

  private func chosen(_ chart: LineChart) -> String {
    chart.curveCount > LineChart.mostCurves
      ? "\(LineChart.mostCurves) of \(chart.curveCount) curves: evenly spaced, and the best." : ""
  }

  private func key(_ chart: LineChart) -> String {
    let curves = chart.curves
    guard curves.count > 1 else { return "" }
    let items = curves.map { curve in
      var mark = SVG(width: 22, height: 12, title: "")
      mark.line((0, 6), (22, 6), kind: "curve c\(curve.number)")
      mark.marker((11, 6), curve.number, kind: "dot c\(curve.number)", tip: "")
      return "<li>\(mark.text)\(Markup.html(SVG.cut(curve.label, 40)))</li>"
    }
    return "<ul class=\"key\">\(items.joined())</ul>"
  }

  // MARK: Texts and tables

  private var samples: String {
    let points = document.sampledPoints(layout)
    let shown = document.prompts.indices.prefix(document.samples)
      .filter { row in points.contains { document.points[$0].texts[row] != nil } }
    guard !points.isEmpty, !shown.isEmpty else { return "" }
    let blocks = shown.map { row in
      var cards: [String] = []
      if document.baseline.indices.contains(row) {
        cards.append(card("unsteered", document.baseline[row]))
      }
      cards += points.map { card(heading($0), document.points[$0].texts[row] ?? "") }
      let prompt = Markup.html(
        Markup.shortened(document.prompts[row], to: HTMLPage.mostCharacters))
      return
        "<article><p class=\"prompt\">\(prompt)</p><div class=\"cards\">\(cards.joined())</div>"
        + "</article>"
    }
    return "<section><h2>Samples side by side</h2>\(blocks.joined())</section>"
  }

  private func heading(_ point: Int) -> String {
    document.settings.isEmpty ? "output" : document.settingsText(point)
  }

  private func card(_ heading: String, _ text: String) -> String {
    let body =
      text.isEmpty
      ? "<p class=\"none\">no text</p>"
      : "<p>\(Markup.html(Markup.shortened(text, to: HTMLPage.mostCharacters)))</p>"
    return "<div class=\"card\"><h4>\(Markup.html(heading))</h4>\(body)</div>"
  }

  private var controls: String {
    guard let controls = document.controls else { return "" }
    var drawn = ""
    if let chart = document.comparison.map({ ControlChart(comparison: $0) }), let svg = chart.svg {
      let figure = figure(svg, "The vector beside its controls", chart.caption)
      drawn = "<div class=\"charts\">\(figure)</div>"
    }
    return "<section><h2>Controls</h2>\(drawn)\(rows(controls))</section>"
  }

  private func table(_ title: String, _ table: ReportDocument.Table, isOpen: Bool) -> String {
    guard !table.rows.isEmpty, !table.head.isEmpty else { return "" }
    var shown = table
    shown.rows = Array(table.rows.prefix(HTMLPage.mostRows))
    let rest =
      table.rows.count > shown.rows.count
      ? "<p>\(table.rows.count - shown.rows.count) more: save the report as CSV.</p>" : ""
    return
      "<section><details\(isOpen ? " open" : "")><summary><h2>\(title)</h2></summary>"
      + "\(rows(shown))\(rest)</details></section>"
  }

  private func rows(_ table: ReportDocument.Table) -> String {
    let head = table.head.map { "<th scope=\"col\">\(Markup.html($0))</th>" }.joined()
    let rows = table.rows.map { row in
      "<tr>\(row.map { "<td>\(Markup.html($0))</td>" }.joined())</tr>"
    }
    return
      "<div class=\"table\"><table><thead><tr>\(head)</tr></thead><tbody>\(rows.joined())</tbody>"
      + "</table></div>"
  }

  private var manifest: String {
    document.manifest.isEmpty
      ? ""
      : "<section><h2>Manifest</h2>\(definitions(document.manifest, kind: "manifest"))</section>"
  }

  private func definitions(_ entries: [ReportDocument.Entry], kind: String) -> String {
    guard !entries.isEmpty else { return "" }
    let items = entries.map {
      "<div><dt>\(Markup.html($0.name))</dt><dd>\(Markup.html($0.text))</dd></div>"
    }
    return "<dl class=\"\(kind)\">\(items.joined())</dl>"
  }
}

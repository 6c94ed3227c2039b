/// A metric over two settings, a coloured cell for each point.
struct HeatMap {
  let document: ReportDocument
  let layout: GridLayout
  let group: GridLayout.Group
  let column: Int

  private static let plotWidth = 336.0
  private static let left = 52.0
  private static let bottom = 44.0

  /// The chart; nil where no point has a value, or there is no grid of two settings.
  var svg: String? {
    let columns = layout.values(layout.across, group.points)
    let rows = layout.values(layout.upwards, group.points)
    let values = group.points.compactMap { document.points[$0].values[column]?.value }
    guard columns.count > 1, rows.count > 1, !values.isEmpty else { return nil }
    let reference = layout.unsteered(column) ?? (values.min() ?? 0 < 0 ? 0 : nil)
    let colors = HeatColors(values, reference: reference)
    let width = min(max(HeatMap.plotWidth / Double(columns.count), 18), 64)
    let height = min(max(240 / Double(rows.count), 13), 30)
    let plot = (width: width * Double(columns.count), height: height * Double(rows.count))
    let total = (
      width: max(HeatMap.left + plot.width + 12, 400), height: plot.height + HeatMap.bottom + 46
    )
    var drawing = SVG(
      width: total.width, height: total.height,
      title: "\(document.columns[column]) by \(names.joined(separator: " and "))")
    let showsNumbers = width >= 32 && height >= 13
    let largest = values.map(abs).max() ?? 0
    for index in group.points {
      let point = document.points[index]
      guard let x = place(of: layout.across, point, columns),
        let y = place(of: layout.upwards, point, rows)
      else { continue }
      let box = (
        x: HeatMap.left + Double(x) * width, y: 8 + plot.height - Double(y + 1) * height
      )
      draw(point, box, (width, height), colors, showsNumbers ? largest : nil, into: &drawing)
    }
    axes(columns, rows, (width, height), plot, into: &drawing)
    legend(colors, reference, below: plot.height + HeatMap.bottom + 18, plot.width, into: &drawing)
    return drawing.text
  }

  private var names: [String] {
    [layout.across, layout.upwards].compactMap { $0.map { document.settings[$0] } }
  }

  private func place(
    of setting: Int?, _ point: ReportDocument.Point, _ values: [ReportDocument.Setting]
  ) -> Int? {
    setting.flatMap { values.firstIndex(of: point.settings[$0]) }
  }

  private func draw(
    _ point: ReportDocument.Point, _ box: (x: Double, y: Double),
    _ size: (width: Double, height: Double), _ colors: HeatColors, _ largest: Double?,
    into drawing: inout SVG
  ) {
    let settings = zip(document.settings, point.settings).map { "\($0) \($1.label)" }
      .joined(separator: ", ")
    guard let value = point.values[column]?.value else {
      drawing.rectangle(
        box, size, kind: point.isSkipped ? "skipped" : "empty",
        tip: "\(settings): \(point.isSkipped ? "skipped, the model was broken before" : "no value")"
      )
      return
    }
    drawing.rectangle(
      box, size, kind: "heat", style: colors.style(value),
      tip: "\(settings): \(Digits.short(value))")
    if let largest {
      drawing.text(
        Digits.cell(value, largest: largest),
        (box.x + size.width / 2, box.y + size.height / 2 + 3.5), kind: "cell",
        style: colors.style(value))
    }
  }

  private func axes(
    _ columns: [ReportDocument.Setting], _ rows: [ReportDocument.Setting],
    _ size: (width: Double, height: Double), _ plot: (width: Double, height: Double),
    into drawing: inout SVG
  ) {
    let longest = columns.map(\.label.count).max() ?? 1
    let every = max(1, Int((Double(longest) * 7 + 6) / size.width) + 1 - (size.width > 40 ? 1 : 0))
    for (index, value) in columns.enumerated() where index % every == 0 {
      drawing.text(
        SVG.cut(value.label, 10),
        (HeatMap.left + (Double(index) + 0.5) * size.width, plot.height + 22),
        kind: "tick middle")
    }
    let step = max(1, Int((13 / size.height).rounded(.up)))
    for (index, value) in rows.enumerated() where index % step == 0 {
      let y = 8 + plot.height - (Double(index) + 0.5) * size.height + 4
      drawing.text(SVG.cut(value.label, 7), (HeatMap.left - 6, y), kind: "tick end")
    }
    guard names.count == 2 else { return }
    drawing.text(names[0], (HeatMap.left + plot.width / 2, plot.height + 40), kind: "axis middle")
    drawing.text(
      names[1], (14, 8 + plot.height / 2), kind: "axis middle", turned: true)
  }

  private func legend(
    _ colors: HeatColors, _ reference: Double?, below y: Double, _ width: Double,
    into drawing: inout SVG
  ) {
    let steps = 24
    let length = min(max(width, 180), 240)
    let each = length / Double(steps)
    for (index, style) in colors.ramp(steps).enumerated() {
      drawing.rectangle(
        (HeatMap.left + Double(index) * each, y), (each + 0.3, 9), kind: "ramp", style: style)
    }
    drawing.text(Digits.short(colors.low), (HeatMap.left, y + 22), kind: "tick")
    drawing.text(Digits.short(colors.high), (HeatMap.left + length, y + 22), kind: "tick end")
    guard let center = colors.center else { return }
    let share = Axis([colors.low, colors.high], mayBeLogarithmic: colors.isLogarithmic)
      .place(center)
    drawing.line(
      (HeatMap.left + share * length, y - 3), (HeatMap.left + share * length, y + 12), kind: "mark")
    guard share > 0.24, share < 0.76 else { return }
    drawing.text(
      layout.unsteered(column) == nil ? "0" : Digits.short(center),
      (HeatMap.left + share * length, y + 22), kind: "tick middle")
  }

  /// What the colours mean, in a sentence.
  var caption: String {
    let values = group.points.compactMap { document.points[$0].values[column]?.value }
    let isLogarithmic = HeatColors(values, reference: nil).isLogarithmic
    var caption = ""
    if let unsteered = layout.unsteered(column) {
      caption =
        "No colour: the unsteered value, \(Digits.short(unsteered)); orange: above, blue: below."
    } else if values.min() ?? 0 < 0, values.max() ?? 0 > 0 {
      caption = "No colour: 0; orange: above, blue: below."
    }
    if isLogarithmic { caption += " Logarithmic." }
    if group.points.contains(where: { document.points[$0].isSkipped }) {
      caption += " Hatched: skipped, the model was broken before."
    }
    return caption.trimmingPrefix(" ").description
  }
}

/// Metrics as curves: a dose and its response, or what an effect costs.
struct LineChart {
  let document: ReportDocument
  let layout: GridLayout
  let group: GridLayout.Group

  /// A curve: its number says its colour and figure.
  struct Curve {
    let number: Int
    let label: String
    let points: [Int]
  }

  static let mostCurves = 6
  private static let size: SVG.Size = (400, 280)
  private static let margin = (left: 60.0, right: 14.0, top: 12.0, bottom: 46.0)

  /// The curves that are drawn: all, or the most different ones and the best.
  var curves: [Curve] {
    let values = layout.values(layout.upwards, group.points)
    guard let upwards = layout.upwards, !values.isEmpty else {
      return [Curve(number: 0, label: "", points: layout.line(nil, group.points))]
    }
    var chosen = Array(values.indices)
    if values.count > LineChart.mostCurves {
      chosen = (0..<LineChart.mostCurves)
        .map { $0 * (values.count - 1) / (LineChart.mostCurves - 1) }
      let best = document.best(among: group.points).map { document.points[$0].settings[upwards] }
      if let best = best.flatMap({ values.firstIndex(of: $0) }), !chosen.contains(best) {
        // In place of the nearest, so that the others stay evenly spaced.
        let nearest = chosen.indices.min { abs(chosen[$0] - best) < abs(chosen[$1] - best) } ?? 0
        chosen[nearest] = best
      }
    }
    return chosen.sorted().enumerated()
      .map { number, index in
        Curve(
          number: number, label: layout.name(upwards, values[index]),
          points: layout.line(values[index], group.points))
      }
  }

  /// How many curves there would be.
  var curveCount: Int { max(1, layout.values(layout.upwards, group.points).count) }

  // MARK: Dose and response

  /// A metric against the setting that is drawn across, with intervals.
  func response(_ column: Int) -> String? {
    guard let across = layout.across else { return nil }
    let curves = curves
    let drawn = curves.flatMap(\.points).filter { layout.number($0) != nil }
    let values = drawn.compactMap { document.points[$0].values[column] }
    let doses = DoseScale(drawn.compactMap { layout.number($0) })
    guard doses.values.count > 1, !values.isEmpty else { return nil }
    let y = Axis(
      values.flatMap { [$0.value, $0.interval?.lowerBound, $0.interval?.upperBound] }
        .compactMap { $0 }
    )
    .widened(by: 0.06)
    let x = Axis(doses.values.map(doses.place), mayBeLogarithmic: false).widened(by: 0.03)
    var frame = Frame(
      x, y, document.settings[across] + (doses.isLogarithmic ? " (logarithmic from 0)" : ""),
      document.columns[column], LineChart.size, LineChart.margin)
    frame.grid(doses)
    if let unsteered = layout.unsteered(column) {
      frame.horizontal(unsteered, kind: "reference")
    }
    for curve in curves {
      let known = curve.points.compactMap { index in
        layout.number(index)
          .flatMap { dose in
            document.points[index].values[column]
              .map { (x: doses.place(dose), value: $0, index: index) }
          }
      }
      let band = known.filter { $0.value.interval != nil }
      frame.band(
        band.map { ($0.x, $0.value.interval?.lowerBound ?? 0, $0.value.interval?.upperBound ?? 0) },
        kind: "band c\(curve.number)")
      frame.curve(known.map { ($0.x, $0.value.value) }, kind: "curve c\(curve.number)")
      for place in known {
        frame.marker((place.x, place.value.value), curve.number, tip: tip(place.index, column))
      }
      for place in known where isBroken(beside: place.index, curve) {
        frame.cross((place.x, place.value.value))
      }
    }
    return frame.drawing.text
  }

  /// Whether a point beside a point of a curve was skipped.
  private func isBroken(beside point: Int, _ curve: Curve) -> Bool {
    guard let place = curve.points.firstIndex(of: point) else { return false }
    let neighbours = [place - 1, place + 1].filter { curve.points.indices.contains($0) }
    return neighbours.contains { document.points[curve.points[$0]].isSkipped }
  }

  private func tip(_ point: Int, _ column: Int) -> String {
    let settings = zip(document.settings, document.points[point].settings)
      .map { "\($0) \($1.label)" }.joined(separator: ", ")
    guard let value = document.points[point].values[column] else { return settings }
    let interval = value.interval.map {
      " (\(Digits.short($0.lowerBound)) to \(Digits.short($0.upperBound)))"
    }
    return "\(settings): \(document.columns[column]) \(Digits.short(value.value))\(interval ?? "")"
  }

  // MARK: Trade-off

  /// One metric against another: what an effect costs, curves in the order of the dose.
  func tradeOff(effect: Int, cost: Int) -> String? {
    let curves = curves
    let known = curves.map { curve in
      curve.points.compactMap { index -> (x: Double, y: Double, index: Int)? in
        guard let x = document.points[index].values[cost]?.value,
          let y = document.points[index].values[effect]?.value
        else { return nil }
        return (x, y, index)
      }
    }
    let all = known.flatMap { $0 }
    guard all.count > 1 else { return nil }
    var frame = Frame(
      Axis(all.map(\.x)).widened(by: 0.06),
      Axis(all.map(\.y), mayBeLogarithmic: false).widened(by: 0.08),
      document.columns[cost], document.columns[effect], LineChart.size, LineChart.margin)
    frame.grid()
    if let unsteered = layout.unsteered(effect) { frame.horizontal(unsteered, kind: "reference") }
    let best = document.best(among: group.points)
    for (curve, places) in zip(curves, known) {
      frame.curve(places.map { ($0.x, $0.y) }, kind: "curve thin c\(curve.number)")
      for place in places {
        frame.marker(
          (place.x, place.y), curve.number,
          tip: "\(tip(place.index, effect)), \(document.columns[cost]) \(Digits.short(place.x))")
      }
      guard let best, curve.points.contains(best) else { continue }
      for place in places {
        if let dose = layout.number(place.index) {
          frame.label(Digits.short(dose), (place.x, place.y))
        }
      }
    }
    return frame.drawing.text
  }
}

/// Two axes and what is drawn between them.
private struct Frame {
  var drawing: SVG
  private let x: Axis
  private let y: Axis
  private let size: SVG.Size
  private let margin: (left: Double, right: Double, top: Double, bottom: Double)
  private let names: (x: String, y: String)

  init(
    _ x: Axis, _ y: Axis, _ xName: String, _ yName: String, _ size: SVG.Size,
    _ margin: (left: Double, right: Double, top: Double, bottom: Double)
  ) {
    (self.x, self.y, self.size, self.margin) = (x, y, size, margin)
    names = (xName, yName)
    drawing = SVG(width: size.width, height: size.height, title: "\(yName) against \(xName)")
  }

  private func place(_ point: (Double, Double)) -> SVG.Place {
    let width = size.width - margin.left - margin.right
    let height = size.height - margin.top - margin.bottom
    return (
      margin.left + x.place(point.0) * width, margin.top + (1 - y.place(point.1)) * height
    )
  }

  /// Draws lines and numbers; across at the values themselves, where they are few.
  mutating func grid(_ doses: DoseScale? = nil) {
    let bottom = size.height - margin.bottom
    for tick in y.ticks(5) {
      let at = place((x.low, tick))
      drawing.line((margin.left, at.y), (size.width - margin.right, at.y), kind: "grid")
      drawing.text(Digits.short(tick), (margin.left - 7, at.y + 4), kind: "tick end")
    }
    for tick in doses?.ticks(13) ?? x.ticks(6).map({ (place: $0, value: $0) }) {
      let at = place((tick.place, y.low))
      drawing.line((at.x, bottom), (at.x, bottom + 4), kind: "frame")
      drawing.text(Digits.short(tick.value), (at.x, bottom + 17), kind: "tick middle")
    }
    drawing.line((margin.left, bottom), (size.width - margin.right, bottom), kind: "frame")
    let middle = (margin.left + size.width - margin.right) / 2
    drawing.text(
      SVG.cut(names.x, 40) + (x.isLogarithmic ? " (logarithmic)" : ""), (middle, size.height - 8),
      kind: "axis middle")
    drawing.text(
      SVG.cut(names.y, 30) + (y.isLogarithmic ? " (logarithmic)" : ""),
      (13, (margin.top + bottom) / 2), kind: "axis middle", turned: true)
  }

  mutating func horizontal(_ value: Double, kind: String) {
    guard value >= y.low, value <= y.high else { return }
    let at = place((x.low, value)).y
    drawing.line((margin.left, at), (size.width - margin.right, at), kind: kind)
  }

  mutating func band(_ points: [(Double, Double, Double)], kind: String) {
    guard points.count > 1 else { return }
    drawing.path(
      points.map { place(($0.0, $0.1)) } + points.reversed().map { place(($0.0, $0.2)) },
      kind: kind, isClosed: true)
  }

  mutating func curve(_ points: [(Double, Double)], kind: String) {
    guard points.count > 1 else { return }
    drawing.path(points.map(place), kind: kind)
  }

  mutating func marker(_ point: (Double, Double), _ number: Int, tip: String) {
    drawing.marker(place(point), number, kind: "dot c\(number)", tip: tip)
  }

  /// Where a curve ends because the model was broken.
  mutating func cross(_ point: (Double, Double)) {
    let at = place(point)
    drawing.line((at.x - 7, at.y - 7), (at.x + 7, at.y + 7), kind: "cross")
    drawing.line((at.x - 7, at.y + 7), (at.x + 7, at.y - 7), kind: "cross")
  }

  mutating func label(_ text: String, _ point: (Double, Double)) {
    let at = place(point)
    drawing.text(text, (at.x + 7, at.y - 6), kind: "tick")
  }
}

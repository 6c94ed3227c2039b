/// An effect beside what it is compared with: a strip for each kind of control, a dot for each one.
struct ControlChart {
  let comparison: ReportDocument.Comparison

  private static let width = 400.0
  private static let margin = (left: 14.0, right: 14.0, top: 6.0, bottom: 46.0)
  private static let strip = 58.0
  // From the top of a strip to the middle of its dots, and how far they lie apart from it at most.
  private static let (middle, spread) = (38.0, 12.0)

  /// The drawing; nil without controls.
  var svg: String? {
    guard comparison.controls.contains(where: { !$0.effects.isEmpty }) else { return nil }
    let height =
      ControlChart.margin.top + ControlChart.margin.bottom
      + ControlChart.strip * Double(1 + comparison.controls.count)
    var drawing = SVG(
      width: ControlChart.width, height: height, title: "the vector beside its controls")
    let axis = Axis(
      comparison.controls.flatMap(\.effects)
        + [0, comparison.effect, comparison.interval.lowerBound, comparison.interval.upperBound],
      mayBeLogarithmic: false
    )
    .widened(by: 0.04)
    draw(axis, bottom: height - ControlChart.margin.bottom, in: &drawing)
    drawEffect(axis, in: &drawing)
    for (number, control) in comparison.controls.enumerated() {
      let top = self.top(number + 1)
      drawing.text("\(control.effects.count) \(control.name)", (16, top + 16), kind: "tick")
      for (index, effect) in control.effects.enumerated() where effect.isFinite {
        // Out of step with any order of the effects, and the same each time.
        let aside = Double(index * 7 % 13 - 6) / 6 * ControlChart.spread
        drawing.marker(
          (place(effect, axis), top + ControlChart.middle + aside), 0,
          kind: "dot c\(number + 1)", tip: Digits.short(effect))
      }
    }
    return drawing.text
  }

  /// What the drawing shows, in words.
  var caption: String {
    "Bar: 95 % interval of the vector's effect over questions. A dot is the effect of a control; the "
      + "dashed line, the vector's."
  }

  private func draw(_ axis: Axis, bottom: Double, in drawing: inout SVG) {
    let (left, right) = (ControlChart.margin.left, ControlChart.width - ControlChart.margin.right)
    for tick in axis.ticks(6) {
      let x = place(tick, axis)
      drawing.line((x, ControlChart.margin.top), (x, bottom), kind: "grid")
      drawing.text(Digits.short(tick), (x, bottom + 17), kind: "tick middle")
    }
    let zero = place(0, axis)
    drawing.line((zero, ControlChart.margin.top), (zero, bottom), kind: "frame")
    drawing.line((left, bottom), (right, bottom), kind: "frame")
    drawing.text(
      SVG.cut(comparison.name, 50), ((left + right) / 2, bottom + 38), kind: "axis middle")
    let x = place(comparison.effect, axis)
    drawing.line((x, ControlChart.margin.top), (x, bottom), kind: "reference")
  }

  private func drawEffect(_ axis: Axis, in drawing: inout SVG) {
    let y = top(0) + ControlChart.middle
    drawing.text("the vector", (16, top(0) + 16), kind: "tick")
    drawing.path(
      [comparison.interval.lowerBound, comparison.interval.upperBound]
        .map { (place($0, axis), y) }, kind: "curve c0")
    drawing.marker(
      (place(comparison.effect, axis), y), 3, kind: "dot c0", tip: Digits.short(comparison.effect))
  }

  private func top(_ strip: Int) -> Double {
    ControlChart.margin.top + Double(strip) * ControlChart.strip
  }

  private func place(_ value: Double, _ axis: Axis) -> Double {
    let width = ControlChart.width - ControlChart.margin.left - ControlChart.margin.right
    return ControlChart.margin.left + axis.place(value) * width
  }
}

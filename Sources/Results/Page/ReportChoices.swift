/// What a page shows of a report, where there is more than it has room for.
extension ReportDocument {
  /// The column that the sweep is about.
  var effectColumn: Int? {
    effect.flatMap { columns.firstIndex(of: $0) } ?? (columns.isEmpty ? nil : 0)
  }

  /// The column that says what the effect costs.
  var costColumn: Int? {
    if let cost { return columns.firstIndex(of: cost) }
    for name in ["perplexity", "ppl", "kl", "nll", "repetition"] {
      let found = columns.firstIndex { $0.lowercased().contains(name) }
      if let found, found != effectColumn { return found }
    }
    return nil
  }

  /// The point with the largest value of the effect, the first of equal ones.
  func best(among points: [Int]) -> Int? {
    guard let column = effectColumn else { return nil }
    var best: (point: Int, value: Double)?
    for point in points {
      guard let value = self.points[point].values[column]?.value else { continue }
      if best.map({ value > $0.value }) ?? true { best = (point, value) }
    }
    return best?.point
  }

  /// A point's settings in words.
  func settingsText(_ point: Int) -> String {
    zip(settings, points[point].settings).map { "\($0) = \($1.label)" }.joined(separator: ", ")
  }

  /// A value with its interval.
  func valueText(_ value: Value?) -> String {
    guard let value else { return "–" }
    guard let interval = value.interval, interval.lowerBound < interval.upperBound else {
      return Digits.short(value.value)
    }
    return
      "\(Digits.short(value.value)) [\(Digits.short(interval.lowerBound)), "
      + "\(Digits.short(interval.upperBound))]"
  }

  /// What a reader wants to know first.
  var summary: [Entry] {
    var entries: [Entry] = []
    if let column = effectColumn, let best = best(among: Array(points.indices)) {
      entries.append(
        Entry(
          "Largest \(columns[column])",
          "\(valueText(points[best].values[column]))"
            + (settings.isEmpty ? "" : " at \(settingsText(best))")))
      let layout = GridLayout(self)
      if let unsteered = layout.unsteered(column) {
        entries.append(Entry("Unsteered \(columns[column])", Digits.short(unsteered)))
      }
    }
    let skipped = points.count(where: \.isSkipped)
    let outputs = points.reduce(0) { $0 + $1.texts.count { $0 != nil } }
    entries.append(
      Entry(
        "Outputs",
        "\(outputs): \(points.count - skipped) points, \(prompts.count) prompts"
          + (skipped > 0 ? "; \(skipped) points skipped, the model was broken before them" : "")))
    return entries
  }

  /// The points whose texts stand side by side: along the best one's line, from the smallest
  /// setting to the largest.
  func sampledPoints(_ layout: GridLayout) -> [Int] {
    guard let best = best(among: Array(points.indices)) ?? points.indices.first else { return [] }
    let group = layout.groups.first { $0.points.contains(best) }?.points ?? [best]
    let value = layout.upwards.map { points[best].settings[$0] }
    let line = layout.line(value, group)
      .filter {
        points[$0].texts.contains { $0 != nil } && (baseline.isEmpty || layout.number($0) != 0)
      }
    guard line.count > ReportDocument.mostSampled else { return line }
    let bestPlace = line.firstIndex(of: best) ?? 0
    var places = Set([0, bestPlace, line.count - 1])
    // 0, where nothing is done, then what lies evenly between.
    if let zero = line.firstIndex(where: { layout.number($0) == 0 }) { places.insert(zero) }
    for share in [0.25, 0.75, 0.5] where places.count < ReportDocument.mostSampled {
      places.insert(Int(share * Double(line.count - 1)))
    }
    return places.sorted().prefix(ReportDocument.mostSampled).map { line[$0] }
  }

  private static let mostSampled = 4

  /// The table of all points, as texts.
  var pointTable: Table {
    Table(
      head: settings + columns,
      rows: points.map { point in
        point.settings.map(\.label)
          + (point.isSkipped
            ? columns.indices.map { $0 == 0 ? "skipped" : "" } : point.values.map(valueText))
      })
  }
}

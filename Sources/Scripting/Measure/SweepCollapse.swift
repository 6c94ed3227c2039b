/// When a sweep stops going further in a direction: its outputs say that the model is broken.
///
/// Points are then run from the smallest size of one setting to the largest, and a point beyond a
/// broken one, on the same side of 0 and with the same other settings, is skipped.
struct SweepCollapse {
  /// The setting whose size grows, `scale`.
  let setting: String
  /// The largest and smallest values that are still sound, by column.
  let bounds: [(column: String, above: Double?, below: Double?)]
  /// The number of each point's line, its side and its size.
  private let places: [Place?]

  private struct Place {
    let line: String
    let isNegative: Bool
    let size: Double
  }

  /// Share of repeated 4-grams above which a text says nothing any more.
  private static let mostRepetition = 0.5

  /// Reads `collapse = true` or `collapse = {setting = "scale", above = {…}, below = {…}}`.
  ///
  /// - Returns: Nil where none is asked for.
  /// - Throws: ``LuaError`` for a setting that is no number anywhere, and where there is no bound.
  init?(_ argument: Argument, _ grid: SweepGrid) throws {
    switch argument.value {
    case nil, .nil, .boolean(false): return nil
    case .boolean(true):
      setting = "scale"
      bounds = [("repetition", SweepCollapse.mostRepetition, nil)]
    default:
      let options = try argument.options()
      setting = try options["setting"].text(default: "scale")
      let (above, below) = (try options["above"].options(), try options["below"].options())
      try options.finish()
      bounds =
        try above.names.map { ($0, try above[$0].number(), nil) }
        + below.names.map { ($0, nil, try below[$0].number()) }
      guard !bounds.isEmpty else {
        throw argument.bad("bounds expected, as collapse = {above = {repetition = 0.5}}")
      }
    }
    let setting = setting
    guard grid.names.contains(setting) else {
      throw argument.bad("the grid has no setting '\(setting)' that could grow")
    }
    places = grid.points.map { point in
      guard let value = point.first(where: { $0.name == setting })?.value.double else { return nil }
      return Place(
        line: SweepGrid.text(point.filter { $0.name != setting }), isNegative: value < 0,
        size: abs(value))
    }
    guard places.contains(where: { $0 != nil }) else {
      throw argument.bad("'\(setting)' has no number in the grid that could grow")
    }
  }

  /// The points in the order in which they are run: the smallest sizes first.
  var order: [Int] {
    places.indices.sorted {
      let (one, other) = (places[$0]?.size ?? 0, places[$1]?.size ?? 0)
      return one == other ? $0 < $1 : one < other
    }
  }

  /// Whether a point's values say that the model is broken there.
  func isBroken(_ totals: [String: Double]) -> Bool {
    bounds.contains { bound in
      guard let value = totals[bound.column] else { return false }
      return value > bound.above ?? .infinity || value < bound.below ?? -.infinity
    }
  }

  /// Whether a point lies beyond a broken one.
  func isBeyond(_ point: Int, _ broken: Int) -> Bool {
    guard let place = places[point], let other = places[broken] else { return false }
    return place.line == other.line && place.size > other.size
      && (place.isNegative == other.isNegative || other.size == 0)
  }
}

extension LuaValue {
  /// A number as a float.
  var double: Double? {
    switch self {
    case .integer(let number): Double(number)
    case .number(let number): number
    default: nil
    }
  }
}

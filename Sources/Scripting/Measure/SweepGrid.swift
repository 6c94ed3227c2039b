/// The settings that a sweep goes through, in their order.
struct SweepGrid {
  /// A setting with its values, in the order of the columns.
  typealias Point = [(name: String, value: LuaValue)]

  /// The names, in the order of the columns.
  let names: [String]
  /// The points, in the order in which they are run; at least one.
  let points: [Point]

  /// The most points of a sweep.
  static let mostPoints = 10_000

  /// Reads a grid.
  ///
  /// Either names with lists of values, the names sorted; or `{{name, values}, …}`, in that order;
  /// or a list of points, each with the same names. The last name varies fastest.
  ///
  /// - Throws: ``LuaError`` for values that have no place in a table, and for too many points.
  init(_ argument: Argument) throws {
    guard !argument.isMissing else {
      (names, points) = ([], [[]])
      return
    }
    let table = try argument.table()
    if table.list.isEmpty {
      let options = try argument.options()
      guard table.indexed.isEmpty, !table.hasOtherKeys else {
        throw argument.bad("names with values expected")
      }
      let axes = try options.names.map { (name: $0, values: try SweepGrid.values(options[$0])) }
      (names, points) = try SweepGrid.product(axes, argument)
      return
    }
    let entries = try argument.list()
    let first = try entries[0].table()
    if first.fields.isEmpty {
      let axes = try entries.map { entry in
        let pair = try entry.list()
        guard pair.count == 2 else { throw entry.bad("{name, {values}} expected") }
        return (name: try pair[0].metricName(), values: try SweepGrid.values(pair[1]))
      }
      (names, points) = try SweepGrid.product(axes, argument)
      return
    }
    guard entries.count <= SweepGrid.mostPoints else {
      throw argument.bad(SweepGrid.tooMany(entries.count))
    }
    let names = first.fields.keys.sorted()
    points = try entries.map { entry in
      let options = try entry.options()
      guard options.names == names else {
        throw entry.bad(
          "the same names as in the first point expected: \(names.joined(separator: ", "))")
      }
      return try names.map { (name: $0, value: try SweepGrid.value(options[$0])) }
    }
    self.names = names
    try SweepGrid.checkDifferent(points, argument)
  }

  /// Throws if two points are the same: a report could not tell them apart.
  private static func checkDifferent(_ points: [Point], _ argument: Argument) throws {
    var seen: Set<[String]> = []
    for point in points {
      let values = try point.map { String(decoding: try JSON.encode($0.value), as: UTF8.self) }
      guard seen.insert(values).inserted else {
        throw argument.bad("each point once expected, got \(text(point)) twice")
      }
    }
  }

  private static func product(
    _ axes: [(name: String, values: [LuaValue])], _ argument: Argument
  ) throws -> ([String], [Point]) {
    let names = axes.map(\.name)
    guard Set(names).count == names.count else { throw argument.bad("each name once expected") }
    var count = 1
    for axis in axes {
      let (product, overflows) = count.multipliedReportingOverflow(by: axis.values.count)
      guard !overflows, product <= mostPoints else {
        throw argument.bad(tooMany(overflows ? Int.max : product))
      }
      count = product
    }
    var points: [Point] = [[]]
    for axis in axes {
      points = points.flatMap { point in
        axis.values.map { point + [(name: axis.name, value: $0)] }
      }
    }
    try checkDifferent(points, argument)
    return (names, points)
  }

  private static func tooMany(_ count: Int) -> String {
    "at most \(mostPoints) points expected, got \(count)"
  }

  /// The values of one name: a list, or a single one.
  private static func values(_ argument: Argument) throws -> [LuaValue] {
    guard case .table? = argument.value else { return [try value(argument)] }
    let values = try argument.list().map { try value($0) }
    guard !values.isEmpty else { throw argument.bad("at least one value expected") }
    return values
  }

  /// A value that can be shown: a number, a text, a boolean, or a list of those.
  private static func value(_ argument: Argument) throws -> LuaValue {
    switch argument.value {
    case .integer?, .boolean?: return argument.value ?? .nil
    case .number?: return .number(try argument.number())
    case .bytes?: return .string(try argument.text())
    case .table?:
      return .list(
        try argument.list()
          .map { entry in
            if case .table? = entry.value { throw entry.mismatch("number, string or boolean") }
            return try value(entry)
          })
    default: throw argument.mismatch("number, string, boolean or list of those")
    }
  }

  /// A point in words: `layer = 10, scale = 4`.
  static func text(_ point: Point) -> String {
    point.map { "\($0.name) = \(text($0.value))" }.joined(separator: ", ")
  }

  /// A value as text.
  static func text(_ value: LuaValue) -> String {
    switch value {
    case .boolean(let flag): flag ? "true" : "false"
    case .integer(let number): String(number)
    case .number(let number): number.description
    case .table(let table): table.list.map(text).joined(separator: " ")
    default: value.text ?? ""
    }
  }
}

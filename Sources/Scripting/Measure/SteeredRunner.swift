import Engine
import Steering

/// Steers a vector by the settings of a sweep's grid, all prompts together.
struct SteeredRunner {
  private let model: ModelObject
  private let vector: LuaValue
  private let steer: LuaTable
  /// Options of `model:generate`; nil where nothing is generated.
  private let generate: LuaTable?
  private let wantsBaseline: Bool
  private let call: Call

  /// Prompts that are generated together.
  static let rows = 16

  init(
    _ vector: Argument, _ settings: (model: Argument, steer: Argument, generate: Argument),
    _ baseline: Argument, _ library: ModelLibrary, _ call: Call, _ grid: SweepGrid
  ) throws {
    self.call = call
    self.vector = .object(try vector.object(VectorObject.self))
    model =
      try settings.model.isMissing
      ? library.model(nil) : settings.model.object(ModelObject.self)
    steer = settings.steer.isMissing ? LuaTable() : try settings.steer.table()
    switch settings.generate.value {
    case nil, .nil: generate = LuaTable()
    case .boolean(false): generate = nil
    default: generate = try settings.generate.table()
    }
    wantsBaseline = try baseline.boolean(default: generate != nil)
    guard generate != nil || !wantsBaseline else {
      throw baseline.bad(
        "nothing is generated (generate = false), so there is nothing to compare with")
    }
    for name in grid.names where steer.fields[name] != nil {
      throw settings.steer.bad("'\(name)' is a setting of the grid already")
    }
    // What does not fit is found before the first point has taken its time.
    for point in grid.points {
      do {
        _ = try steerings(at: point, for: model)
      } catch {
        throw located(error, "in the sweep", [], nil, point)
      }
    }
  }

  func results(
    of rows: [Int], _ items: [Sweep.Item], at point: SweepGrid.Point
  ) throws -> [LuaTable] {
    try run(rows, items, steer: settings(at: point))
  }

  func baseline(of items: [Sweep.Item]) throws -> [LuaTable]? {
    guard wantsBaseline else { return nil }
    return try stride(from: 0, to: items.count, by: SteeredRunner.rows)
      .flatMap { start in
        let rows = Array(start..<min(start + SteeredRunner.rows, items.count))
        return try run(rows, items, steer: nil)
      }
  }

  /// Everything that says what the outputs are, by name.
  var content: [(name: String, value: LuaValue)] {
    [
      ("vector", vector), ("model", .object(model)), ("steer", .table(steer)),
      ("generate", generate.map { .table($0) } ?? .boolean(false)),
      ("baseline", .boolean(wantsBaseline)),
    ]
  }

  /// Whether there are texts.
  var generates: Bool { generate != nil }

  /// The model that is steered.
  var steered: ModelObject { model }

  func steerings(at point: SweepGrid.Point, for model: ModelObject) throws -> [Steering] {
    try Argument(settings(at: point), called: "steer", call)
      .steerings(for: model, call.machine)
  }

  private func settings(at point: SweepGrid.Point) -> LuaValue {
    var table = steer
    table.list = [vector]
    for (name, value) in point { table.fields[name] = value }
    return .table(table)
  }

  private func run(
    _ rows: [Int], _ items: [Sweep.Item], steer: LuaValue?
  ) throws -> [LuaTable] {
    guard let generate else { return rows.map { _ in LuaTable() } }
    let arguments = rows.map { row in
      var entry = generate
      entry.list = [items[row].prompt]
      entry.fields["steer"] = steer
      return Argument(.table(entry), called: "generate", call)
    }
    return try model.generate(rows: arguments, numbers: rows, call)
      .compactMap { if case .table(let table) = $0 { table } else { nil } }
  }
}

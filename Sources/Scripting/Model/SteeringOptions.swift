import Engine
import Kernels
import Steering
import Transformer

extension Argument {
  /// What `steer = …` asks for: `{vector, scale = 4, …}`, or a list of such tables; none if missing.
  func steerings(for sizes: Hyperparameters, _ machine: LuaMachine) throws -> [Steering] {
    if isMissing { return [] }
    if case .object = value {
      let none = OptionTable(table: LuaTable(), place: place, machine: machine)
      return [try steering(object(), none, sizes, machine)]
    }
    let table = try table()
    if case .table? = table.list.first {
      return try list().flatMap { try $0.steerings(for: sizes, machine) }
    }
    let options = try options()
    let vector = try options[1].object(VectorObject.self)
    guard table.list.count == 1 else {
      throw bad("{vector, scale = …} or a list of such tables expected")
    }
    return [try steering(vector, options, sizes, machine)]
  }
}

/// Reads the options of `model:steer` and of `steer = {…}`.
func steering(
  _ object: VectorObject, _ options: OptionTable, _ sizes: Hyperparameters, _ machine: LuaMachine
) throws -> Steering {
  var settings = Steering.Options()
  settings.op = try options.steeringOperator()
  let scale = options["scale"]
  if !scale.isMissing && !settings.op.usesScale {
    throw scale.bad("op '\(try options["op"].text())' takes no scale")
  }
  let unitOption = options["unit"]
  if !unitOption.isMissing && !settings.op.usesScale {
    throw unitOption.bad("op '\(try options["op"].text())' takes no unit")
  }
  switch scale.value {
  case .function(let function):
    settings.scale = .schedule { step in
      let result = try machine.call(function, [.integer(step)], in: .layer, results: 1)[0]
      return Float(
        try Argument(result, called: "the scale that the function returned", machine).number())
    }
  default: settings.scale = .constant(Float(try scale.number(default: 1)))
  }
  let unit = try unitOption.choice(Steering.Unit.allCases.map(\.rawValue), default: "raw")
  settings.unit = Steering.Unit(rawValue: unit) ?? .raw
  settings.layers = try options["layers"].layers(of: sizes.layers)
  settings.positions = try options["positions"].positionRule()
  settings.exceptBOS = try options["except_bos"].boolean(default: false)
  try options.finish(allowsList: true)
  return try Steering(object.vector, settings, sizes: sizes)
}

extension OptionTable {
  /// The operator, with the options that belong to it.
  fileprivate func steeringOperator() throws -> Operator {
    let name = try self["op"].choice(Operator.names, default: "add")
    let bounds = [self["target"], self["min"], self["max"]]
    if name != "clamp", let stray = bounds.first(where: { !$0.isMissing }) {
      throw stray.bad("only op 'clamp' takes it")
    }
    switch name {
    case "add_keep_norm": return .addKeepNorm
    case "ablate": return .ablate
    case "ablate_add": return .ablateAdd
    case "clamp":
      let (target, least, most) = (bounds[0], bounds[1], bounds[2])
      guard !bounds.allSatisfy(\.isMissing) else {
        throw self["op"].bad("'clamp' needs target, min or max")
      }
      if !target.isMissing {
        guard least.isMissing, most.isMissing else {
          throw target.bad("either target, or min and max")
        }
        let value = try target.number()
        return .clamp(minimum: value, maximum: value)
      }
      return .clamp(
        minimum: try least.number(default: -.infinity),
        maximum: try most.number(default: .infinity))
    default: return .add
    }
  }
}

extension Argument {
  /// Which tokens: a name, `{from = a, to = b}`, or a list of positions.
  fileprivate func positionRule() throws -> PositionRule {
    if isMissing { return .all }
    guard case .table(let table) = value else {
      return PositionRule(named: try choice(PositionRule.names)) ?? .all
    }
    guard table.fields.isEmpty else {
      let range = try options()
      let rule = PositionRule.range(
        try range["from"].integer(default: 0), try range["to"].integer(default: Int.max))
      try range.finish()
      return rule
    }
    let positions = try integers()
    guard !positions.isEmpty else { throw bad("at least one position expected") }
    return .list(positions)
  }
}

/// A steering that stays on until it is closed.
final class SteeringHandle: HostObject {
  static let luaName = "steering"
  let steering: Steering
  private weak var owner: ModelObject?
  private let usesAtStart: Int

  init(_ steering: Steering, _ owner: ModelObject) {
    self.steering = steering
    self.owner = owner
    usesAtStart = owner.uses
  }

  static func declare(in type: ClassDeclaration<SteeringHandle>) {
    type.method("remove", in: .anywhere) { handle, _ in
      handle.remove()
      return .nothing
    }
    type.method("close", in: .anywhere) { handle, _ in
      handle.remove()
      return .nothing
    }
    type.property("active") { .boolean($0.owner != nil) }
    type.property("effect") { effectTable($0.steering) }
    type.onClose { $0.remove() }
    type.text { "steering (\($0.owner == nil ? "closed" : "active"))" }
  }

  private func remove() {
    guard let owner else { return }
    owner.handles.removeAll { $0 === self }
    if owner.wasUsed(since: usesAtStart), steering.effect.rows == 0 {
      owner.library.warn("steering closed: it touched no token while it was on")
    }
    self.owner = nil
  }
}

extension ModelObject {
  func steer(_ call: Call) throws -> SteeringHandle {
    let vector = try call.argument(1, "vector").object(VectorObject.self)
    let made = try steering(vector, call.options(2), model.sizes, call.machine)
    let handle = SteeringHandle(made, self)
    handles.append(handle)
    return handle
  }
}

/// What a steering has done: `{[layer] = {rows = …, ratio = …}}`.
func effectTable(_ steering: Steering) -> LuaValue {
  .byLayer(
    steering.effect.layers.map {
      ($0.key, ["rows": .integer($0.value.rows), "ratio": .number($0.value.meanRatio)])
    })
}

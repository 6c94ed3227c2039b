import Engine
import Kernels
import Steering
import Transformer

/// A steering as a recipe describes it, before it meets a model.
struct SteeringRequest {
  /// Where the directions come from.
  enum Source {
    /// A vector, with a direction for each of its layers.
    case vector(ControlVector)
    /// A map, which is an operator of its own.
    case map(AffineMap)
    /// One direction, `[width]`, for whatever layers are asked for.
    case uniform([Float])
    /// None: the operator needs no direction.
    case none
  }

  let source: Source
  var settings: Steering.Options
  private let when: ConditionRequest?

  /// Reads the options of `model:steer` and of `steer = {…}`; with `operation`, those of `cast.ops`,
  /// where the operator is given and the layers are the hook's.
  init(
    _ source: Source, _ options: OptionTable, _ machine: LuaMachine, operation: String? = nil
  ) throws {
    self.source = source
    var settings = Steering.Options()
    let name = try operation ?? options["op"].choice(Operator.names, default: "add")
    settings.op = try options.steeringOperator(name)
    let scale = options["scale"]
    if !scale.isMissing && !settings.op.usesScale { throw scale.bad("op '\(name)' takes no scale") }
    let unit = options["unit"]
    if !unit.isMissing && !settings.op.usesUnit { throw unit.bad("op '\(name)' takes no unit") }
    settings.scale = try scale.strength(machine, default: settings.op == .ablateAffine ? 0 : 1)
    let unitName = try unit.choice(Steering.Unit.allCases.map(\.rawValue), default: "raw")
    settings.unit = Steering.Unit(rawValue: unitName) ?? .raw
    if operation == nil {
      let layers = options["layers"]
      settings.layers = layers.value?.text == "all" ? nil : try layers.layers(of: 0)
      let site = options["site"]
      settings.part = site.isMissing ? nil : try site.site()
      settings.isEverywhere = try options["everywhere"].boolean(default: false)
      try settings.readGain(options, isOfMap: source.isMap)
    }
    if source.isMap,
      let stray = ["op", "unit", "plane"].map({ options[$0] }).first(where: { !$0.isMissing })
    {
      throw stray.bad("a map takes none: it is an operator of its own")
    }
    guard !source.isMap || !settings.isEverywhere else {
      throw options["everywhere"].bad("only op 'ablate' takes it")
    }
    settings.positions = try options["positions"].positionRule()
    settings.exceptBOS = try options["except_bos"].boolean(default: false)
    let plane = options["plane"]
    if !plane.isMissing {
      guard case .rotate = settings.op else { throw plane.bad("only op 'rotate' takes it") }
      settings.plane = try plane.object(VectorObject.self).vector
    }
    let condition = options["when"]
    when = condition.isMissing ? nil : try ConditionRequest(condition, machine)
    try options.finish(allowsList: true)
    self.settings = settings
  }

  /// The steering of a model; `layers` are those of a source that has none of its own.
  func steering(for object: ModelObject, layers: [LayerIndex] = []) throws -> Steering {
    var settings = settings
    settings.condition = try when?.condition(for: object)
    let sizes = object.model.sizes
    let vector: ControlVector
    switch source {
    case .vector(let given): vector = given
    case .uniform(let direction):
      vector = try ControlVector(
        Dictionary(uniqueKeysWithValues: layers.map { ($0, direction) }))
    case .map(let map): return try Steering(map, settings, sizes: sizes)
    case .none:
      let any = [Float](repeating: 1, count: sizes.width)
      vector = try ControlVector(Dictionary(uniqueKeysWithValues: layers.map { ($0, any) }))
    }
    return try Steering(vector, settings, sizes: sizes)
  }
}

extension SteeringRequest.Source {
  fileprivate var isMap: Bool {
    if case .map = self { return true }
    return false
  }
}

extension Steering.Options {
  fileprivate mutating func readGain(_ options: OptionTable, isOfMap: Bool) throws {
    let option = options["gain"]
    guard isOfMap || option.isMissing else { throw option.bad("only a map takes it") }
    gain = Float(try option.number(default: 1))
  }
}

extension Argument {
  /// What `steer = …` asks for: `{vector, scale = 4, …}`, or a list of such tables; none if missing.
  func steerings(for model: ModelObject, _ machine: LuaMachine) throws -> [Steering] {
    if isMissing { return [] }
    if case .object = value {
      let none = OptionTable(table: LuaTable(), place: place, machine: machine)
      return [try SteeringRequest(try steered(), none, machine).steering(for: model)]
    }
    let table = try table()
    if case .table? = table.list.first {
      return try list().flatMap { try $0.steerings(for: model, machine) }
    }
    let options = try options()
    let source = try options[1].steered()
    guard table.list.count == 1 else {
      throw bad("{vector, scale = …} or a list of such tables expected")
    }
    return [try SteeringRequest(source, options, machine).steering(for: model)]
  }

  /// What steers: a vector or a map.
  func steered() throws -> SteeringRequest.Source {
    if case .object(let object as MapObject)? = value { return .map(object.map) }
    return .vector(try object(VectorObject.self).vector)
  }

  /// How strongly: a number, or a function of the step.
  fileprivate func strength(
    _ machine: LuaMachine, default other: Double
  ) throws -> Steering.Scale {
    guard case .function(let function)? = value else {
      return .constant(Float(try number(default: other)))
    }
    return .schedule { step in
      let result = try machine.call(function, [.integer(step)], in: .layer, results: 1)[0]
      return Float(
        try Argument(result, called: "the scale that the function returned", machine).number())
    }
  }

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

extension OptionTable {
  /// The operator, with the options that belong to it.
  fileprivate func steeringOperator(_ name: String) throws -> Operator {
    for (owner, options) in [
      ("clamp", ["target", "min", "max"]), ("gate", ["below"]), ("rotate", ["angle", "to"]),
      (name == "cosine_gate" ? name : "gate", ["above"]),
    ] where owner != name {
      if let stray = options.map({ self[$0] }).first(where: { !$0.isMissing }) {
        throw stray.bad("only op '\(owner)' takes it")
      }
    }
    switch name {
    case "add_keep_norm": return .addKeepNorm
    case "ablate": return .ablate
    case "ablate_add": return .ablateAdd
    case "ablate_affine": return .ablateAffine
    case "slerp": return .slerp
    case "cosine_gate": return .cosineGate(threshold: try self["above"].number(default: 0))
    case "scale": return .scale
    case "scale_row": return .scaleRow
    case "clamp":
      let target = self["target"]
      let (least, most) = (self["min"], self["max"])
      guard target.isMissing else {
        guard least.isMissing, most.isMissing else {
          throw target.bad("either target, or min and max")
        }
        let value = try target.number()
        return .clamp(minimum: value, maximum: value)
      }
      let (minimum, maximum) = try interval(least, most, "'clamp' needs target, min or max")
      return .clamp(minimum: minimum, maximum: maximum)
    case "gate":
      let (minimum, maximum) = try interval(
        self["above"], self["below"], "'gate' needs above or below")
      return .gate(minimum: minimum, maximum: maximum)
    case "rotate":
      let (angle, target) = (self["angle"], self["to"])
      guard angle.isMissing != target.isMissing else {
        throw bad("'rotate' needs angle or to, in degrees, and not both")
      }
      let degrees = try angle.isMissing ? target.number() : angle.number()
      let radians = degrees * Double.pi / 180
      return .rotate(angle.isMissing ? .to(radians) : .by(radians))
    default: return .add
    }
  }

  /// Two bounds, at least one of which must be given.
  private func interval(
    _ least: Argument, _ most: Argument, _ complaint: String
  ) throws -> (Double, Double) {
    guard !least.isMissing || !most.isMissing else { throw bad(complaint) }
    return (try least.number(default: -.infinity), try most.number(default: .infinity))
  }
}

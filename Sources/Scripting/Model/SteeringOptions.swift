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
    settings.scale = try scale.strength(machine)
    let unitName = try unit.choice(Steering.Unit.allCases.map(\.rawValue), default: "raw")
    settings.unit = Steering.Unit(rawValue: unitName) ?? .raw
    if operation == nil {
      let layers = options["layers"]
      settings.layers = layers.value?.text == "all" ? nil : try layers.layers(of: 0)
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
    case .none:
      let any = [Float](repeating: 1, count: sizes.width)
      vector = try ControlVector(Dictionary(uniqueKeysWithValues: layers.map { ($0, any) }))
    }
    return try Steering(vector, settings, sizes: sizes)
  }
}

extension Argument {
  /// What `steer = …` asks for: `{vector, scale = 4, …}`, or a list of such tables; none if missing.
  func steerings(for model: ModelObject, _ machine: LuaMachine) throws -> [Steering] {
    if isMissing { return [] }
    if case .object = value {
      let none = OptionTable(table: LuaTable(), place: place, machine: machine)
      let vector = try object(VectorObject.self).vector
      return [try SteeringRequest(.vector(vector), none, machine).steering(for: model)]
    }
    let table = try table()
    if case .table? = table.list.first {
      return try list().flatMap { try $0.steerings(for: model, machine) }
    }
    let options = try options()
    let vector = try options[1].object(VectorObject.self).vector
    guard table.list.count == 1 else {
      throw bad("{vector, scale = …} or a list of such tables expected")
    }
    return [try SteeringRequest(.vector(vector), options, machine).steering(for: model)]
  }

  /// How strongly: a number, or a function of the step; 1 if missing.
  fileprivate func strength(_ machine: LuaMachine) throws -> Steering.Scale {
    guard case .function(let function)? = value else {
      return .constant(Float(try number(default: 1)))
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
      ("clamp", ["target", "min", "max"]), ("gate", ["above", "below"]),
      ("rotate", ["angle", "to"]),
    ] where owner != name {
      if let stray = options.map({ self[$0] }).first(where: { !$0.isMissing }) {
        throw stray.bad("only op '\(owner)' takes it")
      }
    }
    switch name {
    case "add_keep_norm": return .addKeepNorm
    case "ablate": return .ablate
    case "ablate_add": return .ablateAdd
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

/// `when = {vector, layer = 10, above = 0.1}` as a recipe writes it.
private struct ConditionRequest {
  private let vector: ControlVector
  private let layer: LayerIndex
  private let bound: SteeringCondition.Bound
  private let similarity: SteeringCondition.Similarity
  private let rule: TokenRule

  init(_ argument: Argument, _ machine: LuaMachine) throws {
    let options = try argument.options()
    // Vector and layer have names too, but read well without them.
    let named = options["vector"]
    vector = try (named.isMissing ? options[1] : named).object(VectorObject.self).vector
    let unnamed = options[named.isMissing ? 2 : 1]
    let namedLayer = options["layer"]
    layer = try (unnamed.isMissing ? namedLayer : unnamed).layer()
    let (above, below) = (options["above"], options["below"])
    guard above.isMissing != below.isMissing else {
      throw argument.bad("either above or below expected, the threshold of the similarity")
    }
    bound = above.isMissing ? .below(try below.number()) : .above(try above.number())
    let name = try options["similarity"]
      .choice(SteeringCondition.Similarity.allCases.map(\.rawValue), default: "cosine")
    similarity = SteeringCondition.Similarity(rawValue: name) ?? .cosine
    let position = options["position"]
    rule =
      position.isMissing
      ? TokenRule(named: vector.passport.position) : try position.tokenRule(machine)
    try options.finish(allowsList: true)
  }

  func condition(for object: ModelObject) throws -> SteeringCondition {
    try SteeringCondition(
      vector, layer: layer, bound, similarity: similarity, at: rule, session: object.session,
      interventions: [object.library.stopCheck])
  }
}

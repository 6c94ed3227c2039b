import Engine
import Kernels
import Steering
import Transformer

/// `cast.ops.…`: an operator, not yet at any layer.
final class OperationObject: HostObject {
  static let luaName = "operation"
  let request: SteeringRequest
  private let name: String

  init(_ request: SteeringRequest, _ name: String) {
    self.request = request
    self.name = name
  }

  static func declare(in type: ClassDeclaration<OperationObject>) {
    type.property("op") { .string($0.name) }
    type.text { "operation \($0.name)" }
  }
}

/// An operator at the layers of a hook: it runs in the engine, with no call into Lua.
final class DeclaredOperation {
  private let request: SteeringRequest
  private var made: [(model: ObjectIdentifier, steering: Steering)] = []

  /// Checks that a vector has the layers that the hook names.
  init(_ request: SteeringRequest, _ layers: HookLayers, _ argument: Argument) throws {
    self.request = request
    guard case .vector(let vector) = request.source, let named = layers.named else { return }
    for layer in named.sorted() where vector[layer] == nil {
      throw argument.bad(
        "the vector has no layer \(layer); it has \(summary(of: vector.layers))")
    }
  }

  /// The steering of a model, made once.
  func steering(for object: ModelObject, layers: HookLayers) throws -> Steering {
    let model = ObjectIdentifier(object)
    if let known = made.first(where: { $0.model == model }) { return known.steering }
    var request = request
    let blocks = (0..<object.model.sizes.layers).map { LayerIndex($0) }
    let chosen = layers.named?.sorted() ?? blocks
    if case .vector(let vector) = request.source {
      // 'all' means every block for which there is a direction.
      request.settings.layers =
        layers.named == nil ? vector.layers.filter { $0 != .embedding } : chosen
    }
    let steering = try request.steering(for: object, layers: chosen)
    made.append((model, steering))
    return steering
  }

  /// What it has done so far; of several models, to the first.
  var effect: LuaValue { made.first.map { effectTable($0.steering) } ?? [:] }
}

extension ModelLibrary {
  /// Declares `cast.ops`.
  func declareOperations(in cast: HostModule) {
    let ops = cast.module("ops")
    for name in Operator.names {
      ops.function(name, in: .outsideHooks) { call in
        .object(OperationObject(try request(call, name), name))
      }
    }
  }
}

/// Reads `cast.ops.add(v, scale, {…})` and the like as if it were `steer = {v, op = "add", …}`.
private func request(_ call: Call, _ name: String) throws -> SteeringRequest {
  let first = try call.argument(1, "vector")
  let isWholeRow = name == "scale" && first.isNumber
  var place = isWholeRow ? 1 : 2
  var table = LuaTable()
  if let setting = mainSetting(of: name) {
    let value = try call.argument(place, setting)
    if value.isNumber || value.isFunction {
      table.fields[setting] = value.value
      place += 1
    } else if name == "scale" {
      throw value.mismatch("number")
    } else if value.isMissing {
      place += 1
    }
  }
  let options = try call.argument(place, "options")
  for (key, value) in try options.isMissing ? [:] : options.table().fields {
    guard table.fields[key] == nil else { throw options.bad("'\(key)' is given already") }
    table.fields[key] = value
  }
  return try SteeringRequest(
    isWholeRow ? .none : first.directions(),
    OptionTable(table: table, place: options.place, machine: call.machine), call.machine,
    operation: isWholeRow ? "scale_row" : name)
}

/// The setting that may stand, without its name, between the vector and the options.
private func mainSetting(of name: String) -> String? {
  switch name {
  case "ablate", "clamp": nil
  case "rotate": "angle"
  default: "scale"
  }
}

extension Argument {
  fileprivate var isNumber: Bool {
    switch value {
    case .integer, .number: true
    default: false
    }
  }

  fileprivate var isFunction: Bool {
    if case .function = value { return true }
    return false
  }

  /// A vector, or a tensor that is the direction at every layer.
  fileprivate func directions() throws -> SteeringRequest.Source {
    switch value {
    case .object(let object as VectorObject): return .vector(object.vector)
    case .tensor:
      let direction = try vector().values
      guard direction.allSatisfy(\.isFinite), direction.contains(where: { $0 != 0 }) else {
        throw bad("a direction expected: finite and not zero")
      }
      return .uniform(direction)
    default: throw mismatch("vector, or tensor of shape [d_model]")
    }
  }
}

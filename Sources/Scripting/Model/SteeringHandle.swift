import Engine
import Steering
import Transformer

/// A steering that stays on until it is closed.
final class SteeringHandle: HostObject {
  static let luaName = "steering"
  /// Nil once it is closed: a schedule that refers to the handle would hold both for ever.
  private(set) var steering: Steering?
  private let effect: () -> LuaValue
  private weak var owner: ModelObject?
  private let usesAtStart: Int

  init(_ steering: Steering, _ owner: ModelObject) {
    self.steering = steering
    let (done, condition) = (steering.effect, steering.condition)
    effect = { effectTable(done, condition) }
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
    type.property("effect") { $0.effect() }
    type.onClose { $0.remove() }
    type.text { "steering (\($0.owner == nil ? "closed" : "active"))" }
  }

  private func remove() {
    guard let owner, let steering else { return }
    owner.handles.removeAll { $0 === self }
    let didNothing = steering.effect.rows == 0 && steering.condition?.refused ?? 0 == 0
    if owner.wasUsed(since: usesAtStart), didNothing {
      owner.library.warn("steering closed: it touched no token while it was on")
    }
    self.owner = nil
    self.steering = nil
  }
}

extension ModelObject {
  func steer(_ call: Call) throws -> SteeringHandle {
    let request = try SteeringRequest(
      try call.argument(1, "vector").steered(), call.options(2), call.machine)
    let handle = SteeringHandle(try request.steering(for: self), self)
    handles.append(handle)
    return handle
  }
}

/// What a steering has done.
func effectTable(_ steering: Steering) -> LuaValue {
  effectTable(steering.effect, steering.condition)
}

/// `{[layer] = {rows = …, changed = …, ratio = …, positions = …}, when = {held = …, refused = …, similarity = …}}`.
func effectTable(
  _ effect: SteeringEffect, _ condition: SteeringCondition?
) -> LuaValue {
  let layers = LuaValue.byLayer(
    effect.layers.map { layer, done in
      (
        layer,
        [
          "rows": .integer(done.rows), "changed": .integer(done.changed),
          "ratio": .number(done.meanRatio),
          "positions": done.positions.map {
            ["from": .integer($0.lowerBound), "to": .integer($0.upperBound)]
          } ?? .nil,
        ]
      )
    })
  guard let condition, case .table(var table) = layers else { return layers }
  table.fields["when"] = [
    "held": .integer(condition.held), "refused": .integer(condition.refused),
    "similarity": condition.lastSimilarity.map { .number($0) } ?? .nil,
  ]
  return .table(table)
}

import Transformer

/// A registered hook in a recipe.
final class HookHandle: HostObject {
  static let luaName = "hook"
  private let hook: Hook
  private let registry: HookRegistry

  init(_ hook: Hook, _ registry: HookRegistry) {
    self.hook = hook
    self.registry = registry
  }

  static func declare(in type: ClassDeclaration<HookHandle>) {
    type.method("remove", in: .anywhere) { handle, _ in
      handle.registry.remove(handle.hook)
      return .nothing
    }
    type.property(
      "enabled", get: { .boolean($0.hook.isActive) },
      set: { handle, value in
        let isEnabled = try value.boolean()
        guard !handle.hook.isRemoved else {
          throw LuaError(.script, "hook: it was removed and cannot be enabled or disabled")
        }
        handle.registry.setEnabled(handle.hook, isEnabled)
      })
    type.property("effect") { handle in
      guard case .declared(let operation) = handle.hook.action else { return .nil }
      return operation.effect
    }
    type.onClose { $0.registry.remove($0.hook) }
    type.text { "\($0.hook.event) hook registered at \($0.hook.place)" }
  }
}

extension ModelLibrary {
  /// Declares `cast.on_layer`, `cast.on_token` and `cast.on_vector_build`.
  func declareHooks(in cast: HostModule) {
    cast.function("on_layer", in: .outsideHooks) { [hooks] call in
      let layers = try call.argument(1, "layers").hookLayers()
      let hook = try call.argument(2, "hook")
      let action: Hook.Action
      switch hook.value {
      case .function(let function)?: action = .lua(function)
      case .object(let object as OperationObject)?:
        action = .declared(try DeclaredOperation(object.request, layers, hook))
      default: throw hook.mismatch("function or cast.ops.…")
      }
      return .object(
        try hooks.add("on_layer", action, layers: layers, call.options(3), call))
    }
    for event in ["on_token", "on_vector_build"] {
      cast.function(event, in: .outsideHooks) { [hooks] call in
        let function = try call.argument(1, "function").function()
        return .object(try hooks.add(event, .lua(function), call.options(2), call))
      }
    }
  }
}

extension Argument {
  /// The layers of a hook, which must be given.
  fileprivate func hookLayers() throws -> HookLayers {
    if value?.text == "all" { return .all }
    guard let layers = try layers(of: 0) else { throw mismatch("layers") }
    return HookLayers(named: Set(layers))
  }
}

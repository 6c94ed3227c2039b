import CLua
import CLuaShim
import Kernels

/// What Lua may do with the objects of a class, as the class declared it.
struct ClassInventory {
  /// What messages call the class.
  var name: String
  /// From where each method may be called.
  var methods: [String: ScriptContext] = [:]
  /// Whether each field may be assigned to.
  var fields: [String: Bool] = [:]
  /// Whether `object[key]` is there for keys that are not strings.
  var isIndexed = false
  /// The operators, by Lua's names: `add`, `len`.
  var operations: Set<String> = []
}

/// What a module offers, its modules inside included.
struct ModuleInventory {
  /// From where each function may be called, by path: `cast.vector.build`.
  var functions: [String: ScriptContext] = [:]
  /// What the other names hold, by path: `cast.seed`.
  var values: [String: LuaValue] = [:]
  /// The paths of the modules themselves.
  var modules: Set<String> = []
}

/// Sees what goes over the border between Lua and the host; for the test that compares the running
/// host with its declarations.
final class BorderObserver {
  /// Called when a host function returns.
  var returned: (HostFunction, LuaValue) -> Void = { _, _ in }
  /// Called when a function has read its options, with all names that it asked for.
  var options: ([String], Argument.Place) -> Void = { _, _ in }
  /// Called when an argument must be one of some words.
  var choices: ([String], Argument.Place) -> Void = { _, _ in }
  /// The function that runs now, the innermost one.
  private(set) var running: HostFunction?

  func watch(_ function: HostFunction, _ call: Call) throws -> LuaValue {
    let outer = running
    running = function
    defer { running = outer }
    let value = try function.body(call)
    returned(function, value)
    return value
  }
}

extension LuaMachine {
  /// What a module and the modules inside it offer.
  func inventory(of module: HostModule) -> ModuleInventory {
    var found = ModuleInventory()
    collect(module, into: &found)
    return found
  }

  private func collect(_ module: HostModule, into found: inout ModuleInventory) {
    found.modules.insert(module.path)
    for (name, member) in module.members {
      let path = "\(module.path).\(name)"
      switch member {
      case .value(let value): found.values[path] = value
      case .function(let function): found.functions[path] = function.contexts
      case .module(let inner): collect(inner, into: &found)
      case .native: found.functions[path] = .anywhere
      case .fill(let body):
        for name in names(filledBy: body) {
          found.functions["\(module.path).\(name)"] = .anywhere
        }
      }
    }
  }

  private func names(filledBy body: (OpaquePointer) -> Void) -> [String] {
    lua_createtable(state, 0, 0)
    body(state)
    defer { cl_pop(state, 1) }
    return names(at: -1)
  }

  /// The names in the table at an index, without metamethods.
  private func names(at index: Int32) -> [String] {
    let table = lua_absindex(state, index)
    guard lua_type(state, table) == LUA_TTABLE else { return [] }
    var names: [String] = []
    lua_pushnil(state)
    while lua_next(state, table) != 0 {
      names.append(String(decoding: bytes(state, -2), as: UTF8.self))
      cl_pop(state, 1)
    }
    return names
  }

  /// What Lua may do with tensors: their class is C's.
  func tensorInventory() -> ClassInventory {
    var found = ClassInventory(name: "tensor", fields: ["shape": false], isIndexed: true)
    let top = lua_gettop(state)
    defer { lua_settop(state, top) }
    push(.tensor(Tensor(count: 1)), to: state)
    guard lua_getmetatable(state, -1) != 0 else { return found }
    for name in names(at: -1) where name.hasPrefix("__") {
      if let operation = ClassDeclaration<JSONNull>.Operation(rawValue: String(name.dropFirst(2))) {
        found.operations.insert(operation.rawValue)
      }
    }
    lua_pushstring(state, "__index")
    lua_rawget(state, -2)
    guard lua_getupvalue(state, -1, 1) != nil else { return found }
    for name in names(at: -1) { found.methods[name] = .anywhere }
    return found
  }
}

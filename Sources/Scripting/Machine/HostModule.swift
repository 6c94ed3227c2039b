import CLuaShim

/// A table of functions and values that the host gives to Lua, read-only there.
///
/// ```swift
/// let greetings = HostModule("greetings")
/// greetings.function("hello") { call in
///   .string("Hello, \(try call.argument(1, "name").text())!")
/// }
/// machine.setGlobal("greetings", greetings)
/// ```
public final class HostModule {
  enum Member {
    case value(LuaValue)
    case function(HostFunction)
    case module(HostModule)
    case native((OpaquePointer) -> Void)
    case fill((OpaquePointer) -> Void)
  }

  /// The path that messages show, as `cast.json`; empty for what becomes global variables.
  public let path: String
  var members: [(name: String, member: Member)] = []

  /// Makes an empty module.
  public init(_ path: String) { self.path = path }

  /// Adds a function, called as `module.name(…)`.
  public func function(
    _ name: String, in contexts: ScriptContext = .anywhere, isModelTime: Bool = false,
    _ body: @escaping (Call) throws -> LuaValue
  ) {
    let function = HostFunction(
      path: path(of: name), name: name, contexts: contexts, isModelTime: isModelTime,
      selfCount: 0, body: body)
    members.append((name, .function(function)))
  }

  /// Adds a value.
  public func value(_ name: String, _ value: LuaValue) { members.append((name, .value(value))) }

  /// Adds a module inside this one and returns it.
  @discardableResult
  public func module(_ name: String) -> HostModule {
    let inner = HostModule(path(of: name))
    members.append((name, .module(inner)))
    return inner
  }

  /// The path of a member.
  func path(of name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

  /// Adds a value that C pushes.
  func native(_ name: String, _ push: @escaping (OpaquePointer) -> Void) {
    members.append((name, .native(push)))
  }

  /// Lets C add fields to the table on top.
  func fill(_ body: @escaping (OpaquePointer) -> Void) { members.append(("", .fill(body))) }
}

/// A Swift function behind a Lua one.
final class HostFunction {
  let path: String
  let name: String
  let contexts: ScriptContext
  let isModelTime: Bool
  /// 1 for methods, whose first argument is the object.
  let selfCount: Int32
  let body: (Call) throws -> LuaValue

  init(
    path: String, name: String, contexts: ScriptContext, isModelTime: Bool, selfCount: Int32,
    body: @escaping (Call) throws -> LuaValue
  ) {
    self.path = path
    self.name = name
    self.contexts = contexts
    self.isModelTime = isModelTime
    self.selfCount = selfCount
    self.body = body
  }
}

extension LuaMachine {
  /// Makes a module a global variable of the script.
  public func setGlobal(_ name: String, _ module: HostModule) {
    push(module)
    cl_set_global(state, name)
  }

  /// Makes a value a global variable of the script.
  public func setGlobal(_ name: String, _ value: LuaValue) {
    push(value, to: state)
    cl_set_global(state, name)
  }

  /// Makes each function of a module a global variable of the script.
  func setGlobals(_ module: HostModule) {
    for (name, member) in module.members {
      guard case .function(let function) = member else { continue }
      cl_push_function(state, add(function))
      cl_set_global(state, name)
    }
  }

  /// Makes a module what `require(name)` gives.
  public func setRequired(_ name: String, _ module: HostModule) {
    push(module)
    cl_set_loaded(state, name)
  }

  /// Gives the script a `require` that looks for modules there.
  func setRequire(_ finder: ModuleFinder) {
    let function = HostFunction(
      path: "require", name: "require", contexts: .anywhere, isModelTime: false, selfCount: 0
    ) { call in
      let found = try finder.find(call.argument(1, "name").text())
      return .many([.bytes(found.text), .string("@" + found.chunk)])
    }
    cl_push_require(state, add(function))
    cl_set_global(state, "require")
  }

  func add(_ function: HostFunction) -> Int32 {
    functions.append(function)
    return Int32(functions.count - 1)
  }

  func push(_ module: HostModule) {
    if let pushed = modules[ObjectIdentifier(module)] {
      cl_push_ref(state, pushed.reference.id)
      return
    }
    lua_createtable(state, 0, Int32(module.members.count))
    for (name, member) in module.members {
      lua_checkstack(state, 8)
      if case .fill(let body) = member {
        body(state)
        continue
      }
      lua_pushstring(state, name)
      switch member {
      case .value(let value): push(value, to: state)
      case .function(let function): cl_push_function(state, add(function))
      case .module(let inner): push(inner)
      case .native(let push): push(state)
      case .fill: lua_pushnil(state)
      }
      lua_rawset(state, -3)
    }
    cl_push_module(state, module.path)
    lua_pushvalue(state, -1)
    modules[ObjectIdentifier(module)] = (module, makeReference(state))
  }
}

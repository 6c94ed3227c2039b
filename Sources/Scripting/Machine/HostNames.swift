import CLua
import CLuaShim

/// What the host calls its own functions and tables, before a recipe gives them names of its own.
struct HostNames {
  /// Paths such as `math.max`, by address.
  private var paths: [UnsafeRawPointer: String] = [:]
  /// The host's global variables.
  private var globals: [String] = []

  /// The path of the function or table on top of the stack, if it is the host's.
  func path(_ state: OpaquePointer, _ functions: [HostFunction]) -> String? {
    if let address = lua_topointer(state, -1), let path = paths[UnsafeRawPointer(address)] {
      return path
    }
    // A function of Swift's is a number that C keeps with it.
    guard cl_is_host_function(state, -1) != 0, lua_getupvalue(state, -1, 1) != nil else {
      return nil
    }
    defer { cl_pop(state, 1) }
    let number = Int(lua_tointegerx(state, -1, nil))
    return functions.indices.contains(number) ? functions[number].path : nil
  }

  /// Goes through the global variables and the modules among them, before a recipe adds its own.
  ///
  /// Called again, when the host puts its modules there anew, it goes through those of the first time.
  mutating func note(_ state: OpaquePointer) {
    paths = [:]
    cl_push_globals(state)
    if globals.isEmpty { globals = HostNames.keys(state) }
    noteEntries(globals, state, of: "", depth: 0)
    cl_pop(state, 1)
  }

  /// The names in the table on top, sorted: what has two gets the same one in every run.
  private static func keys(_ state: OpaquePointer) -> [String] {
    var keys: [String] = []
    lua_pushnil(state)
    while lua_next(state, -2) != 0 {
      if lua_type(state, -2) == LUA_TSTRING, let key = lua_tolstring(state, -2, nil) {
        keys.append(String(cString: key))
      }
      cl_pop(state, 1)
    }
    return keys.sorted()
  }

  /// Notes some entries of the table on top.
  private mutating func noteEntries(
    _ keys: [String], _ state: OpaquePointer, of module: String, depth: Int
  ) {
    guard depth < 8, lua_checkstack(state, 8) != 0 else { return }
    for key in keys {
      lua_pushstring(state, key)
      lua_rawget(state, -2)
      defer { cl_pop(state, 1) }
      guard let address = lua_topointer(state, -1).map({ UnsafeRawPointer($0) }),
        paths[address] == nil
      else { continue }
      let path = module.isEmpty ? key : "\(module).\(key)"
      if lua_iscfunction(state, -1) != 0 {
        paths[address] = path
      } else if HostNames.pushFields(state) {
        paths[address] = path
        noteEntries(HostNames.keys(state), state, of: path, depth: depth + 1)
        cl_pop(state, 1)
        // Lua's own modules have their functions in the table itself.
        noteEntries(HostNames.keys(state), state, of: path, depth: depth + 1)
      }
    }
  }

  /// Pushes the fields of the module on top; false, and nothing, if it is none.
  static func pushFields(_ state: OpaquePointer) -> Bool {
    guard lua_type(state, -1) == LUA_TTABLE, lua_getmetatable(state, -1) != 0 else { return false }
    lua_pushstring(state, "__index")
    lua_rawget(state, -2)
    lua_rotate(state, -2, -1)
    cl_pop(state, 1)
    guard lua_iscfunction(state, -1) != 0, lua_getupvalue(state, -1, 1) != nil else {
      cl_pop(state, 1)
      return false
    }
    lua_rotate(state, -2, -1)
    cl_pop(state, 1)
    guard lua_type(state, -1) == LUA_TTABLE else {
      cl_pop(state, 1)
      return false
    }
    return true
  }
}

import CLua
import CLuaShim

/// What the host calls its own functions and tables, before a recipe gives them names of its own.
struct HostNames {
  /// Paths such as `math.max`, by address.
  private var paths: [UnsafeRawPointer: String] = [:]

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

  /// Goes through the global variables and the modules among them.
  mutating func note(_ state: OpaquePointer) {
    paths = [:]
    cl_push_globals(state)
    noteEntries(state, of: "", depth: 0)
    cl_pop(state, 1)
  }

  /// Notes the entries of the table on top.
  private mutating func noteEntries(_ state: OpaquePointer, of module: String, depth: Int) {
    guard depth < 8, lua_checkstack(state, 8) != 0 else { return }
    lua_pushnil(state)
    while lua_next(state, -2) != 0 {
      defer { cl_pop(state, 1) }
      guard lua_type(state, -2) == LUA_TSTRING, let key = lua_tolstring(state, -2, nil),
        let address = lua_topointer(state, -1).map({ UnsafeRawPointer($0) }), paths[address] == nil
      else { continue }
      let path = module.isEmpty ? String(cString: key) : "\(module).\(String(cString: key))"
      if lua_iscfunction(state, -1) != 0 {
        paths[address] = path
      } else if HostNames.pushFields(state) {
        paths[address] = path
        noteEntries(state, of: path, depth: depth + 1)
        cl_pop(state, 1)
        // Lua's own modules have their functions in the table itself.
        noteEntries(state, of: path, depth: depth + 1)
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

import CLua
import CLuaShim
import Kernels

/// Values on the stack of a state: pushed and read without metamethods, so nothing here raises.
extension LuaMachine {
  /// Deepest table that is copied.
  static let deepest = 100
  /// Slots that pushing or reading one value takes at most.
  private static let slots = 4 * deepest + 20

  /// Makes room for `count` values on the stack.
  ///
  /// - Throws: ``LuaError`` if the script has filled its stack.
  func reserve(_ count: Int, on state: OpaquePointer) throws(LuaError) {
    guard lua_checkstack(state, Int32(clamping: count + LuaMachine.slots)) != 0 else {
      throw LuaError(.script, "stack overflow")
    }
  }

  /// Pushes one value, of several the first; room must have been reserved.
  func push(_ value: LuaValue, to state: OpaquePointer, depth: Int = LuaMachine.deepest) {
    switch value {
    case .nil: lua_pushnil(state)
    case .boolean(let flag): lua_pushboolean(state, flag ? 1 : 0)
    case .integer(let number): lua_pushinteger(state, lua_Integer(number))
    case .number(let number): lua_pushnumber(state, number)
    case .bytes(let bytes): push(bytes, to: state)
    case .table(let table):
      depth > 0 ? push(table, to: state, depth: depth - 1) : lua_pushnil(state)
    case .function(let reference), .reference(let reference): cl_push_ref(state, reference.id)
    case .object(let object): push(object, to: state)
    case .tensor(let tensor):
      cl_push_tensor(
        state, Unmanaged<AnyObject>.passRetained(tensor).toOpaque(), tensor.base,
        Int64(tensor.rows), Int64(tensor.columns), tensor.isVector)
    case .view(let view):
      cl_push_view(
        state, view.base, Int64(view.rows), Int64(view.columns), view.isVector, view.scope)
    case .many(let values): push(values.first ?? .nil, to: state, depth: depth)
    }
  }

  private func push(_ bytes: [UInt8], to state: OpaquePointer) {
    bytes.withUnsafeBytes { raw in
      _ = lua_pushlstring(state, raw.bindMemory(to: CChar.self).baseAddress, raw.count)
    }
  }

  private func push(_ table: LuaTable, to state: OpaquePointer, depth: Int) {
    lua_createtable(
      state, Int32(clamping: table.list.count),
      Int32(clamping: table.indexed.count + table.fields.count))
    for (offset, value) in table.list.enumerated() {
      push(value, to: state, depth: depth)
      lua_rawseti(state, -2, lua_Integer(offset + 1))
    }
    for (key, value) in table.indexed {
      push(value, to: state, depth: depth)
      lua_rawseti(state, -2, lua_Integer(key))
    }
    for (name, value) in table.fields {
      push(Array(name.utf8), to: state)
      push(value, to: state, depth: depth)
      lua_rawset(state, -3)
    }
  }

  private func push(_ object: any HostObject, to state: OpaquePointer) {
    let number = classNumber(type(of: object))
    let retained = Unmanaged<AnyObject>.passRetained(object)
    if !cl_push_object(state, number, retained.toOpaque()) { retained.release() }
  }

  /// Pushes the results of a function and returns how many they are.
  func pushResults(_ value: LuaValue, to state: OpaquePointer) throws(LuaError) -> Int32 {
    guard case .many(let values) = value else {
      push(value, to: state)
      return 1
    }
    try reserve(values.count, on: state)
    for value in values { push(value, to: state) }
    return Int32(values.count)
  }

  /// Copies the value at an index.
  ///
  /// - Throws: ``LuaError`` for a table nested too deeply (one that contains itself), and for a
  ///   tensor that is freed or a view that has expired.
  func read(
    _ state: OpaquePointer, _ index: Int32, depth: Int = LuaMachine.deepest
  ) throws(LuaError) -> LuaValue {
    if depth == LuaMachine.deepest { copyBudget = max(limits.luaMemory, 1 << 20) }
    try take(MemoryLayout<LuaValue>.stride)
    switch lua_type(state, index) {
    case LUA_TBOOLEAN: return .boolean(lua_toboolean(state, index) != 0)
    case LUA_TNUMBER:
      if lua_isinteger(state, index) != 0 {
        return .integer(Int(lua_tointegerx(state, index, nil)))
      }
      return .number(lua_tonumberx(state, index, nil))
    case LUA_TSTRING:
      try take(Int(lua_rawlen(state, index)))
      return .bytes(bytes(state, index))
    case LUA_TTABLE:
      guard depth > 0 else {
        throw LuaError(.script, "table nested more than \(LuaMachine.deepest) deep")
      }
      try take(256)
      return .table(try readTable(state, lua_absindex(state, index), depth: depth))
    case LUA_TFUNCTION:
      lua_pushvalue(state, index)
      return .function(makeReference(state))
    case LUA_TUSERDATA: return try readObject(state, index)
    case LUA_TTHREAD, LUA_TLIGHTUSERDATA:
      lua_pushvalue(state, index)
      return .reference(makeReference(state))
    default: return .nil
    }
  }

  /// A table may hold one large thing many times: what a copy takes is bounded by itself.
  private func take(_ bytes: Int) throws(LuaError) {
    copyBudget -= bytes
    guard copyBudget >= 0 else {
      throw LuaError(.script, "table too large to be passed to the host")
    }
  }

  func bytes(_ state: OpaquePointer, _ index: Int32) -> [UInt8] {
    var length = 0
    guard let start = cl_string(state, index, &length) else { return [] }
    return Array(UnsafeRawBufferPointer(start: start, count: length))
  }

  private func readObject(_ state: OpaquePointer, _ index: Int32) throws(LuaError) -> LuaValue {
    let number = cl_object_class(state, index)
    if number >= 0 {
      guard let raw = cl_to_object(state, index, number) else { return .nil }
      let object = Unmanaged<AnyObject>.fromOpaque(raw).takeUnretainedValue()
      return (object as? any HostObject).map(LuaValue.object) ?? .nil
    }
    return .tensor(try readTensor(state, index))
  }

  /// The tensor at an index: the very object if Lua holds it whole, else a copy of what is shown.
  func readTensor(_ state: OpaquePointer, _ index: Int32) throws(LuaError) -> Tensor {
    var view = cl_tensor_view()
    switch cl_to_tensor(state, index, &view) {
    case 0: break
    case 2: throw LuaError(.script, "tensor used after free()")
    case 3: throw LuaError(.script, LuaMachine.expired)
    default: throw LuaError(.script, "unknown userdata")
    }
    if view.is_whole, let owner = view.owner {
      let object = Unmanaged<AnyObject>.fromOpaque(owner).takeUnretainedValue()
      return unsafeDowncast(object, to: Tensor.self)
    }
    let rows = Int(view.rows)
    let columns = Int(view.columns)
    let copy = view.is_vector ? Tensor(count: columns) : Tensor(rows: rows, columns: columns)
    copy.base.update(from: view.base, count: rows * columns)
    return copy
  }

  static let expired =
    "expired view: tensors passed to a hook are valid only during that call (use :clone())"

  private func readTable(
    _ state: OpaquePointer, _ index: Int32, depth: Int
  ) throws(LuaError) -> LuaTable {
    var table = LuaTable()
    let length = Int(lua_rawlen(state, index))
    table.list.reserveCapacity(length)
    for key in 0..<length {
      let type = lua_rawgeti(state, index, lua_Integer(key + 1))
      defer { cl_pop(state, 1) }
      if type == LUA_TNIL { break }
      table.list.append(try read(state, -1, depth: depth - 1))
    }
    lua_pushnil(state)
    while lua_next(state, index) != 0 {
      do throws(LuaError) {
        try readEntry(state, into: &table, depth: depth)
      } catch {
        cl_pop(state, 2)
        throw error
      }
      cl_pop(state, 1)
    }
    return table
  }

  private func readEntry(
    _ state: OpaquePointer, into table: inout LuaTable, depth: Int
  ) throws(LuaError) {
    switch lua_type(state, -2) {
    case LUA_TNUMBER where lua_isinteger(state, -2) != 0:
      let key = Int(lua_tointegerx(state, -2, nil))
      if key >= 1 && key <= table.list.count { return }
      table.indexed[key] = try read(state, -1, depth: depth - 1)
    case LUA_TSTRING:
      let name = String(decoding: bytes(state, -2), as: UTF8.self)
      table.fields[name] = try read(state, -1, depth: depth - 1)
    default: table.hasOtherKeys = true
    }
  }
}

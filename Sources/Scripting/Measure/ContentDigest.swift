import CLua
import CLuaShim
import Crypto
import Kernels

/// SHA-256 of what Lua values amount to, so that work on equal ones need not be done twice.
///
/// A function is its compiled code, without lines and comments, and everything that it refers to:
/// upvalues, and the recipe's own global variables. Host objects say themselves what they are.
final class ContentDigest {
  private var hash = SHA256()
  private let machine: LuaMachine
  /// Tables and functions that were seen, by address, in that order.
  private var seen: [UnsafeRawPointer: Int] = [:]
  private var budget = 2_000_000

  init(_ machine: LuaMachine) { self.machine = machine }

  /// The digest of a value.
  ///
  /// - Throws: ``LuaError`` for a value that cannot be told from others like it.
  static func of(_ value: LuaValue, _ machine: LuaMachine) throws -> String {
    let digest = ContentDigest(machine)
    try digest.add(value)
    return digest.text
  }

  /// The digest of some bytes.
  static func of(_ bytes: some Sequence<UInt8>) -> String {
    hexadecimal(SHA256.hash(data: Array(bytes)))
  }

  /// What was added so far, hexadecimal.
  var text: String { Self.hexadecimal(hash.finalize()) }

  private static func hexadecimal(_ digest: SHA256.Digest) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  // MARK: Adding

  /// Adds bytes, with their kind and number before them.
  func add(_ kind: String, _ bytes: some Collection<UInt8>) {
    hash.update(data: Array("\(kind) \(bytes.count):".utf8))
    hash.update(data: Array(bytes))
  }

  func add(_ kind: String, _ text: String) { add(kind, Array(text.utf8)) }

  /// Adds numbers, bit by bit.
  func add(_ kind: String, _ numbers: UnsafeBufferPointer<Float>) {
    add(kind, UnsafeRawBufferPointer(numbers))
  }

  /// Adds a value.
  func add(_ value: LuaValue) throws {
    let state = machine.current
    let top = lua_gettop(state)
    defer { lua_settop(state, top) }
    try machine.reserve(1, on: state)
    machine.push(value, to: state)
    try walk(state, depth: 0)
  }

  private static let deepest = 200

  /// Adds the value on top of the stack, which stays.
  private func walk(_ state: OpaquePointer, depth: Int) throws {
    budget -= 1
    guard budget > 0, depth < Self.deepest, lua_checkstack(state, 10) != 0 else {
      throw LuaError(
        .script, "what the function refers to is too much to be compared (keep data out of it)")
    }
    switch lua_type(state, -1) {
    case LUA_TNIL: add("nil", [])
    case LUA_TBOOLEAN: add("boolean", [lua_toboolean(state, -1) != 0 ? 1 : 0])
    case LUA_TNUMBER where lua_isinteger(state, -1) != 0:
      add("integer", "\(lua_tointegerx(state, -1, nil))")
    case LUA_TNUMBER: add("number", "\(lua_tonumberx(state, -1, nil).bitPattern)")
    case LUA_TSTRING: add("string", machine.bytes(state, -1))
    case LUA_TTABLE: try walkTable(state, depth)
    case LUA_TFUNCTION: try walkFunction(state, depth)
    case LUA_TUSERDATA: try addObject(state)
    default: add(String(cString: cl_type_name(state, -1)), [])
    }
  }

  /// Whether the table or function on top was seen; it counts as seen from now on.
  private func isKnown(_ state: OpaquePointer) -> Bool {
    guard let address = lua_topointer(state, -1).map({ UnsafeRawPointer($0) }) else { return false }
    if let number = seen[address] {
      add("again", "\(number)")
      return true
    }
    seen[address] = seen.count
    return false
  }

  // MARK: Functions

  private func walkFunction(_ state: OpaquePointer, _ depth: Int) throws {
    if isKnown(state) { return }
    guard lua_iscfunction(state, -1) == 0 else {
      guard let path = machine.hostNames.path(state, machine.functions) else {
        throw LuaError(
          .script,
          "a function refers to one of casthost's that has no name of its own (call it by its name)"
        )
      }
      return add("host function", path)
    }
    let code = try code(state)
    add("function", code)
    var index: Int32 = 1
    while lua_getupvalue(state, -1, index) != nil {
      defer { cl_pop(state, 1) }
      if isGlobals(state) {
        try walkGlobals(state, depth + 1)
      } else {
        try walk(state, depth: depth + 1)
      }
      index += 1
    }
  }

  private final class Bytes { var all: [UInt8] = [] }

  /// The compiled function on top, without lines and names of variables.
  ///
  /// - Throws: ``LuaError`` where it calls `require`: what the module will be is not known yet.
  private func code(_ state: OpaquePointer) throws -> [UInt8] {
    let bytes = Bytes()
    let write: lua_Writer = { _, part, size, context in
      guard let part, let context else { return 1 }
      Unmanaged<Bytes>.fromOpaque(context).takeUnretainedValue().all += UnsafeRawBufferPointer(
        start: part, count: size)
      return 0
    }
    _ = withExtendedLifetime(bytes) {
      lua_dump(state, write, Unmanaged.passUnretained(bytes).toOpaque(), 1)
    }
    // The constant: its length and one, with the mark of the last byte of a number, and the text.
    guard bytes.all.firstRange(of: [0x80 | 8] + Array("require".utf8)) == nil else {
      throw LuaError(
        .script,
        "a function calls require, and what it will get cannot be compared (require at the top of "
          + "the recipe)")
    }
    return CompiledFunction.content(of: bytes.all) ?? bytes.all
  }

  private func isGlobals(_ state: OpaquePointer) -> Bool {
    cl_push_globals(state)
    defer { cl_pop(state, 1) }
    return lua_rawequal(state, -1, -2) != 0
  }

  /// Adds the recipe's own global variables: what the host made is the same in every run.
  private func walkGlobals(_ state: OpaquePointer, _ depth: Int) throws {
    if isKnown(state) { return }
    try walkEntries(state, depth) { state in
      if self.isGlobals(state) { return true }
      guard let path = self.machine.hostNames.path(state, self.machine.functions),
        lua_type(state, -2) == LUA_TSTRING, let key = lua_tolstring(state, -2, nil)
      else { return false }
      return String(cString: key) == path
    }
  }

  // MARK: Tables

  private func walkTable(_ state: OpaquePointer, _ depth: Int) throws {
    if HostNames.pushFields(state) {
      cl_pop(state, 1)
      return add("module", machine.hostNames.path(state, machine.functions) ?? "")
    }
    if isKnown(state) { return }
    try walkEntries(state, depth) { _ in false }
    if lua_getmetatable(state, -1) != 0 {
      defer { cl_pop(state, 1) }
      try walk(state, depth: depth + 1)
    }
  }

  /// Adds the entries of the table on top, sorted by their keys.
  ///
  /// - Throws: ``LuaError`` for keys that have no order.
  private func walkEntries(
    _ state: OpaquePointer, _ depth: Int, leavingOut: (OpaquePointer) -> Bool
  ) throws {
    var keys: [LuaValue] = []
    lua_pushnil(state)
    while lua_next(state, -2) != 0 {
      if !leavingOut(state) {
        switch lua_type(state, -2) {
        case LUA_TNUMBER, LUA_TSTRING, LUA_TBOOLEAN: keys.append(try machine.read(state, -2))
        default:
          throw LuaError(
            .script,
            "a function refers to a table with a key of type \(String(cString: cl_type_name(state, -2))), "
              + "which cannot be compared (use texts or numbers as keys)")
        }
      }
      cl_pop(state, 1)
    }
    if keys.count >= budget { budget = 0 }
    add("table", "\(keys.count)")
    for key in keys.sorted(by: { Self.order($0).lexicographicallyPrecedes(Self.order($1)) }) {
      machine.push(key, to: state)
      try walk(state, depth: depth + 1)
      lua_rawget(state, -2)
      defer { cl_pop(state, 1) }
      try walk(state, depth: depth + 1)
    }
  }

  private static func order(_ key: LuaValue) -> [UInt8] {
    switch key {
    case .integer(let number): Array("0\(number)".utf8)
    case .number(let number): Array("1\(number)".utf8)
    case .bytes(let bytes): [UInt8(ascii: "2")] + bytes
    default: Array("3\(key)".utf8)
    }
  }

  // MARK: Objects

  private func addObject(_ state: OpaquePointer) throws {
    switch try machine.read(state, -1) {
    case .tensor(let tensor):
      add("tensor", "\(tensor.rows) \(tensor.columns) \(tensor.isVector)")
      add("elements", UnsafeBufferPointer(start: tensor.base, count: tensor.rows * tensor.columns))
    case .object(let object):
      add("object", type(of: object).luaName)
      guard let object = object as? any Digestible else {
        throw LuaError(
          .script,
          "a function refers to an object of kind \(type(of: object).luaName), whose content cannot be compared "
            + "(make it inside the function)")
      }
      try object.addContent(to: self)
    default: add("userdata", [])
    }
  }
}

/// A host object whose content shapes what a function that refers to it does.
protocol Digestible: HostObject {
  /// Adds the content.
  ///
  /// - Throws: ``LuaError`` where it cannot be told from others like it.
  func addContent(to digest: ContentDigest) throws
}

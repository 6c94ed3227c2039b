import CLua
import CLuaShim

/// A call of a host function by Lua; valid only while that function runs.
public struct Call {
  /// The machine that calls.
  public let machine: LuaMachine
  let state: OpaquePointer
  let function: HostFunction

  /// Number of arguments, the object of a method not counted.
  public var count: Int { Int(lua_gettop(state) - function.selfCount) }

  /// The argument at a position, from 1; the name is for messages.
  ///
  /// - Throws: ``LuaError`` where a tensor in it is freed or a table nested too deeply.
  public func argument(_ position: Int, _ name: String) throws -> Argument {
    let index = Int32(position) + function.selfCount
    let value = index <= lua_gettop(state) ? try read(index, position, name) : nil
    return Argument(
      value: value, place: .argument(position: position, name: name, function: function.name),
      machine: machine)
  }

  private func read(_ index: Int32, _ position: Int, _ name: String) throws -> LuaValue {
    do {
      return try machine.read(state, index)
    } catch {
      throw LuaError(
        error.code, "bad argument #\(position) '\(name)' to '\(function.name)' (\(error.message))")
    }
  }

  /// All arguments from a position on.
  public func arguments(from position: Int, _ name: String) throws -> [Argument] {
    guard position <= count else { return [] }
    return try (position...count).map { try argument($0, name) }
  }

  /// The table of named options at a position; empty if it is nil or missing.
  ///
  /// Call ``OptionTable/finish()`` when all options are read: it refuses names that nobody read.
  public func options(_ position: Int, _ name: String = "options") throws -> OptionTable {
    try argument(position, name).options()
  }

  /// Where the line of the recipe that calls stands.
  public var position: (file: String, line: Int)? { machine.position }
}

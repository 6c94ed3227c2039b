/// What Lua's own library is within the sandbox: asked of a state that runs no recipe.
final class SandboxNames {
  let machine: LuaMachine
  /// The global variables of a recipe.
  let globals: Set<String>
  private var complaints: [String: String?] = [:]

  /// What names of other Lua versions are called now.
  private static let older = [
    "unpack": "table.unpack", "loadstring": "load", "table.getn": "the operator #",
    "table.maxn": "the operator #", "math.pow": "the operator ^", "string.gfind": "string.gmatch",
    "bit32": "the operators & | ~ << >>", "bit": "the operators & | ~ << >>",
    "setfenv": "a local _ENV", "getfenv": "a local _ENV", "math.ldexp": "x * 2.0 ^ n",
    "math.log10": "math.log(x, 10)", "math.mod": "math.fmod", "table.foreach": "a loop over pairs",
  ]

  /// Uses the state of a host that has declared everything.
  init(_ machine: LuaMachine) throws(LuaError) {
    self.machine = machine
    let result = try machine.run(
      "local names = {} for name in next, _G do names[#names + 1] = name end return names",
      name: "names.lua")
    var names: Set<String> = []
    if case .table(let table)? = result.first { names = Set(table.list.compactMap(\.text)) }
    globals = names
  }

  /// What the host says to `name` or `library.name`; nil if it is there.
  ///
  /// The names are identifiers, as the lexer gives them.
  func complaint(_ path: String) -> String? {
    if let known = complaints[path] { return known }
    var complaint: String?
    do {
      _ = try machine.run("return \(path) == nil", name: "names.lua")
    } catch {
      complaint = error.message
    }
    if let present = SandboxNames.older[path], complaint != nil {
      complaint = "'\(path)' is of another version of Lua: use \(present)"
    }
    complaints[path] = .some(complaint)
    return complaint
  }

  /// Whether a name was taken away by the sandbox.
  func isRemoved(_ path: String) -> Bool {
    complaint(path)?.contains("is not available in the sandbox") == true
  }
}

/// What `casthost test` adds to Lua: `describe`, `it`, `expect` and their relatives.
///
/// The file declares its tests while it runs; ``run(_:)`` runs them afterwards, in that order.
public final class TestLibrary {
  /// One test that has been run.
  public struct Outcome: Sendable, Hashable {
    /// Its name, those of its groups before it: `["vectors", "add up"]`.
    public var name: [String]
    /// Why it failed; nil if it passed.
    public var error: LuaError?
    /// How long it took, in seconds.
    public var seconds: Double

    /// Describes what a test came to.
    public init(name: [String], error: LuaError?, seconds: Double) {
      self.name = name
      self.error = error
      self.seconds = seconds
    }
  }

  /// The global functions, declared as `Scripts/types/cast.d.lua` says.
  let globals = HostModule("")
  static let names: Set<String> = ["describe", "it", "before_each", "after_each", "expect"]

  private final class Group {
    let name: String
    let parent: Group?
    var before: [LuaReference] = []
    var after: [LuaReference] = []

    init(_ name: String, in parent: Group?) {
      self.name = name
      self.parent = parent
    }

    /// The groups from the outermost to this one.
    var path: [Group] { (parent?.path ?? []) + [self] }
  }

  private struct Test {
    let name: String
    let group: Group
    let body: LuaReference
  }

  private unowned let machine: LuaMachine
  private var group = Group("", in: nil)
  private var tests: [Test] = []
  private var isRunning = false

  /// Whether a file is one of tests by its name: `*_test.lua`, `test_*.lua`.
  public static func isTestFile(_ path: String) -> Bool {
    let name = PathText.split(path).name
    return name.hasSuffix("_test.lua") || (name.hasPrefix("test_") && name.hasSuffix(".lua"))
  }

  init(_ machine: LuaMachine) {
    self.machine = machine
    declareGroups()
    globals.function("expect") { call in
      .object(Expectation(try call.argument(1, "value").value ?? .nil))
    }
  }

  private func declareGroups() {
    globals.function("describe", in: .load) { [self] call in
      let (name, body) = try declaration(call)
      let outer = group
      group = Group(name, in: outer)
      defer { group = outer }
      try call.machine.call(body, results: 0)
      return .nothing
    }
    globals.function("it", in: .load) { [self] call in
      let (name, body) = try declaration(call)
      tests.append(Test(name: name, group: group, body: body))
      return .nothing
    }
    globals.function("before_each", in: .load) { [self] call in
      group.before.append(try hook(call))
      return .nothing
    }
    globals.function("after_each", in: .load) { [self] call in
      group.after.append(try hook(call))
      return .nothing
    }
  }

  private func declaration(_ call: Call) throws -> (String, LuaReference) {
    try checkPlace(call)
    return (try call.argument(1, "name").text(), try call.argument(2, "fn").function())
  }

  private func hook(_ call: Call) throws -> LuaReference {
    try checkPlace(call)
    return try call.argument(1, "fn").function()
  }

  private func checkPlace(_ call: Call) throws {
    guard isRunning else { return }
    throw LuaError(
      .script,
      "\(call.function.name) cannot be called in a test; call it in the file or in describe")
  }

  // MARK: Running

  /// The number of tests that the file has declared.
  public var count: Int { tests.count }

  /// Runs the tests that the file has declared.
  ///
  /// After one that used up time or memory the others cannot run, and fail with that reason.
  ///
  /// - Parameter each: Receives each outcome as soon as it is known.
  /// - Throws: ``LuaError`` with code `interrupted`.
  public func run(_ each: (Outcome) -> Void) throws(LuaError) {
    isRunning = true
    defer { isRunning = false }
    var end: LuaError?
    for test in tests {
      let begun = ContinuousClock.now
      let error =
        end.map { LuaError($0.code, "not run, as the state has ended: \($0.message)") }
        ?? failure(of: test)
      switch error?.code {
      case .interrupted:
        if let error { throw error }
      case .timeLimit, .memoryLimit: end = end ?? error
      default: break
      }
      let groups = test.group.path.dropFirst().map(\.name)
      let seconds = (ContinuousClock.now - begun) / .seconds(1)
      each(Outcome(name: groups + [test.name], error: error, seconds: seconds))
    }
  }

  /// Runs a test between the hooks of its groups; `after_each` runs whatever happened.
  private func failure(of test: Test) -> LuaError? {
    var first: LuaError?
    func run(_ function: LuaReference) {
      do throws(LuaError) {
        try machine.call(function, in: .load, results: 0)
      } catch {
        first = first ?? error
      }
    }
    let groups = test.group.path
    for hook in groups.flatMap(\.before) where first == nil { run(hook) }
    if first == nil { run(test.body) }
    for hook in groups.reversed().flatMap(\.after) { run(hook) }
    return first
  }
}

extension ScriptHost {
  /// Gives the script the functions of tests; call it before the script runs.
  ///
  /// - Returns: What runs the tests when the script has declared them.
  public func attachTests() -> TestLibrary {
    let library = TestLibrary(machine)
    machine.setGlobals(library.globals)
    return library
  }
}

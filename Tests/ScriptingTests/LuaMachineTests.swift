import Scripting
import Testing

@Suite("Lua machine")
struct LuaMachineTests {
  @Test("results come back as values")
  func results() throws {
    let machine = try LuaMachine()
    let values = try machine.run("return 1, 'a', {2, 3, x = true, [7] = 'y'}, nil, 1.5")
    #expect(values.count == 5)
    #expect(values[1].text == "a")
    guard case .table(let table) = values[2] else {
      Issue.record("no table")
      return
    }
    #expect(table.list.count == 2)
    #expect(table.indexed[7]?.text == "y")
    #expect(values[3].isNil)
  }

  @Test("an error has message, place and the user's frames")
  func traceback() throws {
    let machine = try LuaMachine()
    let error = #expect(throws: LuaError.self) {
      try machine.run("local function f()\n  error('boom')\nend\nlocal ok = f()\n", name: "r.lua")
    }
    #expect(error?.message == "boom")
    #expect(error?.file == "r.lua")
    #expect(error?.line == 2)
    #expect(error?.traceback == ["r.lua:2: in local 'f'", "r.lua:4: in main chunk"])
  }

  @Test("an error that is a table has a place but runs no code of the script")
  func errorObject() throws {
    let machine = try LuaMachine()
    let error = #expect(throws: LuaError.self) {
      try machine.run(
        "\nerror(setmetatable({}, {__tostring = function() while true do end end}))", name: "r.lua")
    }
    #expect(error?.description == "r.lua:2: (error object is a table value)")
  }

  @Test("a syntax error has its place")
  func syntax() throws {
    let machine = try LuaMachine()
    let error = #expect(throws: LuaError.self) { try machine.load("x = = 1", name: "r.lua") }
    #expect(error?.description == "r.lua:1: unexpected symbol near '='")
  }

  @Test("compiled chunks are refused")
  func bytecode() throws {
    let machine = try LuaMachine()
    let error = #expect(throws: LuaError.self) {
      try machine.load([0x1B] + Array("Lua".utf8), name: "r.lua")
    }
    #expect(error?.description == "r.lua: compiled chunk, not Lua text: recipes are text files")
  }

  @Test("an endless loop ends at the deadline, and no pcall catches that")
  func deadline() throws {
    var limits = ScriptLimits()
    limits.runSeconds = 0.05
    let machine = try LuaMachine(limits: limits)
    let error = #expect(throws: LuaError.self) {
      try machine.run("while true do\n  pcall(function() while true do end end)\nend")
    }
    #expect(error?.code == .timeLimit)
    #expect(error?.exitCode == 124)
    #expect(error?.line != nil)
  }

  @Test("a string that doubles forever ends at the memory limit")
  func memory() throws {
    var limits = ScriptLimits()
    limits.luaMemory = 16 << 20
    let machine = try LuaMachine(limits: limits)
    let error = #expect(throws: LuaError.self) {
      try machine.run("local s = 'x'\nwhile true do s = s .. s end")
    }
    #expect(error?.code == .memoryLimit)
    #expect(error?.line == 2)
    #expect(machine.memoryPeak < 64 << 20)
  }

  @Test("garbage does not count against the memory limit")
  func garbage() throws {
    var limits = ScriptLimits()
    limits.luaMemory = 8 << 20
    let machine = try LuaMachine(limits: limits)
    let values = try machine.run(
      "local n = 0; for i = 1, 200 do local s = ('x'):rep(1 << 20); n = n + #s end; return n")
    #expect(try integer(values.first) == 200 << 20)
  }

  @Test("another thread interrupts the script")
  func interrupt() throws {
    let machine = try LuaMachine()
    machine.stopSwitch.interrupt()
    let error = #expect(throws: LuaError.self) { try machine.run("while true do end") }
    #expect(error?.code == .interrupted)
    #expect(error?.exitCode == 130)
  }

  @Test("a callback has a time limit of its own, and time of the host does not count")
  func callBudget() throws {
    var limits = ScriptLimits()
    limits.layerSeconds = 0.02
    let machine = try LuaMachine(limits: limits)
    let clock = HostModule("clock")
    clock.function("wait", isModelTime: true) { _ in
      let start = ContinuousClock.now
      while ContinuousClock.now - start < .milliseconds(60) {}
      return .nothing
    }
    machine.setGlobal("clock", clock)
    let quick = try machine.load("clock.wait() for i = 1, 5000 do end", name: "r.lua")
    try machine.call(quick, in: .layer)
    let slow = try machine.load("while true do end", name: "r.lua")
    let error = #expect(throws: LuaError.self) { try machine.call(slow, in: .layer) }
    #expect(error?.code == .timeLimit)
  }

  private func integer(_ value: LuaValue?) throws -> Int {
    guard case .integer(let number) = try #require(value) else { return -1 }
    return number
  }
}

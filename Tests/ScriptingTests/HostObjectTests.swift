import Scripting
import Testing

final class Counter: HostObject {
  static let luaName = "counter"
  var count = 0
  var closed = 0

  static func declare(in type: ClassDeclaration<Counter>) {
    type.property(
      "count", get: { .integer($0.count) }, set: { $0.count = try $1.integer(in: 0...1000) })
    type.property("twice") { .integer(2 * $0.count) }
    type.method("add") { counter, call in
      counter.count += try call.argument(1, "amount").integer(default: 1, in: 0...100)
      return .object(counter)
    }
    type.method("each", in: .anywhere) { counter, call in
      let visit = try call.argument(1, "visit").function()
      for index in 0..<counter.count { try call.machine.call(visit, [.integer(index)], in: .layer) }
      return .nothing
    }
    type.method("configure") { counter, call in
      let options = try call.options(1)
      counter.count = try options["start_count"].integer(default: 0)
      try options.finish()
      return .nothing
    }
    type.operation(.len) { call in
      .integer(try call.argument(1, "counter").object(Counter.self).count)
    }
    type.text { "counter(\($0.count))" }
    type.onClose { $0.closed += 1 }
  }
}

@Suite("Host objects and functions")
struct HostObjectTests {
  private func machine(_ counter: Counter = Counter()) throws -> LuaMachine {
    let machine = try LuaMachine()
    machine.setGlobal("c", .object(counter))
    return machine
  }

  @Test("methods, properties, operators and text work")
  func use() throws {
    let counter = Counter()
    let machine = try machine(counter)
    try machine.run("c:add():add(4); c.count = c.count + 1; assert(#c == 6 and c.twice == 12)")
    #expect(counter.count == 6)
    #expect(try machine.run("return tostring(c)").first?.text == "counter(6)")
    try machine.run("do local x <close> = c end")
    #expect(counter.closed == 1)
  }

  @Test(
    "a mistake is explained",
    arguments: [
      ("c:add('x')", "bad argument #1 'amount' to 'add' (integer expected, got string)"),
      ("c:add(1.5)", "bad argument #1 'amount' to 'add' (integer expected, got 1.5)"),
      ("c:add(101)", "bad argument #1 'amount' to 'add' (integer from 0 to 100 expected, got 101)"),
      ("c:ad()", "unknown field 'ad' of counter (did you mean 'add'?)"),
      ("c.cuont = 1", "unknown field 'cuont' of counter (did you mean 'count'?)"),
      ("c.twice = 1", "field 'twice' of counter cannot be set"),
      (
        "c.count = -1",
        "bad argument #1 'value' to 'count' (integer from 0 to 1000 expected, got -1)"
      ),
      ("c.add(3)", "calling 'add' on a bad self (counter expected, got number)"),
      ("local x = c[1]", "counter has no entry of type number"),
      ("c:configure{start_cuont = 1}", "unknown option 'start_cuont' to 'configure'"),
      ("c:configure{start_count = {}}", "bad option 'start_count' to 'configure'"),
      ("c:each(function() error('inner') end)", "inner"),
    ])
  func mistakes(source: String, message: String) throws {
    let machine = try machine()
    try machine.run("c.count = 1")
    let error = #expect(throws: LuaError.self) { try machine.run("\n" + source, name: "r.lua") }
    #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
    #expect(error?.line == 2)
  }

  @Test("a function called where it may not be says where it may")
  func contexts() throws {
    let machine = try machine()
    let error = #expect(throws: LuaError.self) {
      try machine.run("c.count = 1; c:each(function() c:add() end)")
    }
    #expect(
      error?.message == "counter:add cannot be called in an on_layer hook (allowed in: the recipe "
        + "itself, a callback, a metric)")
  }

  @Test("the traceback of a callback shows both sides, and no host frames")
  func bothSides() throws {
    let machine = try machine()
    let error = #expect(throws: LuaError.self) {
      try machine.run(
        "c.count = 1\nlocal function visit()\n  error('x')\nend\nc:each(visit)", name: "r.lua")
    }
    #expect(
      error?.traceback == [
        "r.lua:3: in function <r.lua:2>", "r.lua:5: in main chunk",
      ])
  }

  @Test("the traceback of a wrapped coroutine shows its frames above those outside")
  func coroutineFrames() throws {
    let machine = try LuaMachine()
    let error = #expect(throws: LuaError.self) {
      try machine.run(
        "local step = coroutine.wrap(function()\n  coroutine.yield()\n  error('x')\nend)\n"
          + "step()\nstep()", name: "r.lua")
    }
    #expect(
      error?.traceback == [
        "r.lua:3: in function <r.lua:1>", "r.lua:6: in main chunk",
      ])
  }

  @Test("calls back and forth end at the depth limit")
  func depth() throws {
    let machine = try LuaMachine()
    let module = HostModule("back")
    module.function("call") { call in
      try call.machine.call(call.argument(1, "f").function())
      return .nothing
    }
    machine.setGlobal("back", module)
    let error = #expect(throws: LuaError.self) {
      try machine.run("local function f() back.call(f) end f()")
    }
    #expect(error?.message == "calls between the host and Lua are nested too deeply (9)")
  }

  @Test("a callback cannot yield out of the host")
  func yields() throws {
    let machine = try machine()
    try machine.run("c.count = 1")
    let outside = #expect(throws: LuaError.self) {
      try machine.run("c:each(function() coroutine.yield() end)")
    }
    #expect(outside?.message == "attempt to yield from outside a coroutine")
    let inside = #expect(throws: LuaError.self) {
      try machine.run("coroutine.wrap(function() c:each(coroutine.yield) end)()")
    }
    #expect(inside?.message == "attempt to yield across a C-call boundary")
    try machine.run(
      "coroutine.wrap(function() c:each(function() coroutine.wrap(print)() end) end)()")
  }

  @Test("closing breaks the circle of a machine and functions that refer to it")
  func closing() throws {
    weak var last: LuaMachine?
    do {
      let machine = try LuaMachine()
      let module = HostModule("circle")
      module.function("time") { [machine] _ in .number(machine.luaSeconds) }
      machine.setGlobal("circle", module)
      try machine.run("circle.time()")
      let function = try machine.load("return 1", name: "r.lua")
      last = machine
      machine.close()
      machine.close()
      #expect(throws: LuaError.self) { try machine.call(function) }
      #expect(throws: LuaError.self) { try machine.run("return 1") }
    }
    #expect(last == nil)
  }

  @Test("a host function that works for long can see that the script must end")
  func checkStop() throws {
    let machine = try LuaMachine()
    let module = HostModule("work")
    module.function("long") { call in
      call.machine.stopSwitch.interrupt()
      try call.machine.checkStop()
      return .nothing
    }
    machine.setGlobal("work", module)
    let error = #expect(throws: LuaError.self) {
      try machine.run("pcall(work.long) while true do pcall(work.long) end")
    }
    #expect(error?.code == .interrupted)
  }

  @Test("the kind of an error survives pcall and error")
  func kinds() throws {
    let machine = try LuaMachine()
    let module = HostModule("door")
    module.function("open") { _ in throw LuaError(.permission, "no entry") }
    machine.setGlobal("door", module)
    let passed = #expect(throws: LuaError.self) {
      try machine.run("local ok, e = pcall(door.open) error(e, 0)")
    }
    #expect(passed?.code == .permission)
    let own = #expect(throws: LuaError.self) {
      try machine.run("pcall(door.open) error('mine')")
    }
    #expect(own?.code == .script)
  }

  @Test("the metatable of an object is out of reach")
  func hidden() throws {
    let machine = try machine()
    try machine.run(
      """
      assert(getmetatable(c) == false)
      assert(not pcall(setmetatable, c, {}))
      assert(not pcall(function() return c.__gc end))
      """)
  }

  @Test("objects and references return to zero")
  func leaks() throws {
    weak var last: Counter?
    do {
      let machine = try LuaMachine()
      let module = HostModule("make")
      module.function("counter") { _ in
        let counter = Counter()
        last = counter
        return .object(counter)
      }
      module.function("call") { call in
        let function = try call.argument(1, "f").function()
        do {
          try call.machine.call(function)
        } catch let error as LuaError {
          throw error.adding(note: "seen")
        }
        return .nothing
      }
      machine.setGlobal("make", module)
      try machine.run(
        """
        for i = 1, 10000 do
          local c = make.counter():add()
          pcall(make.call, function() c:add("x") end)
          pcall(make.call, function() error({}) end)
          pcall(c.add, 1)
        end
        """)
      machine.collectGarbage()
      #expect(machine.liveObjects == 0)
      #expect(machine.liveReferences == 1)  // the module itself
    }
    #expect(last == nil)
  }

  @Test("a module is read-only and explains misspelt names")
  func moduleNames() throws {
    let machine = try LuaMachine()
    let module = HostModule("tools")
    module.function("hammer") { _ in .nothing }
    module.module("inner").value("answer", 42)
    machine.setGlobal("tools", module)
    try machine.run("assert(tools.inner.answer == 42)")
    let unknown = #expect(throws: LuaError.self) { try machine.run("tools.hamer()") }
    #expect(unknown?.message == "unknown field 'hamer' of tools (did you mean 'hammer'?)")
    let set = #expect(throws: LuaError.self) { try machine.run("tools.hammer = 1") }
    #expect(set?.message == "tools is read-only: 'hammer' cannot be set")
  }
}

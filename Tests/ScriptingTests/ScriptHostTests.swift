import Foundation
import Scripting
import Testing

@Suite("Script host")
struct ScriptHostTests {
  private func error(_ path: String) -> LuaError? {
    do {
      try ScriptHost(ScriptHost.Settings(recipe: path)).run()
      return nil
    } catch {
      return error
    }
  }

  @Test("a recipe is a file or a folder with main.lua")
  func recipes() throws {
    let playground = try Playground()
    try playground.write("error('here', 0)", "recipe/main.lua")
    try playground.write("error('there', 0)", "recipe/other.lua")
    #expect(error(playground.path("recipe"))?.message == "here")
    #expect(error(playground.path("recipe/other.lua"))?.message == "there")
  }

  @Test("a recipe that cannot be read is a usage error")
  func missing() throws {
    let playground = try Playground()
    #expect(error(playground.path("none.lua"))?.code == .usage)
    #expect(error(playground.path("data"))?.description.contains("not a plain file") == true)
  }

  @Test("a recipe that is a compiled chunk is refused")
  func bytecode() throws {
    let playground = try Playground()
    try Data([0x1B, 0x4C, 0x75, 0x61, 0x54, 0x00])
      .write(
        to: URL(fileURLWithPath: playground.path("recipe/b.lua")))
    #expect(error(playground.path("recipe/b.lua"))?.message.contains("compiled chunk") == true)
  }

  @Test("two recipes are isolated from each other")
  func isolation() {
    let first = ScriptRun("string.format = nil; print = nil; leaked = 1; setmetatable(_G, nil)")
    #expect(first.error == nil)
    let second = ScriptRun("print(string.format('%d', 1), rawget(_G, 'leaked'))")
    #expect(second.output == "1\tnil")
  }

  @Test("ten thousand calls in every direction leave nothing behind")
  func leaks() throws {
    let host = try ScriptHost(ScriptHost.Settings(recipe: "."))
    try host.run(Array("return 1".utf8), name: "warm-up.lua")
    host.machine.collectGarbage()
    let objects = host.machine.liveObjects
    let references = host.machine.liveReferences
    try host.machine.run(
      """
      for i = 1, 10000 do
        local t = cast.tensor.zeros(4)
        local part = t:slice(2)
        pcall(cast.json.encode, {print, part, cast.json.null})
        pcall(cast.json.decode, "[1, {")
        pcall(cast.read, "/etc/passwd")
        pcall(part.add, part, "x")
        coroutine.wrap(function() pcall(cast.json.encode, function() end) end)()
        if i % 100 == 0 then collectgarbage() end
      end
      """)
    host.machine.collectGarbage()
    host.machine.collectGarbage()
    #expect(host.machine.liveObjects == objects)
    #expect(host.machine.liveReferences == references)
    #expect(host.machine.tensorMemoryUsed == 0)
  }
}

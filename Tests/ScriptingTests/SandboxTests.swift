import Scripting
import Testing

@Suite("Sandbox")
struct SandboxTests {
  @Test("exactly these names of the standard library are within reach")
  func names() {
    let run = ScriptRun(
      """
      local names = {}
      for library, content in pairs(_G) do
        if type(content) ~= "table" then
          names[#names + 1] = library
        elseif content ~= _G and content ~= cast then
          for name in pairs(content) do names[#names + 1] = library .. "." .. name end
        end
      end
      table.sort(names)
      print(table.concat(names, " "))
      """)
    #expect(
      run.output == """
        _VERSION assert collectgarbage coroutine.close coroutine.create coroutine.isyieldable \
        coroutine.resume coroutine.running coroutine.status coroutine.wrap coroutine.yield \
        debug.traceback error getmetatable ipairs load math.abs math.acos math.asin math.atan \
        math.ceil math.cos math.deg math.exp math.floor math.fmod math.huge math.log math.max \
        math.maxinteger math.min math.mininteger math.modf math.pi math.rad math.random math.sin \
        math.sqrt math.tan math.tointeger math.type math.ult next os.clock os.date os.difftime \
        os.time pairs pcall print rawequal rawget rawlen rawset require select setmetatable \
        string.byte string.char string.find string.format string.gmatch string.gsub string.len \
        string.lower string.match string.pack string.packsize string.rep string.reverse \
        string.sub string.unpack string.upper table.concat table.insert table.move table.pack \
        table.remove table.sort table.unpack tonumber tostring type utf8.char utf8.charpattern \
        utf8.codepoint utf8.codes utf8.len utf8.offset xpcall
        """)
  }

  @Test("no table within reach holds a function of the host that is not named")
  func metatables() {
    let run = ScriptRun(
      """
      local seen, found = {}, {}
      local function walk(value, path)
        if type(value) ~= "table" or seen[value] then return end
        seen[value] = true
        local mt = getmetatable(value)
        if mt then
          found[#found + 1] = path
          walk(mt, path .. "!")
        end
        for k, v in next, value do walk(v, path .. "." .. tostring(k)) end
      end
      walk(_G, "_G")
      table.sort(found)
      print(table.concat(found, " "))
      """)
    // Only the tables whose missing names are explained have metatables.
    #expect(
      run.output == "_G _G.coroutine _G.debug _G.math _G.os _G.string _G.table _G.utf8")
  }

  @Test(
    "a missing name is explained",
    arguments: [
      (
        "io.open('x')",
        "io is not available in the sandbox: use cast.read, cast.lines and cast.write"
      ),
      ("dofile('x')", "dofile is not available in the sandbox: use require"),
      ("os.getenv('HOME')", "os.getenv is not available in the sandbox: use cast.env"),
      (
        "math.randomseed(1)",
        "math.randomseed is not available in the sandbox: the seed is that of the run, --seed"
      ),
      ("debug.getinfo(1)", "debug.getinfo is not available in the sandbox"),
      ("scael = scale + 1", "undefined variable 'scale'"),
      ("prnit(1)", "undefined variable 'prnit' (did you mean 'print'?)"),
      ("string.fnid('a', 'b')", "unknown function 'fnid' of string (did you mean 'find'?)"),
      ("cast.lgo.info('x')", "unknown field 'lgo' of cast (did you mean 'log'?)"),
      (
        "setmetatable({}, {__mode = 'k'})", "'__mode' (weak tables) is not available in the sandbox"
      ),
      ("collectgarbage('stop')", "collectgarbage('stop') is not available in the sandbox"),
    ])
  func explained(source: String, message: String) {
    #expect(ScriptRun(source).error?.description == "recipe.lua:1: " + message)
  }

  @Test(
    "a wrong argument of the library is told with the function's name and the place",
    arguments: [
      ("string.format('%d', 'x')", "bad argument #2 to 'format' (number expected, got string)"),
      ("return ('%d'):format({})", "bad argument #1 to 'format' (number expected, got table)"),
      ("cast.log.info('%d', 'x')", "bad argument #2 to 'info' (number expected, got string)"),
      ("string.find('x', '[')", "malformed pattern (missing ']')"),
      ("string.rep()", "bad argument #1 to 'rep' (string expected, got no value)"),
      (
        "string.gsub('x', 'x', print, 'y')",
        "bad argument #4 to 'gsub' (number expected, got string)"
      ),
      ("table.insert({}, 5, 1)", "bad argument #2 to 'insert' (position out of bounds)"),
      ("table.concat({{}})", "invalid value (table) at index 1 in table for 'concat'"),
      ("table.sort({1, 'x'})", "attempt to compare string with number"),
      ("os.date('%Ez', 'x')", "bad argument #2 to 'date' (number expected, got string)"),
      ("setmetatable(1, {})", "bad argument #1 to 'setmetatable' (table expected, got number)"),
      ("xpcall(1)", "bad argument #2 to 'xpcall' (function expected, got no value)"),
      ("coroutine.wrap(1)", "bad argument #1 to 'wrap' (function expected, got number)"),
      ("local x = nil + 1", "attempt to perform arithmetic on a nil value"),
    ])
  func libraryErrors(source: String, message: String) {
    #expect(ScriptRun("\n" + source).error?.description == "recipe.lua:2: " + message)
  }

  @Test("globals may be set, in functions too, and tested with rawget")
  func globals() {
    let run = ScriptRun(
      "local function f() count = 1 end f() print(count, rawget(_G, 'missing'))")
    #expect(run.output == "1\tnil")
    #expect(run.error == nil)
  }

  @Test("what reaches a terminal has no control characters, no stray bytes and no addresses")
  func text() {
    let run = ScriptRun(
      #"print("\27[2J\r\8", "\u{9b}", "\u{202e}", "\xff", "a\tb\nc", {}, print, "é中😀")"#)
    #expect(
      run.output
        == #"\27[2J\13\8"# + "\t" + #"\xC2\x9B"# + "\t" + #"\xE2\x80\xAE"# + "\t" + #"\xFF"#
        + "\ta\tb\nc\ttable\tfunction\té中😀")
  }

  @Test("one seed gives one stream, another seed another")
  func seeds() {
    let source = """
      print(math.random(), cast.random(100), cast.random(-5, 5), math.random(0))
      print(cast.tensor.randn(3))
      for k in cast.spairs{b = 1, a = 2, [10] = 3, [2] = 4, [true] = 5} do print(k) end
      """
    let first = ScriptRun(source) { $0.seed = 7 }
    let second = ScriptRun(source) { $0.seed = 7 }
    let other = ScriptRun(source) { $0.seed = 8 }
    #expect(first.error == nil)
    #expect(first.lines == second.lines)
    #expect(first.lines[0] != other.lines[0])
    #expect(first.lines.suffix(5) == ["2", "10", "a", "b", "true"])
  }

  @Test("random numbers keep to their range and reach all of it")
  func random() {
    let run = ScriptRun(
      """
      local seen = {}
      for _ = 1, 1000 do
        local x, n = math.random(), math.random(-2, 3)
        assert(x >= 0 and x < 1 and n >= -2 and n <= 3)
        seen[n] = true
      end
      for n = -2, 3 do assert(seen[n]) end
      assert(math.random(math.mininteger, math.maxinteger))
      assert(not pcall(math.random, 0, -1) and not pcall(math.random, 1, 2, 3))
      """)
    #expect(run.error == nil)
  }

  @Test("the time of a run stands still")
  func time() {
    let run = ScriptRun("print(os.time(), os.date('!%Y-%m-%d'))") { $0.startTime = 86_400 }
    #expect(run.output == "86400\t1970-01-02")
  }

  @Test("coroutines work as in Lua")
  func coroutines() {
    let run = ScriptRun(
      """
      local co = coroutine.create(function(a, b)
        local c = coroutine.yield(a + b)
        local d, e = coroutine.yield(c * 2)
        return d + e
      end)
      print(coroutine.resume(co, 1, 2))
      print(coroutine.resume(co, 10))
      print(coroutine.resume(co, 3, 4))
      print(coroutine.resume(co))
      local closed = false
      local open = coroutine.create(function()
        local x <close> = setmetatable({}, {__close = function() closed = true end})
        coroutine.yield()
      end)
      coroutine.resume(open)
      print(coroutine.close(open), closed, coroutine.status(open))
      for i in coroutine.wrap(function() for i = 1, 2 do coroutine.yield(i) end end) do print(i) end
      print(pcall(coroutine.wrap(function() pcall(coroutine.yield, 1) error("x", 0) end)))
      print(select("#", coroutine.resume(coroutine.create(function() return nil, nil end))))
      """)
    #expect(
      run.lines == [
        "true\t3", "true\t20", "true\t7", "false\tcannot resume dead coroutine",
        "true\ttrue\tdead", "1", "2", "true\t1", "3",
      ])
  }

  @Test("print and log stop at their limits and say so once")
  func outputLimits() {
    let run = ScriptRun("for i = 1, 100 do print('x') cast.log.info('%d', i) end") { settings in
      settings.limits.outputBytes = 20
      settings.limits.logLines = 5
    }
    #expect(run.lines.count == 10)
    #expect(run.log.map(\.text).prefix(5) == ["1", "2", "3", "4", "5"])
    #expect(run.log.count == 7)
    #expect(run.log.filter { $0.text.contains("suppressed") }.count == 2)
  }

  @Test("a line of the log has its level and place")
  func log() {
    let run = ScriptRun("\ncast.log.warn('%s is %d%%', 'x', 5)\ncast.log.debug('100%')")
    #expect(run.log.map(\.text) == ["x is 5%", "100%"])
    #expect(run.log.map(\.level) == [.warning, .debug])
    #expect(run.log.map(\.line) == [2, 3])
    #expect(run.log[0].file == "recipe.lua")
  }
}

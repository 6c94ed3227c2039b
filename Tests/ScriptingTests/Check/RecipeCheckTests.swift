import APIReference
import Testing

@testable import Scripting

@Suite("Checking recipes")
struct RecipeCheckTests {
  private func report(_ source: String) throws -> RecipeReport {
    try ScriptThread.run { try RecipeCheck().report(on: source, name: "r.lua") }
  }

  private func problems(_ source: String) throws -> [String] {
    try report(source).problems.map(\.description)
  }

  private static let prelude =
    "local model = cast.model() local v = cast.vector.load('v.gguf') local ds, w = nil, nil "

  // MARK: Syntax and globals

  @Test("a syntax error is told with its line, in Lua's words")
  func syntax() throws {
    #expect(
      try problems("local x = 1\nif x then\n") == [
        "r.lua:3: error: 'end' expected (to close 'if' at line 2) near <eof>"
      ])
    #expect(try problems("\u{1B}Lua").first?.contains("compiled chunk") == true)
    #expect(try report("x = ").isFine == false)
  }

  @Test(
    "a global that nothing declares is told where it is read",
    arguments: [
      ("local scale = 1\nprint(scael)", "undefined variable 'scael' (did you mean 'scale'?)"),
      ("\nprnt(1)", "undefined variable 'prnt' (did you mean 'print'?)"),
      ("local function f()\n  return missing.field end f()", "undefined variable 'missing'"),
      ("for i = 1, 2 do end\nprint(i)", "undefined variable 'i'"),
      ("do local x = 1 end\nprint(x)", "undefined variable 'x'"),
      ("\nprint(_G.missing)", "undefined variable 'missing'"),
      ("local t = { a = b,\n c = d }", "undefined variable 'd'"),
      ("\nlocal x = y", "undefined variable 'y'"),
      ("\nlocal a <const>, b = 1, q", "undefined variable 'q'"),
      ("repeat local z = 1 until z\nprint(z)", "undefined variable 'z'"),
    ])
  func undeclared(source: String, message: String) throws {
    #expect(try problems(source).contains("r.lua:2: error: " + message))
  }

  @Test(
    "what is declared is fine",
    arguments: [
      "repeat local z = 1 until z", "local function f(n) return n > 0 and f(n - 1) end f(1)",
      "local a, b = ... print(a, b)", "for k, x in pairs({}) do print(k, x) end",
      "local M = {} function M:f() return self.x end function M.g() end return M",
      "local s = 'x' print(s:upper():len(), ('%d'):format(1), #s .. 'y')",
      "goto done local x ::done::", "local x <close> = nil",
      "print(_VERSION, _G.print, _G, math.pi, utf8.char(1), select('#'))",
      "local t = setmetatable({}, { __index = function(_, k) return k end }) print(t.any.thing)",
      "local _ENV = { print = print } print(anything) x = 1",
      "string.trim = function(s) return s end print(string.trim(' x '), (' x '):trim())",
      "local print = function() end print(print)",
      "local f <const> = function(...) return select('#', ...) end print(f(1, 2))",
      "local a = 1; local b = (a + 2) * -a // 3 ^ 2 % 4 & 5 | 6 ~ 7 << 1 >> ~a; print(b == a, not b)",
      "print(rawget(_G, 'anything'))", "local t = { [1] = 2, 'x'; y = 3, } print(t[1], t.y, t.z)",
      "local r = cast.random() local s = cast.spairs({}) cast.log.info('%d', r, s)",
    ])
  func declared(source: String) throws {
    #expect(try problems(source) == [])
  }

  @Test("a global assigned at the top level is a warning, in a function only an error")
  func assigned() throws {
    let top = try report("count = 0\nprint(count)\nlocal function f() count = count + 1 end f()")
    #expect(top.problems.map(\.severity) == [.warning])
    #expect(top.problems[0].line == 1)
    #expect(top.isFine)
    let inner = try report(
      "local counter = 0\nlocal function f() conter = 1 end f() print(counter)")
    #expect(
      inner.problems.map(\.description) == [
        "r.lua:2: error: undeclared variable 'conter' is assigned (did you mean 'counter'?): write "
          + "'local conter', or give it a first value outside of functions"
      ])
  }

  // MARK: The sandbox

  @Test(
    "a name that the sandbox took away says why and what to use",
    arguments: [
      (
        "io.open('x')",
        "io is not available in the sandbox: use cast.read, cast.lines and cast.write"
      ),
      (
        "os.exit(1)",
        "os.exit is not available in the sandbox: return from the recipe, or call error()"
      ),
      (
        "local run = os.execute",
        "os.execute is not available in the sandbox: recipes start no programs"
      ),
      ("dofile('x')", "dofile is not available in the sandbox: use require"),
      ("string.dump(print)", "string.dump is not available in the sandbox: chunks are text"),
    ])
  func removed(source: String, message: String) throws {
    let report = try report(source)
    #expect(report.problems.map(\.message) == [message])
    #expect(report.problems.map(\.kind) == [.removed])
  }

  @Test("names of other versions of Lua say what they are called now")
  func older() throws {
    #expect(
      try problems("unpack({})") == [
        "r.lua:1: error: 'unpack' is of another version of Lua: use table.unpack"
      ])
    #expect(try problems("math.pow(1, 2)").first?.hasSuffix("use the operator ^") == true)
    #expect(
      try problems("string.fnid('a')") == [
        "r.lua:1: error: unknown function 'fnid' of string (did you mean 'find'?)"
      ])
  }

  // MARK: The host's names

  @Test(
    "an unknown name of the host is told, with the nearest one",
    arguments: [
      ("cast.vectr.build()", "unknown field 'vectr' of cast (did you mean 'vector'?)"),
      ("cast.on_layr(1, print)", "unknown field 'on_layr' of cast (did you mean 'on_layer'?)"),
      ("local x = cast['modle']()", "unknown field 'modle' of cast (did you mean 'model'?)"),
      (
        "local v = cast.vector v.lod('x')",
        "unknown field 'lod' of cast.vector (did you mean 'load'?)"
      ),
      (
        "local c = require 'cast' c.raed('x')",
        "unknown field 'raed' of cast (did you mean 'read'?)"
      ),
      ("model:genrate('x')", "unknown field 'genrate' of cast.Model (did you mean 'generate'?)"),
      ("print(model.n_layer)", "unknown field 'n_layer' of cast.Model (did you mean 'n_layers'?)"),
      ("print(v[10]:nrom())", "unknown field 'nrom' of cast.Tensor (did you mean 'norm'?)"),
      (
        "print((v * 2 + v):lyers())",
        "unknown field 'lyers' of cast.Vector (did you mean 'layers'?)"
      ),
      ("print((-v):norm())", "unknown field 'norm' of cast.Vector (did you mean 'norms'?)"),
      (
        "print(model:generate('x').txt)",
        "unknown field 'txt' of cast.Generation (did you mean 'text'?)"
      ),
      (
        "assert(cast.vector.load('x')):sav('y')",
        "unknown field 'sav' of cast.Vector (did you mean 'save'?)"
      ),
      (
        "for line in cast.lines('x') do line:lowr() end",
        "unknown function 'lowr' of string (did you mean 'lower'?)"
      ),
      (
        "local a = model:activations({'x'}) a[3]:meen()",
        "unknown field 'meen' of cast.Tensor (did you mean 'mean'?)"
      ),
      (
        "local a, b = cast.dataset.load('x'):split(0.5) b:suffle()",
        "unknown field 'suffle' of cast.Dataset (did you mean 'shuffle'?)"
      ),
      (
        "cast.on_token(function(ctx) ctx:bais(1, 2) end)",
        "unknown field 'bais' of cast.TokenContext (did you mean 'bias'?)"
      ),
      (
        "local function hook(c) return c.hiden end cast.on_layer(0, hook)",
        "unknown field 'hiden' of cast.LayerContext (did you mean 'hidden'?)"
      ),
    ])
  func unknown(source: String, message: String) throws {
    let report = try report(Self.prelude + source)
    #expect(report.problems.map(\.message) == [message])
    #expect(report.problems.map(\.kind) == [.unknownName])
  }

  @Test("a variable that is assigned again is not held to its first value")
  func reassigned() throws {
    #expect(
      try problems(
        Self.prelude + "local x = model if v then x = {} end print(x.anything, x:whatever())") == []
    )
    #expect(
      try problems(
        Self.prelude + "local x = model local f = function() x = 1 end f() print(x.foo)") == [])
    #expect(try problems("local t = { a = cast.model() } t.a = 1 print(t.a.b)") == [])
  }

  @Test("what is assigned to the host is told, and what may be assigned is not")
  func assignments() throws {
    #expect(
      try problems("cast.read = nil") == [
        "r.lua:1: error: cast is read-only: 'read' cannot be set"
      ])
    #expect(try problems("function cast.json.more() end").count == 1)
    #expect(try problems("local h = cast.on_token(print) h.enabled = false") == [])
    #expect(try problems("local h = cast.on_token(print) h.enable = false").count == 1)
    #expect(
      try problems(Self.prelude + "model.name = 'x'") == [
        "r.lua:1: error: cast.Model does not let 'name' be set"
      ])
  }

  @Test("dots and colons that are mixed up are told")
  func colons() throws {
    #expect(
      try problems(Self.prelude + "model.generate('x')") == [
        "r.lua:1: error: write model:generate(prompt [, options]) with a colon"
      ])
    #expect(try problems(Self.prelude + "model.generate(model, 'x')") == [])
    #expect(
      try problems("cast:model()") == [
        "r.lua:1: error: cast.model is a function, no method: write cast.model(…) with a dot"
      ])
  }

  @Test("a deprecated name is a warning")
  func deprecated() throws {
    var check = RecipeCheck()
    check.api = try .init(
      parsing: """
        cast = {}
        ---Old.
        ---@deprecated use cast.new
        ---@param x any
        function cast.old(x) end
        """)
    let report = try ScriptThread.run { try check.report(on: "cast.old(1)", name: "r.lua") }
    #expect(
      report.problems.map(\.description) == [
        "r.lua:1: warning: cast.old is deprecated: use cast.new"
      ])
    #expect(report.isFine)
  }

  // MARK: What the recipe says of itself

  @Test("metadata, options and the API level are read without running anything")
  func metadata() throws {
    let report = try report(
      """
      cast.recipe { name = "glad", version = "1.2", api = 1, about = "A", license = "MIT" }
      local opt = cast.options { scale = { 4.0, "strength", min = 0 }, loud = false }
      print(opt.scale, opt.laud)
      error("never")
      """)
    #expect(report.name == "glad")
    #expect(report.version == "1.2")
    #expect(report.api == 1)
    #expect(report.license == "MIT")
    #expect(report.options.map(\.name) == ["loud", "scale"])
    #expect(report.options.map(\.fallback) == ["no", "4.0"])
    #expect(report.options[1].about == "strength")
    #expect(
      report.problems.map(\.description) == [
        "r.lua:3: warning: cast.options declares no 'laud' (did you mean 'loud'?)"
      ])
  }

  @Test("a recipe for a newer host is told so")
  func newer() throws {
    let report = try report("cast.recipe { api = 99 }")
    #expect(report.problems.map(\.kind) == [.api])
    #expect(report.problems[0].message.contains("API level 99"))
  }

  @Test("options that the host would refuse are refused")
  func badOptions() throws {
    let report = try report("local opt = cast.options { scale = { 4.0, max = 2 } } print(opt)")
    #expect(
      report.problems.map(\.message) == [
        "bad option 'scale' to 'options' (default: at most 2 expected)"
      ])
  }

  // MARK: Files

  @Test("the modules of a folder are followed, and told by their own path")
  func modules() throws {
    let playground = try Playground()
    try playground.write(
      "shared = 1\nlocal m = require 'lib.tools'\nm.f() require('none') require 'lib.tools'",
      "recipe/main.lua")
    try playground.write(
      "local other = require('lib.other')\nreturn { f = function() return shared + misspelt end }",
      "recipe/lib/tools.lua")
    try playground.write("return (\n", "recipe/lib/other.lua")
    let folder = playground.path("recipe")
    let report = try ScriptThread.run { try RecipeCheck().report(on: folder) }
    func short(_ text: String) -> String { text.replacing(folder + "/", with: "") }
    #expect(report.files.map(short) == ["main.lua", "lib/tools.lua", "lib/other.lua"])
    let told = report.problems.map { short($0.description) }
    #expect(told.contains { $0.hasPrefix("main.lua:3: error: module 'none' not found") })
    #expect(told.contains { $0.hasPrefix("lib/other.lua:2: error: ") })
    try playground.write("return {}", "recipe/lib/other.lua")
    let repaired = try ScriptThread.run { try RecipeCheck().report(on: folder) }
    #expect(
      repaired.problems.map { short($0.description) }.filter { $0.contains("error") }.dropFirst()
        == ["lib/tools.lua:2: error: undefined variable 'misspelt'"])
    #expect(repaired.problems.contains { $0.kind == .global && $0.severity == .warning })
  }

  @Test("a module of a folder of libraries is found, a link out of the folder is not followed")
  func libraries() throws {
    let playground = try Playground()
    try playground.write("return { a = b }", "data/extra.lua")
    try playground.write("x = y", "secret/outside.lua")
    try playground.link("recipe/linked.lua", to: playground.path("secret/outside.lua"))
    try playground.write("require 'extra' require 'linked'", "recipe/main.lua")
    let folder = playground.path("recipe")
    let check = RecipeCheck(libraryFolders: [playground.path("data")])
    let report = try ScriptThread.run { try check.report(on: folder) }
    #expect(report.problems.contains { $0.message.contains("undefined variable 'b'") })
    #expect(report.problems.contains { $0.message.contains("leads out of its folder") })
    #expect(!report.problems.contains { $0.message.contains("'y'") })
  }

  @Test("a recipe that is not there is an error")
  func missing() throws {
    let report = try ScriptThread.run { try RecipeCheck().report(on: "/no/such.lua") }
    #expect(report.problems.map(\.kind) == [.file])
    #expect(report.problems[0].description.hasPrefix("/no/such.lua: error: no such recipe"))
  }

  // MARK: What is known to run

  @Test("the recipe that calls everything, and runs, is fine")
  func everything() throws {
    #expect(try problems(exercise) == [])
  }

  @Test("every example of the declarations is fine")
  func examples() throws {
    let prelude = """
      local model = cast.model()
      local data = cast.dataset.load("x")
      local v, w = cast.vector.load("v"), nil
      w = v
      local acts = model:activations({ "x" })
      local function use(...) end use(model, data, v, w, acts)\n
      """
    var count = 0
    for entry in API.current.entries {
      for part in entry.text.split(separator: "```lua\n").dropFirst() {
        let code = part.split(separator: "```").first.map(String.init) ?? ""
        #expect(try problems(prelude + code) == [], "\(entry.name)")
        count += 1
      }
    }
    #expect(count > 20)
  }
}

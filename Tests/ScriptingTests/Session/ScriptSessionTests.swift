import Testing

@testable import Scripting

@Suite("A session, line by line")
struct ScriptSessionTests {
  /// Enters one text after the other; the steps, or the errors, as text.
  private func enter(_ entries: [String]) throws -> (steps: [String], printed: [String]) {
    var steps: [String] = []
    var printed: [String] = []
    try ScriptThread.run {
      let console = ScriptConsole(print: { printed.append($0) }, log: { _ in })
      let host = try ScriptHost(ScriptHost.Settings(recipe: "none.lua"), console: console)
      let session = ScriptSession(host)
      for entry in entries {
        do {
          switch try session.enter(entry) {
          case .incomplete: steps.append("…")
          case .done(let values): steps.append(values.joined(separator: "; "))
          }
        } catch {
          steps.append("\(error)")
        }
      }
    }
    return (steps, printed)
  }

  @Test(
    "expressions give their values, with or without `=`; statements give none",
    arguments: [
      ("1 + 1", "2"), ("=1 + 1", "2"), ("  = 'a'", "\"a\""), ("return 3", "3"), ("nil", "nil"),
      ("1, 'x', {}", "1; \"x\"; {}"), ("x = 4", ""), ("local y = 2", ""), ("", ""), ("-- no", ""),
      ("print('p')", ""), ("{ 1, b = { 2 } }", "{ 1, b = { 2 } }"),
      ("{ ['a b'] = 1 }", "{ [\"a b\"] = 1 }"), ("'a\\nb\\t\"'", "\"a\\nb\\t\\\"\""),
    ])
  func values(entry: String, shown: String) throws {
    #expect(try enter([entry]).steps == [shown])
  }

  @Test("global variables last from one entry to the next")
  func globals() throws {
    #expect(
      try enter(["x = { 1 }", "x[2] = 5", "#x", "x", "function f() return x[1] end", "f()"]).steps
        == ["", "", "2", "{ 1, 5 }", "", "1"])
  }

  @Test(
    "what ends too early asks for more",
    arguments: [
      "for i = 1, 2 do", "f(", "=f(", "x = {", "local s = [[a", "if x then", "function f()", "x =",
      "--[[ a",
    ])
  func incomplete(entry: String) throws {
    #expect(try enter([entry]).steps == ["…"])
  }

  @Test("several lines are one entry")
  func lines() throws {
    #expect(try enter(["for i = 1, 2 do\nprint(i)\nend"]).printed == ["1", "2"])
    #expect(try enter(["=[[a\nb]]"]).steps == ["\"a\\nb\""])
  }

  @Test("errors say what and where, and the session goes on")
  func errors() throws {
    let steps = try enter(["x = = 2", "nope", "error('no')", "1"]).steps
    #expect(steps[0].contains("unexpected symbol near '='"))
    #expect(steps[1].contains("undefined variable 'nope'"))
    #expect(steps[2] == "repl.lua:1: no")
    #expect(steps[3] == "1")
  }

  @Test("tensors show shape and elements, and tables in themselves end somewhere")
  func tensors() throws {
    let steps = try enter(["cast.tensor.ones(2, 3)", "t = {} t.t = t", "t", "1"]).steps
    #expect(steps[0].contains("2, 3") || steps[0].contains("2x3"))
    #expect(steps[2] == "a table, nested too deeply to be shown")
    #expect(steps[3] == "1")
  }

  @Test(
    "describe tells the type and more",
    arguments: [
      ("describe(1)", "number: 1"), ("describe('abc')", "string of 3 characters: \"abc\""),
      ("describe({ 1, 2, a = 1 })", "table: 2 in the list, 1 by other keys"),
      ("describe(cast.tensor.from { 3, 4 })", "2 elements from 3.0 to 4.0, mean 3.5, norm 5.0"),
      ("describe('cast.vector.build')", "cast.vector.build(model, dataset [, options])"),
      (
        "describe(cast.dataset.pairs { { 'a', 'b' }, { 'c', 'd' } })",
        "data:split(fraction [, options])"
      ),
    ])
  func describe(entry: String, part: String) throws {
    let bench = try RecipeBench()
    var printed: [String] = []
    try ScriptThread.run {
      let console = ScriptConsole(print: { printed.append($0) }, log: { _ in })
      let host = try ScriptHost(ScriptHost.Settings(recipe: "none.lua"), console: console)
      host.attach(ModelAccess(open: { _ in bench.model }, hash: { _ in "0" }))
      #expect(try ScriptSession(host).enter(entry) == .done([]))
    }
    #expect(printed.joined().contains(part), "\(printed)")
  }
}

import TestSupport
import Testing

@testable import Scripting

@Suite("Tests written in Lua")
struct TestLibraryTests {
  /// Runs a file of tests; what was printed, and the outcomes as `name: error`.
  private func run(
    _ source: String, change: (inout ScriptHost.Settings) -> Void = { _ in }
  ) throws -> (lines: [String], outcomes: [String]) {
    var lines: [String] = []
    var outcomes: [String] = []
    var settings = ScriptHost.Settings(recipe: ".")
    change(&settings)
    try ScriptThread.run {
      let console = ScriptConsole(print: { lines.append($0) }, log: { _ in })
      let host = try ScriptHost(settings, console: console)
      let library = host.attachTests()
      try host.run(Array(source.utf8), name: "x_test.lua")
      try library.run { outcome in
        let name = outcome.name.joined(separator: " > ")
        outcomes.append(outcome.error.map { "\(name): \($0)" } ?? name)
        #expect(outcome.seconds >= 0)
      }
    }
    return (lines, outcomes)
  }

  @Test("hooks run around each test of their group and the groups in it, failed tests too")
  func order() throws {
    let result = try run(
      """
      before_each(function() print("before all") end)
      describe("a", function()
        describe("b", function()
          before_each(function() print("before b") end)
          after_each(function() print("after b") end)
          it("one", function() print("one") error("no", 0) end)
        end)
        after_each(function() print("after a") end)
        it("two", function() print("two") end)
      end)
      it("three", function() print("three") end)
      print("read")
      """)
    #expect(
      result.lines == [
        "read", "before all", "before b", "one", "after b", "after a", "before all", "two",
        "after a", "before all", "three",
      ])
    #expect(result.outcomes == ["a > b > one: x_test.lua:6: no", "a > two", "three"])
  }

  @Test("a failing before_each skips the test, and its error is the outcome")
  func failingHook() throws {
    let result = try run(
      """
      before_each(function() error("not ready") end)
      after_each(function() print("after") end)
      it("x", function() print("ran") end)
      """)
    #expect(result.lines == ["after"])
    #expect(result.outcomes == ["x: x_test.lua:1: not ready"])
  }

  @Test("tests cannot be declared in tests")
  func nested() throws {
    let result = try run("it('x', function()\nit('y', function() end) end)")
    #expect(
      result.outcomes == [
        "x: x_test.lua:2: it cannot be called in a test; call it in the file or in describe"
      ])
  }

  @Test("when the state has ended, the other tests fail with the reason, in bounded time")
  func ended() throws {
    let result = try run(
      "it('x', function() pcall(function() while true do end end) end) it('y', function() end)"
    ) { $0.limits.runSeconds = 0.2 }
    #expect(result.outcomes.count == 2)
    #expect(result.outcomes[0].contains("time limit"))
    #expect(result.outcomes[1].hasPrefix("y: not run, as the state has ended"))
  }

  @Test("without `attachTests` there is no such function")
  func ordinaryRecipe() {
    for name in TestLibrary.names {
      #expect(ScriptRun("\(name)()").error?.message.contains("undefined variable") == true)
    }
  }

  @Test("files of tests are known by their names")
  func names() {
    for path in ["a_test.lua", "dir/a_test.lua", "test_a.lua", "/x/test_a.lua"] {
      #expect(TestLibrary.isTestFile(path), "\(path)")
    }
    for path in ["a.lua", "test.lua", "test_a.txt", "a_test.lua/x.lua", "latest_a.lua"] {
      #expect(!TestLibrary.isTestFile(path), "\(path)")
    }
  }

  // MARK: Expectations

  @Test(
    "an expectation that is met is silent, and its opposite says so",
    arguments: [
      ("expect(1):", "to_equal(1.0)", "values are equal (expected any other, found 1)"),
      ("expect({ 1, a = { 2 } }):", "to_equal({ 1, a = { 2 } })", "values are equal"),
      ("expect(nil):", "to_equal(nil)", "found nil"),
      ("expect(print):", "to_equal(print)", "values are equal"),
      ("expect(cast.tensor.ones(2)):", "to_equal(cast.tensor.ones(2))", "values are equal"),
      ("expect(1):", "to_be_near(1.01, 0.1)", "values are within 0.1 of each other"),
      ("expect({ 1, 'a' }):", "to_be_near({ 1.0000001, 'a' })", "values are within 1e-06"),
      ("expect(true):", "to_be_true()", "value is true"),
      ("expect(function() error('a.b') end):", "to_error('a.b')", "an error was raised"),
      ("expect(function() error('a12') end):", "to_error('^x_test.*%d+$')", "an error was raised"),
      ("expect(function() error() end):", "to_error()", "an error was raised"),
    ])
  func met(head: String, tail: String, opposite: String) throws {
    #expect(try run("it('x', function() \(head)\(tail) end)").outcomes == ["x"])
    let outcomes = try run("it('x', function()\n\(head)not_\(tail) end)").outcomes
    #expect(outcomes.first?.hasPrefix("x: x_test.lua:2: not_to_") == true, "\(outcomes)")
    #expect(outcomes.first?.contains(opposite) == true, "\(outcomes)")
  }

  @Test(
    "an expectation that is not met says where, what was expected and what was found",
    arguments: [
      ("expect(1):to_equal(2)", "to_equal: values differ (expected 2, found 1)"),
      ("expect(1):to_equal('1')", "to_equal: values differ (expected \"1\", found 1)"),
      (
        "expect({ 1, { a = 'x' } }):to_equal({ 1, { a = 'y' } })",
        "to_equal: values differ at [2].a (expected \"y\", found \"x\")"
      ),
      (
        "expect({ 1 }):to_equal({ 1, 2 })", "to_equal: values differ at [2] (expected 2, found nil)"
      ),
      (
        "expect(cast.tensor.from { 1, 2 }):to_equal(cast.tensor.from { 1, 3 })",
        "to_equal: values differ at [2] (expected 3.0, found 2.0)"
      ),
      ("expect(0/0):to_equal(0/0)", "to_equal: values differ"),
      (
        "expect(1):to_be_near(1.5, 0.25)",
        "to_be_near: values differ by more than 0.25 (expected 1.5, found 1)"
      ),
      ("expect(0/0):to_be_near(1, 9)", "to_be_near: values differ by more than 9.0"),
      ("expect(1):to_be_true()", "to_be_true: value is not true (expected true, found 1)"),
      (
        "expect(function() end):to_error('x')",
        "to_error: nothing was raised (expected an error with 'x')"
      ),
      (
        "expect(function() error('b', 0) end):to_error('z')",
        "to_error: another error was raised (expected an error with 'z', found '"
      ),
      ("expect(1):to_error()", "to_error: expect needs a function to call"),
      ("expect({ [true] = 1 }):to_equal({})", "tables with keys other than strings and integers"),
    ])
  func notMet(code: String, message: String) throws {
    let outcomes = try run("it('x', function()\n\(code) end)").outcomes
    #expect(outcomes.first?.hasPrefix("x: x_test.lua:2: ") == true, "\(outcomes)")
    #expect(outcomes.first?.contains(message) == true, "\(outcomes)")
  }

  @Test("a number is near another of its opposite, NaN is near nothing")
  func negated() throws {
    #expect(
      try run(
        "it('x', function() expect(0/0):not_to_be_near(0/0, 1e9) expect(1):not_to_equal(2) end)"
      )
      .outcomes == ["x"])
  }

  @Test("to_error does not keep what ends the run from ending it")
  func limits() throws {
    let result = try run(
      "it('x', function() expect(function() while true do end end):to_error() end)"
    ) {
      $0.limits.runSeconds = 0.2
    }
    #expect(result.outcomes.first?.contains("time limit") == true)
  }
}

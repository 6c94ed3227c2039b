import Foundation
import TestSupport
import Testing

@Suite("casthost test", .timeLimit(.minutes(1)))
struct TestCommandTests {
  /// Files in a folder of their own.
  private struct Files {
    let folder: ScratchFolder
    var path: String { folder.url.path }

    init(_ files: [String: String]) throws {
      folder = try ScratchFolder(files)
    }

    func text(_ name: String) throws -> String {
      try String(contentsOf: folder.url.appendingPathComponent(name), encoding: .utf8)
    }

    func test(_ arguments: [String] = []) async throws -> Command.Outcome {
      try await Command().run(["test", path, "--threads=1"] + arguments)
    }
  }

  private static let passing = "it('adds', function() expect(1 + 1):to_equal(2) end)\n"
  private static let failing = """
    describe("sums", function()
      it("fail", function()
        print("seen")
        expect(1 + 1):to_equal(3)
      end)
    end)
    """

  @Test("tells each test, why one fails and where, and the counts")
  func human() async throws {
    let files = try Files([
      "a_test.lua": Self.passing, "sub/test_b.lua": Self.failing, "c.lua": "error('not run')",
    ])
    let outcome = try await files.test()
    #expect(outcome.status == 1)
    #expect(
      outcome.output == """
        \(files.path)/a_test.lua
          ok    adds
        \(files.path)/sub/test_b.lua
          FAIL  sums > fail
                \(files.path)/sub/test_b.lua:4: to_equal: values differ (expected 3, found 2)
                printed:
                  seen
        1 passed, 1 failed

        """)
    #expect(outcome.errors == "casthost: test: 1 failed.\n")
  }

  @Test("ends in 0 where all pass; each file has a fresh state and the tiny model")
  func passes() async throws {
    let files = try Files([
      "a_test.lua": "leak = 1\n" + Self.passing,
      "b_test.lua": """
      local helper = require("lib.helper")
      it("has its own state", function()
        expect(function() return leak end):to_error("undefined variable 'leak'")
      end)
      it("has a model", function()
        local model = cast.model()
        expect(model.name):to_equal("tiny")
        expect(model.n_layers):to_equal(2)
        expect(#model:logprobs("The cat")):to_equal(helper.count(model, "The cat"))
        local text = model:generate({ { role = "user", content = "Hi" } }, { max_tokens = 3 }).text
        expect(type(text)):to_equal("string")
        expect(function() cast.model("other") end):to_error("--model=other")
      end)
      """,
      "lib/helper.lua": """
      local M = {}
      function M.count(model, text) return #model:logprobs(text) end
      return M
      """,
    ])
    let outcome = try await files.test()
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(outcome.output.hasSuffix("3 passed, 0 failed\n"))
    #expect(outcome.errors.isEmpty)
    let first = try await files.test(["--format=tap", "--model=\(Recipe.tinyModel())"])
    #expect(first.output.contains("not ok 3"), "the name is another with a model of one's own")
  }

  @Test("the tiny model is the same in every run")
  func deterministic() async throws {
    let files = try Files([
      "a.lua": "print(cast.model().hash, cast.model():generate('a', { max_tokens = 8 }).text)",
      "a.expected": "",
    ])
    let update = try await files.test(["--update"])
    #expect(update.status == 0, "\(update.output)\(update.errors)")
    let text = try files.text("a.expected")
    #expect(text.count > 70)
    #expect(try await files.test().status == 0)
  }

  @Test("samples are compared with what is expected, or written with --update")
  func samples() async throws {
    let files = try Files([
      "hello.lua": "print('one')\nprint('three')\n", "hello.expected": "one\ntwo\n",
    ])
    let outcome = try await files.test()
    #expect(outcome.status == 1)
    #expect(
      outcome.output.contains(
        """
          FAIL  prints hello.expected
                \(files.path)/hello.expected:2: output differs
                  expected: 'two'
                  found:    'three'
        """))
    let updated = try await files.test(["--update"])
    #expect(updated.status == 0)
    #expect(updated.errors == "wrote \(files.path)/hello.expected\n")
    #expect(try files.text("hello.expected") == "one\nthree\n")
    #expect(try await files.test().status == 0)
  }

  @Test("TAP and JUnit")
  func formats() async throws {
    let files = try Files(["a_test.lua": Self.passing + Self.failing])
    let tap = try await files.test(["--format", "tap"])
    #expect(tap.status == 1)
    #expect(
      tap.output == """
        TAP version 14
        ok 1 - \(files.path)/a_test.lua > adds
        not ok 2 - \(files.path)/a_test.lua > sums > fail
          ---
          message: |
            \(files.path)/a_test.lua:5: to_equal: values differ (expected 3, found 2)
          ...
        1..2

        """)
    let junit = try await files.test(["--format", "junit"])
    #expect(junit.output.contains("<testsuites tests=\"2\" failures=\"1\" time=\"0."))
    #expect(junit.output.contains("name=\"sums &gt; fail\""))
    #expect(junit.output.contains("<failure message=\"\(files.path)/a_test.lua:5: to_equal:"))
    #expect(junit.output.contains("<system-out>seen\n</system-out>"))
    #expect(junit.output.hasSuffix("</testsuites>\n"))
  }

  @Test("a file that does not run, declares nothing or never ends is a failure, others still run")
  func brokenFiles() async throws {
    let files = try Files([
      "a_test.lua": "local x =", "b_test.lua": "", "c_test.lua": "while true do end",
      "d_test.lua": Self.passing,
    ])
    let outcome = try await files.test(["--time-limit=0.5"])
    #expect(outcome.status == 1)
    #expect(outcome.output.contains("a_test.lua:1: unexpected symbol near <eof>"))
    #expect(outcome.output.contains("declares no test"))
    #expect(outcome.output.contains("time limit"))
    #expect(outcome.output.contains("  ok    adds"))
    #expect(outcome.output.hasSuffix("1 passed, 3 failed\n"))
  }

  @Test("no test at all is a failure, a missing path a wrong command line")
  func nothing() async throws {
    let outcome = try await Files(["x.lua": ""]).test()
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("no tests (files named *_test.lua"))
    let missing = try await Command().run(["test", "/no/such"])
    #expect(missing.status == 2)
    #expect(missing.errors.contains("/no/such: no such file or folder"))
  }
}

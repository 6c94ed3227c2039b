import CLuaShim
import Foundation
import Scripting
import Testing

@Suite("Patterns in the sandbox")
struct PatternTests {
  private static let exercise = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Patterns/exercise.lua")

  /// What the exercise returns in a state with the library's own functions.
  private func answersOfLibrary(_ source: String) throws -> String {
    let state = try #require(luaL_newstate())
    defer { lua_close(state) }
    luaL_openlibs(state)
    try #require(luaL_loadstring(state, source) == LUA_OK)
    let status = lua_pcallk(state, 0, 1, 0, 0, nil)
    var length = 0
    let text = try #require(cl_string(state, -1, &length))
    let answers = String(
      decoding: UnsafeRawBufferPointer(start: text, count: length), as: UTF8.self)
    try #require(status == LUA_OK, "\(answers)")
    return answers
  }

  @Test("find, match, gmatch and gsub answer as the library's own, errors too")
  func sameAnswers() throws {
    let source = try String(contentsOf: Self.exercise, encoding: .utf8)
    let expected = try answersOfLibrary(source).split(separator: "\n")
    let run = ScriptRun("print((function()\n\(source)\nend)())")
    #expect(run.error == nil)
    let found = run.output.split(separator: "\n")
    #expect(found.count == expected.count && found.count > 40_000)
    let difference = zip(expected, found).first { $0 != $1 }
    #expect(difference == nil, "\(difference.map { "\($0)\n\($1)" } ?? "")")
  }

  @Test("a pattern that would take for ever ends at the limit of the run")
  func ends() {
    for call in ["s:find(p)", "s:match(p)", "s:gsub(p, '')", "for _ in s:gmatch(p) do end"] {
      let run = ScriptRun(
        "local s, p = ('a'):rep(40), ('a?'):rep(40) .. ('a'):rep(40) .. 'b'\n\(call)"
      ) { $0.limits.runSeconds = 0.2 }
      #expect(run.error?.code == .timeLimit, "\(call): \(run.error?.description ?? "ended")")
      #expect(run.error?.line == 2)
    }
  }

  @Test("a long subject is fine for a pattern that needs few steps")
  func longSubjects() {
    let run = ScriptRun(
      """
      local text = ("word "):rep(1000000)
      print(select(2, text:gsub("%w+", "%0")), #text:match("^(.-)$"))
      """)
    #expect(run.error == nil)
    #expect(run.output == "1000000\t5000000")
  }
}

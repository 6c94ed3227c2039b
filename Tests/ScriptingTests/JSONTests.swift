import Scripting
import Testing

@Suite("cast.json")
struct JSONTests {
  @Test(
    "what is decoded is encoded as it was",
    arguments: [
      "null", "true", "0", "-1", "1.5", "1e+300", "\"\"", "\"a\\n\\\"\\\\\"", "[]",
      "[1,[2,[]],null]",
      "{\"a\":1,\"b\":{\"c\":[true,false]}}", "\"é中😀\"", "9223372036854775807", "\"\\u0001\"",
    ])
  func roundTrip(text: String) {
    let run = ScriptRun("print(cast.json.encode(cast.json.decode([==[\(text)]==])))")
    #expect(run.error == nil)
    #expect(run.output == text)
  }

  @Test("kinds are kept")
  func kinds() {
    let run = ScriptRun(
      #"""
      local v = cast.json.decode([[  {"i": 3, "f": 3.0, "n": null, "u": "\u00e9\ud83d\ude00\u0000", "e": {}} ]])
      assert(math.type(v.i) == "integer" and math.type(v.f) == "float")
      assert(v.n == cast.json.null and tostring(v.n) == "null")
      assert(v.u == "é😀\0" and next(v.e) == nil)
      assert(cast.json.decode("123456789012345678901234567890") == 123456789012345678901234567890.0)
      """#)
    #expect(run.error == nil)
  }

  @Test("keys are sorted, and lines indented on request")
  func layout() {
    let run = ScriptRun(
      """
      print(cast.json.encode{b = 1, a = {x = 0.1}, c = {}})
      print(cast.json.encode({a = {1, 2}, b = {}}, {indent = 2}))
      """)
    #expect(
      run.lines == [
        "{\"a\":{\"x\":0.1},\"b\":1,\"c\":[]}",
        "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": []\n}",
      ])
  }

  @Test(
    "what is wrong is said with its place",
    arguments: [
      (#"cast.json.decode("[1,\n 2,]")"#, "JSON, line 2, column 4: ']' (expected a value)"),
      (
        #"cast.json.decode('{"a": 1, "a": 2}')"#,
        "JSON, line 1, column 10: 'a' twice"
      ),
      (#"cast.json.decode('"\\ud800"')"#, "JSON, line 1, column 8: half a surrogate pair"),
      ("cast.json.decode('1e999')", "JSON, line 1, column 6: the number 1e999 (expected one"),
      ("cast.json.decode('[1] 2')", "JSON, line 1, column 5: more text (expected the end)"),
      ("cast.json.decode('')", "JSON, line 1, column 1: the end (expected a value)"),
      ("cast.json.decode(1)", "bad argument #1 'text' to 'decode' (string expected, got number)"),
      ("cast.json.encode(print)", "JSON has no form for a function"),
      (
        "cast.json.encode({1, a = 2})",
        "JSON has lists and records, not a table that mixes both or has holes"
      ),
      (
        "cast.json.encode({[1] = 1, [3] = 3})",
        "JSON has lists and records, not a table that mixes both or has holes"
      ),
      ("cast.json.encode(0/0)", "JSON has no number "),
      (
        "cast.json.encode(1, {indnet = 2})",
        "unknown option 'indnet' to 'encode' (did you mean 'indent'?)"
      ),
    ])
  func faults(source: String, message: String) {
    let error = ScriptRun(source).error
    #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "no error")")
  }
}

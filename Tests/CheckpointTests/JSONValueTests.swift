import Checkpoint
import Foundation
import TestSupport
import Testing

@Suite("JSON beside the weights")
struct JSONValueTests {
  private func read(_ text: String) throws -> JSONValue {
    let path = try TemporaryFolder().file("config.json")
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return try JSONValue.read(path)
  }

  @Test("every kind of value is read")
  func values() throws {
    let value = try read(
      #" {"a": [1, -2.5e3, true, false, null], "b": {"ü\n\u00e4\ud83d\ude00": "x"}, "c": 1e-6} "#)
    #expect(value["a"]?.array == [.number(1), .number(-2500), .bool(true), .bool(false), .null])
    #expect(value["b"]?["ü\nä😀"]?.string == "x")
    #expect(value["c"]?.number == 1e-6)
    #expect(value["c"]?.integer == nil && value["a"]?.array?.first?.integer == 1)
    #expect(value["d"] == nil && value["a"]?["x"] == nil)
  }

  @Test(
    "what is no JSON is an error",
    arguments: [
      "", "{", "[1,]", "{\"a\":1,}", "{\"a\":1 \"b\":2}", "nul", "1 2", "\"a", "{\"a\":1,\"a\":2}",
      "[1e999]", "\"\\x\"", "\"\\ud800\\u0041\"", "\u{1}", String(repeating: "[", count: 100_000),
    ])
  func malformed(text: String) {
    #expect(throws: CheckpointError.self) { try read(text) }
  }
}

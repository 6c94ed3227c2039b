import Checkpoint
import JSON
import TestSupport
import Testing

@Suite("JSON beside the weights")
struct JSONFileTests {
  @Test("a file is read as Python writes it")
  func read() throws {
    let text = "\u{FEFF}{\"eps\": 1e-06, \"top\": Infinity, \"none\": NaN, \"half\": \"\\ud800\"}\n"
    let value = try JSONValue.read(TemporaryFolder().write(Array(text.utf8), as: "config.json"))
    #expect(value["eps"]?.number == 1e-6 && value["top"]?.number == .infinity)
    #expect(value["none"]?.number?.isNaN == true && value["half"]?.string == "\u{FFFD}")
  }

  @Test(
    "what is no JSON is an error that names the file and the place",
    arguments: [
      ("{\n  \"a\": 1,\n}", "line 3, column 1 (expected '\"', found '}')"),
      ("{\"a\":1 \"b\":2}", "line 1, column 8 (expected ',' or '}', found '\"')"),
      (String(repeating: "[", count: 100_000), "line 1, column 66 (expected at most 64, found"),
      ("\"", "line 1, column 2 (expected '\"', found a string without end)"),
    ])
  func malformed(text: String, part: String) throws {
    let path = try TemporaryFolder().write(Array(text.utf8), as: "config.json")
    let error = #expect(throws: CheckpointError.self) { try JSONValue.read(path) }
    #expect(error?.code == .malformed)
    let message = error?.message ?? ""
    #expect(message.hasPrefix("\(path): wrong at \(part)"), "\(message)")
    let empty = try TemporaryFolder().write([], as: "config.json")
    #expect(throws: CheckpointError.self) { try JSONValue.read(empty) }
  }
}

import Engine
import Foundation
import TestSupport
import Testing
import Tokens

@testable import Steering

@Suite("Templates and texts")
struct DatasetTemplateTests {
  @Test("a template makes a pair for each persona and suffix")
  func template() throws {
    let set = try ContrastSet.template(
      "Act {persona}. {suffix}!", positive: ["happy", "glad"], negative: ["sad", "low"],
      suffixes: ["I", "We"])
    #expect(set.count == 4)
    #expect(set.pairs[1].positive == .text("Act happy. We!"))
    #expect(set.pairs[2].negative == .text("Act low. I!"))
    #expect(throws: SteeringError.self) {
      try ContrastSet.template("no place", positive: ["a"], negative: ["b"], suffixes: ["c"])
    }
  }

  @Test("with the chat template, the suffix opens the assistant's reply")
  func chat() throws {
    let set = try ContrastSet.template(
      "Act {persona}.", positive: ["happy"], negative: ["sad"], suffixes: ["I am"], layout: .chat)
    #expect(
      set.pairs[0].negative
        == .messages([
          ChatMessage(role: "user", content: "Act sad."),
          ChatMessage(role: "assistant", content: "I am"),
        ]))
    #expect(throws: SteeringError.self) {
      try ContrastSet.template(
        "{persona} {suffix}", positive: ["a"], negative: ["b"], suffixes: ["c"], layout: .chat)
    }
  }

  @Test("a file with names of its own says which fields are the sides")
  func columns() throws {
    let text = "q,chosen,rejected,id\nWhy?, Because,No idea,7\n"
    let asked = try ContrastSet.parse(
      text, path: "x.csv", columns: .init(question: "q", positive: "chosen", negative: "rejected"))
    #expect(
      asked.pairs[0].positive
        == .messages([
          ChatMessage(role: "user", content: "Why?"),
          ChatMessage(role: "assistant", content: "Because"),
        ]))
    #expect(asked.pairs[0].fields["id"] == "7" && asked.pairs[0].fields["matching"] == "Because")
    let whole = try ContrastSet.parse(
      text, path: "x.csv", columns: .init(positive: "chosen", negative: "rejected"))
    #expect(whole.pairs[0].negative == .text("No idea"))
    let error = #expect(throws: SteeringError.self) {
      try ContrastSet.parse(text, path: "x.csv", columns: .init(positive: "good", negative: "q"))
    }
    #expect(error?.message.contains("line 2: no field 'good'") == true)
  }

  @Test("texts come from strings, objects, tables and lines, with what stands beside them")
  func texts() throws {
    func read(_ text: String, _ path: String, field: String? = nil) throws -> [String] {
      try ContrastSet.texts(in: text, path: path, field: field).map(\.text)
    }
    #expect(try read(#"["a", "b\nc"]"#, "x.json") == ["a", "b\nc"])
    #expect(try read(#"[{"id": 1, "prompt": "p"}]"#, "x.json") == ["p"])
    #expect(try read("{\"question\": \"q\"}\n{\"text\": \"t\"}\n", "x.jsonl") == ["q", "t"])
    #expect(try read("one\n\n two\r\n", "x.txt") == ["one", " two"])
    #expect(try read("a,b\n1,2\n", "x.csv", field: "b") == ["2"])
    let fields = try ContrastSet.texts(in: #"[{"id": 1, "prompt": "p"}]"#, path: "x")[0].fields
    #expect(fields == ["id": "1"])
    let error = #expect(throws: SteeringError.self) { try read("a,b\n1,2\n", "x.csv") }
    #expect(error?.message.contains("line 2: fields a, b (expected prompt or") == true)
  }

  @Test(
    "every open question of the shared data sets is read",
    .enabled(if: Shared.folder != nil, "needs ../shared"))
  func published() throws {
    let folder = try #require(Shared.folder).path + "/datasets/ood"
    var read = 0
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
    where name.hasSuffix(".json") {
      let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
      #expect(try ContrastSet.texts(in: text, path: name).count > 4, "\(name)")
      read += 1
    }
    #expect(read > 20)
  }
}

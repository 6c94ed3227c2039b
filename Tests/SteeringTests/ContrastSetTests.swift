import Engine
import Foundation
import TestSupport
import Testing
import Tokens

@testable import Steering

@Suite("Contrast sets and their files")
struct ContrastSetTests {
  @Test("JSON Lines and a JSON array hold the same pairs")
  func layouts() throws {
    let lines = #"""
      {"positive": "yes", "negative": "no", "topic": "a", "weight": 2}

      {"positive": "up\n", "negative": "down"}
      """#
    let set = try ContrastSet.parse(lines, path: "x.jsonl")
    #expect(set.count == 2)
    #expect(set.pairs[0].positive == .text("yes"))
    #expect(set.pairs[0].fields == ["topic": "a", "weight": "2"])
    #expect(set.pairs[1].positive == .text("up\n"))
    let windows = lines.split(separator: "\n", omittingEmptySubsequences: false)
      .joined(separator: "\r\n")
    #expect(try ContrastSet.parse(windows, path: "x.jsonl") == set)
    let array =
      "[" + lines.split(separator: "\n").filter { $0.contains("{") }.joined(separator: ",") + "]"
    #expect(try ContrastSet.parse(array, path: "x.jsonl") == set)
  }

  @Test("Model-Written-Evals rows open the assistant's reply with each answer")
  func modelWrittenEvals() throws {
    let row =
      #"{"question": "Q?", "answer_matching_behavior": " Yes", "#
      + #""answer_not_matching_behavior": " No", "label_confidence": 0.9}"#
    let pair = try ContrastSet.parse(row, path: "x").pairs[0]
    #expect(
      pair.positive
        == .messages([
          ChatMessage(role: "user", content: "Q?"), ChatMessage(role: "assistant", content: "Yes"),
        ]))
    #expect(pair.fields["matching"] == "Yes" && pair.fields["not_matching"] == "No")
  }

  @Test(
    "bad files name the line or item",
    arguments: [
      ("{\"positive\": \"a\", \"negative\": \"b\"}\n{oops", "line 2"),
      ("{\"positive\": \"a\"}", "line 1: fields positive"),
      ("[{\"question\": \"a\"}]", "item 1: fields question"),
      ("", "no pairs"),
      ("[1, 2]", "not a JSON object"),
    ])
  func mischief(text: String, part: String) {
    let error = #expect(throws: SteeringError.self) { try ContrastSet.parse(text, path: "f") }
    #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
  }

  @Test("shuffling loses nothing, and a seed repeats the order")
  func parts() {
    let pairs = (0..<10).map { ContrastPair(positive: .text("\($0)"), negative: .text("")) }
    let set = ContrastSet(pairs)
    let shuffled = set.shuffled(seed: 3)
    #expect(shuffled != set && shuffled == set.shuffled(seed: 3))
    #expect(Set(shuffled.pairs) == Set(pairs))
    #expect(set.take(99).count == 10 && set.take(-1).count == 0)
  }

  @Test("CSV with a header holds the same pairs: quotes, line breaks, either line end")
  func csv() throws {
    let text =
      "\u{FEFF}positive,topic,negative\n\"yes, \"\"sir\"\"\",a,no\n\n\"two\nlines\",,\"\"\n"
    let set = try ContrastSet.parse(text, path: "x.CSV")
    #expect(set.pairs.map(\.positive) == [.text("yes, \"sir\""), .text("two\nlines")])
    #expect(set.pairs.map(\.negative) == [.text("no"), .text("")])
    #expect(set.pairs[0].fields == ["topic": "a"])
    let windows = "positive,negative\r\na,b\r\nc,d"
    #expect(try ContrastSet.parse(windows, path: "x", format: .csv).count == 2)
    let evals = "question,answer_matching_behavior,answer_not_matching_behavior\nQ?, Yes, No\n"
    let pair = try ContrastSet.parse(evals, path: "x.csv").pairs[0]
    #expect(pair.fields["matching"] == "Yes" && pair.fields["not_matching"] == "No")
  }

  @Test(
    "bad CSV names the line",
    arguments: [
      ("positive,negative\na,b\nc", "f.csv, line 3: 1 fields (expected 2"),
      ("positive,positive\na,b", "'positive' occurs twice"),
      ("positive,negative\n\"a\nb,c", "line 2: a quoted field that never ends"),
      ("positive,negative\n\"a\"b,c", "line 2: text after the closing quote"),
      ("positive,negative\na\"b,c", "line 2: a quote inside a field"),
      ("a,b\n1,2", "line 2: fields a, b (expected positive and negative"),
      ("positive,negative\n", "no pairs"), ("", "no pairs"), ("\n\n", "no pairs"),
    ])
  func badCSV(text: String, part: String) {
    let error = #expect(throws: SteeringError.self) {
      try ContrastSet.parse(text, path: "f.csv")
    }
    #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
  }

  @Test(
    "every file of Model-Written Evals and CAA with pairs in it is read",
    .enabled(if: Shared.folder != nil, "needs ../shared"))
  func published() throws {
    let datasets = try #require(Shared.folder).path + "/datasets"
    var read = 0
    for folder in ["mwe/persona", "mwe/advanced-ai-risk", "caa", "caa/refusal", "caa/sycophancy"] {
      let names = try FileManager.default.subpathsOfDirectory(atPath: "\(datasets)/\(folder)")
      for name in names.sorted() where name.hasSuffix(".jsonl") || name.hasSuffix(".json") {
        // Open-ended questions have no answers, so no pairs.
        if name.contains("open_ended") || name.contains("/") { continue }
        let text = try String(contentsOfFile: "\(datasets)/\(folder)/\(name)", encoding: .utf8)
        #expect(try ContrastSet.parse(text, path: name).count > 9, "\(folder)/\(name)")
        read += 1
      }
    }
    #expect(read > 5)
  }
}

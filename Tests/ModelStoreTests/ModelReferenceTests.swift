import Foundation
import TestSupport
import Testing

@testable import ModelStore

@Suite("References to models")
struct ModelReferenceTests {
  @Test("A registered name is the model of the table")
  func registeredName() throws {
    #expect(try ModelReference("smollm2-135m-instruct") == .registered(.standard))
  }

  @Test(
    "What looks like a path is one, whether or not it is there",
    arguments: ["model.gguf", "Model.GGUF", "./model", "/tmp/x", "weights/m.bin"])
  func paths(text: String) throws {
    guard case .file(let url) = try ModelReference(text) else {
      Issue.record("\(text) is not taken for a path")
      return
    }
    #expect(url.path.hasSuffix(URL(fileURLWithPath: text).lastPathComponent))
  }

  @Test(
    "A name nobody registered is an error that suggests the nearest and lists them all",
    arguments: [
      ("smollm2", "Did you mean smollm2-135m-instruct?"),
      ("SmolLM2-135M", "Did you mean smollm2-135m-instruct?"),
      ("gemma-3-270m-it", "Did you mean gemma-3-270m?"),
      ("qwen2.5-coder-1.5-instruct", "Did you mean qwen2.5-coder-1.5b-instruct?"),
    ])
  func unknownName(text: String, suggestion: String) throws {
    let error = #expect(throws: ModelStoreError.self) { try ModelReference(text) }
    #expect(error?.code == .unknownModel)
    #expect(error?.message.contains(suggestion) == true)
    for model in RegisteredModel.all {
      #expect(error?.message.contains(model.name) == true)
    }
  }

  @Test("Nothing is suggested for a name that resembles none", arguments: ["", "x", "mistral-7b"])
  func noSuggestion(text: String) {
    let error = #expect(throws: ModelStoreError.self) { try ModelReference(text) }
    #expect(error?.code == .unknownModel)
    #expect(error?.message.contains("Did you mean") == false)
  }

  @Test("The edit distance counts insertions, deletions and replacements, both ways")
  func distances() {
    #expect(editDistance("kitten", "sitting") == 3)
    #expect(editDistance("", "abc") == 3)
    #expect(editDistance("abc", "") == 3)
    #expect(editDistance("flaw", "lawn") == editDistance("lawn", "flaw"))
    #expect(editDistance("same", "same") == 0)
  }
}

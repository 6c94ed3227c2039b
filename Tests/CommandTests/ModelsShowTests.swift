import Foundation
import TestSupport
import Testing

@Suite("casthost models show", .timeLimit(.minutes(1)))
struct ModelsShowTests {
  private let scratch: ScratchFolder

  init() throws {
    scratch = try ScratchFolder()
  }

  private func show(_ content: Data) async throws -> Command.Outcome {
    let file = scratch.url.appendingPathComponent("model.gguf")
    try content.write(to: file)
    return try await Command().run(["models", "show", file.path])
  }

  private let sample = HandmadeGGUF(
    strings: [
      ("general.architecture", "llama"), ("general.name", "evil\u{1b}[2Jname"),
      ("tokenizer.ggml.model", "gpt2"), ("tokenizer.chat_template", "{{ messages }}"),
    ],
    counts: [
      ("llama.block_count", 30), ("llama.embedding_length", 576),
      ("llama.attention.head_count", 9), ("llama.context_length", 8192),
    ],
    tokens: ["a", "b", "c"]
  )
  .bytes

  @Test(
    "A folder's sizes and formats are told too",
    .enabled(if: Shared.folder != nil, "needs ../shared"))
  func folder() async throws {
    let folder = try #require(Shared.folder).appendingPathComponent("golden/tiny/gemma2")
    let outcome = try await Command().run(["models", "show", folder.path])
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    for fact in ["gemma2", "F32 100.0%", "256", "64"] {
      #expect(outcome.output.contains(fact), "\(fact): \(outcome.output)")
    }
  }

  @Test("A file's sizes, formats, tokenizer and template are told, one a line")
  func facts() async throws {
    let outcome = try await show(sample)
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    var facts: [String: String] = [:]
    for line in outcome.output.split(separator: "\n") {
      let name = line.prefix(14).trimmingCharacters(in: .whitespaces)
      facts[name] = line.dropFirst(14).trimmingCharacters(in: .whitespaces)
    }
    #expect(facts["architecture"] == "llama")
    #expect(facts["layers"] == "30")
    #expect(facts["width"] == "576")
    #expect(facts["heads"] == "9")
    #expect(facts["context length"] == "8192")
    #expect(facts["vocabulary"] == "3")
    #expect(facts["parameters"] == "64")
    #expect(facts["formats"] == "F32 100.0%")
    #expect(facts["tokenizer"] == "gpt2")
    #expect(facts["chat template"] == "yes")
    #expect(facts["key-value heads"] == nil)
    #expect(facts["name"] == "evil\\u{1b}[2Jname")
    #expect(facts["sha256"]?.count == 64)
  }

  @Test(
    "A file that is cut off ends in 1 with one sentence",
    arguments: [0, 3, 8, 24, 60, 200, -1, -200])
  func truncated(length: Int) async throws {
    let content = length < 0 ? sample.dropLast(-length) : sample.prefix(length)
    let outcome = try await show(Data(content))
    #expect(outcome.status == 1)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.hasPrefix("casthost: \(scratch.url.path)/model.gguf: "))
    #expect(outcome.errors.split(separator: "\n").count == 1)
  }

  @Test("A file of another kind ends in 1 and says so")
  func otherKind() async throws {
    let outcome = try await show(Data("PK\u{3}\u{4} not a checkpoint at all".utf8))
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("GGUF"))
  }

  @Test("A path that leads nowhere ends in 2")
  func missing() async throws {
    let outcome = try await Command().run(["models", "show", "/no/such.gguf"])
    #expect(outcome.status == 2)
    #expect(outcome.errors.hasPrefix("casthost: /no/such.gguf: no such file."))
  }
}

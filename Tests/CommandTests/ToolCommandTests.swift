import Foundation
import TestSupport
import Testing

@Suite("casthost vector, tokenize", .timeLimit(.minutes(1)))
struct ToolCommandTests {
  /// The words of each line.
  private func cells(_ output: String) -> [[String]] {
    output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
  }

  // MARK: vector show

  @Test("A vector that a recipe saved is described: sizes, method, and each layer's norm")
  func vector() async throws {
    let recipe = try Recipe(
      """
      local pairs_ = cast.dataset.pairs { { "Yes", "No" }, { "Yes it is", "No it is not" } }
      local v = cast.vector.build(cast.model(), pairs_, { layers = { 1 } })
      assert(v:save(cast.out("v.gguf")))
      print(("%.4g"):format(v:norms()[1]))
      """)
    let out = recipe.folder.url.path
    let built = try await recipe.run(["--out=\(out)"])
    #expect(built.status == 0)
    let outcome = try await Command().run(["vector", "show", out + "/v.gguf"])
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    let rows = cells(outcome.output)
    #expect(rows.contains(["width", "64"]))
    #expect(rows.contains(["layers", "1"]))
    #expect(rows.contains(["method", "mean_diff"]))
    #expect(rows.contains(["pairs", "2"]))
    #expect(rows.last?.prefix(2) == ["1", built.output.trimmingCharacters(in: .newlines)])
  }

  @Test("What is no vector is refused in one sentence")
  func noVector() async throws {
    let missing = try await Command().run(["vector", "show", "/no/such.gguf"])
    #expect(missing.status == 2)
    #expect(
      missing.errors == "casthost: /no/such.gguf: no such file. Give a control vector.\n")
    let model = try await Command().run(["vector", "show", Recipe.tinyModel()])
    #expect(model.status == 1)
    #expect(model.complaint.contains("does not belong in a control vector"))
    #expect(model.errors.split(separator: "\n").count == 1)
  }

  // MARK: vector convert

  @Test("A vector is written in another tool's form, and never over a file unasked")
  func convert() async throws {
    let folder = try ScratchFolder([
      "cast.svec": #"{"model_type": "llama", "directions": {"3": [1, 2]}}"#
    ])
    let (source, target) = (folder.url.path + "/cast.svec", folder.url.path + "/cast.gguf")
    let made = try await Command().run(["vector", "convert", source, target])
    #expect(made.status == 0)
    #expect(made.output == "\(target): layers 2\n")
    #expect(made.errors.contains("ibm_cast adds it to the input of block N"))
    let shown = try await Command().run(["vector", "show", target])
    #expect(cells(shown.output).contains(["read", "as", "ibm_cast"]))
    let again = try await Command().run(["vector", "convert", source, target])
    #expect(again.status == 2 && again.complaint.contains("is there already"))
    let read = try await Command()
      .run(["vector", "convert", source, target, "--force", "--at", "read"])
    #expect(read.output == "\(target): layers 3\n")
    let wrong = try await Command().run(["vector", "convert", source, folder.url.path + "/x.pt"])
    #expect(wrong.status == 2 && wrong.complaint.contains(".gguf, .safetensors, .svec"))
  }

  // MARK: tokenize

  @Test("Tokens are shown with position, id and piece, or as ids alone")
  func tokenize() async throws {
    let model = try "--model=\(Recipe.tinyModel())"
    let table = try await Command().run(["tokenize", "No<|im_end|>", model])
    #expect(table.status == 0)
    let rows = cells(table.output)
    #expect(rows.first == ["position", "id", "piece"])
    #expect(rows.dropFirst().map { $0[2] } == ["\"No\"", "\"<|im_end|>\""])
    let ids = try await Command().run(["tokenize", "No<|im_end|>", "--ids", model])
    #expect(ids.output == rows.dropFirst().map { $0[1] }.joined(separator: " ") + "\n")
    let plain = try await Command().run(["tokenize", "No<|im_end|>", "--ids", "--plain", model])
    #expect(plain.output.split(separator: " ").count > 2)
    let chat = try await Command().run(["tokenize", "No", "--chat", model])
    #expect(chat.output.contains("\"<|im_start|>\""))
  }

  @Test("The empty text has no tokens, and that is said", arguments: [[], ["--plain"]])
  func emptyText(flags: [String]) async throws {
    let outcome = try await Command()
      .run(["tokenize", "", "--ids", "--model=\(Recipe.tinyModel())"] + flags)
    #expect(outcome.status == 0)
    #expect(outcome.output == "\n")
    #expect(outcome.errors == "The text is empty: it has no tokens.\n")
  }

  // MARK: models show

  @Test("A file of an architecture that casthost does not run is described, and says so")
  func otherArchitecture() async throws {
    let folder = try TemporaryFolder()
    let path = try TinyModel(architecture: "mamba").write(to: folder.file("mamba.gguf"))
    let outcome = try await Command().run(["models", "show", path])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("mamba (not one that casthost runs: llama, qwen2, qwen3, "))
  }
}

import Testing

@testable import ModelStore

@Suite("Which files of a repository are meant")
struct HubSelectionTests {
  private func select(_ text: String, _ names: [String]) throws(ModelStoreError) -> HubSelection {
    let files = names.map { ($0, HubFile(path: $0, size: 2_000_000)) }
    return try HubSelection(
      HubReference(text), among: Dictionary(uniqueKeysWithValues: files))
  }

  @Test("One GGUF file, in one piece or in parts, needs no name; a projector of images is none")
  func single() throws {
    #expect(
      try select("hf:a/b", ["x.gguf", "README.md", "mmproj-x.gguf", "model.safetensors"])
        == .gguf(["x.gguf"]))
    let parts = ["y-00001-of-00002.gguf", "y-00002-of-00002.gguf"]
    #expect(try select("hf:a/b", parts) == .gguf(parts))
    #expect(try select("hf:a/b", parts.reversed() + ["config.json"]) == .gguf(parts))
  }

  @Test("Safetensors are a folder; with an index, it says which files")
  func folder() throws {
    #expect(
      try select(
        "hf:a/b", ["config.json", "tokenizer.json", "model.safetensors", "chat_template.jinja"])
        == .folder(
          ["config.json", "tokenizer.json", "chat_template.jinja", "model.safetensors"], index: nil)
    )
    #expect(
      try select(
        "hf:a/b",
        ["config.json", "tokenizer.json", "model.safetensors.index.json", "x.gguf", "y.gguf"])
        == .folder(["config.json", "tokenizer.json"], index: "model.safetensors.index.json"))
  }

  @Test("Several GGUF files are listed with their sizes, and with what to write")
  func several() throws {
    let names = ["b-q8.gguf", "b-q4-00001-of-00002.gguf", "b-q4-00002-of-00002.gguf"]
    for (text, code) in [
      ("hf:a/b@v1", ModelStoreError.Code.unsupportedReference), ("hf:a/b@v1:c.gguf", .unknownModel),
    ] {
      let error = #expect(throws: ModelStoreError.self) { try select(text, names) }
      #expect(error?.code == code)
      #expect(
        error?.message
          .hasSuffix(
            "Write hf:a/b@v1:FILE with one of: b-q4-00001-of-00002.gguf (4.0 MB), "
              + "b-q8.gguf (2.0 MB).") == true, "\(String(describing: error))")
    }
    let many = (0..<25).map { "m\($0 + 100).gguf" }
    let error = #expect(throws: ModelStoreError.self) { try select("hf:a/b", many) }
    #expect(error?.message.hasSuffix("m119.gguf (2.0 MB) and 5 more.") == true)
  }

  @Test("What lacks something says what")
  func lacking() {
    for (text, names, words) in [
      ("hf:a/b", ["pytorch_model.bin"], "neither a GGUF file nor model.safetensors"),
      ("hf:a/b", ["model.safetensors", "config.json"], "no tokenizer.json"),
      ("hf:a/b:model.safetensors", ["model.safetensors"], "no GGUF file"),
      ("hf:a/b:x-00001-of-00002.gguf", ["x-00001-of-00002.gguf"], "missing, x-00002-of-00002.gguf"),
    ] {
      let error = #expect(throws: ModelStoreError.self) { try select(text, names) }
      #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }
  }

  @Test(
    "Names of parts are read exactly",
    arguments: [
      "x-0001-of-0002.gguf", "x-00003-of-00002.gguf", "x-00000-of-00002.gguf",
      "00001-of-00002.gguf",
      "x-00001-of-00002.bin", "x-00001-in-00002.gguf", "x.gguf",
    ])
  func noParts(name: String) {
    #expect(SplitName(name) == nil)
  }
}

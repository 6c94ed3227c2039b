import Checkpoint
import JSON
import TestSupport
import Testing

@Suite("Folders in the layout of Hugging Face")
struct HuggingFaceFolderTests {
  private func folder(_ files: [String: [UInt8]]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for (name, bytes) in files { _ = try folder.write(bytes, as: name) }
    return folder
  }

  private func weights(_ names: [String]) -> [UInt8] {
    var writer = SafetensorsWriter()
    for (index, name) in names.enumerated() { writer.add(name, shape: [1], [Float(index)]) }
    return writer.encoded()
  }

  private func text(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test("one file of weights, with or without a slash behind the folder")
  func one() throws {
    let made = try folder([
      "config.json": text(#"{"model_type": "llama"}"#), "model.safetensors": weights(["b", "a"]),
    ])
    #expect(HuggingFaceFolder.isOne(made.path) && !HuggingFaceFolder.isOne("/nowhere"))
    for path in [made.path, made.path + "//"] {
      let found = try HuggingFaceFolder.open(path)
      #expect(found.path == made.path)
      #expect(found.config["model_type"]?.string == "llama")
      #expect(found.tensorNames == ["a", "b"])
      #expect(try found.optionalTensor("a")?.floats() == [1])
      #expect(try found.optionalTensor("c") == nil)
    }
  }

  @Test("several files are those of the index, and hold what it promises")
  func several() throws {
    let index = #"{"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}"#
    var files = [
      "config.json": text("{}"), "model.safetensors.index.json": text(index),
      "1.safetensors": weights(["a"]), "2.safetensors": weights(["c", "b"]),
    ]
    let found = try HuggingFaceFolder.open(folder(files).path)
    #expect(found.tensorNames == ["a", "b", "c"])
    #expect(try found.optionalTensor("b")?.floats() == [1])
    #expect(found.byteCount > 100)
    files["2.safetensors"] = weights(["c"])
    let lost = #expect(throws: CheckpointError.self) {
      try HuggingFaceFolder.open(folder(files).path)
    }
    #expect(lost?.message.contains("tensor b of model.safetensors.index.json is in none") == true)
    files["2.safetensors"] = weights(["a", "b"])
    let twice = #expect(throws: CheckpointError.self) {
      try HuggingFaceFolder.open(folder(files).path)
    }
    #expect(twice?.message.contains("tensor a is in two files") == true)
  }

  @Test(
    "an index cannot lead out of its folder",
    arguments: ["../1.safetensors", "/etc/1.safetensors", "x/1.safetensors", "..", "1.bin", ""])
  func escaping(name: String) throws {
    let made = try folder([
      "config.json": text("{}"),
      "model.safetensors.index.json": text(#"{"weight_map": {"a": "\#(name)"}}"#),
    ])
    let error = #expect(throws: CheckpointError.self) { try HuggingFaceFolder.open(made.path) }
    #expect(error?.code == .malformed)
  }

  @Test("missing files are named")
  func missing() throws {
    let error = #expect(throws: CheckpointError.self) {
      try HuggingFaceFolder.open(folder(["config.json": text("{}")]).path)
    }
    #expect(error?.code == .unreadable && error?.message.contains("model.safetensors") == true)
    #expect(throws: CheckpointError.self) { try HuggingFaceFolder.open("/nowhere") }
  }

  @Test("the chat template is found where tools put it")
  func templates() throws {
    var files = ["config.json": text("{}"), "model.safetensors": weights(["a"])]
    func found() throws -> String? { try HuggingFaceFolder.open(folder(files).path).chatTemplate() }
    #expect(try found() == nil)
    files["tokenizer_config.json"] = text(
      #"{"chat_template": [{"name": "tool", "template": "T"}, {"name": "default", "template": "D"}]}"#
    )
    #expect(try found() == "D")
    files["tokenizer_config.json"] = text(#"{"chat_template": "one"}"#)
    #expect(try found() == "one")
    files["chat_template.jinja"] = text("file")
    #expect(try found() == "file")
  }
}

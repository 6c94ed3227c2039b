import Checkpoint
import Foundation
import Kernels
import TestSupport
import Testing

@Suite("Reading GGUF")
struct GGUFTests {
  /// Opens bytes that must be refused and returns why.
  private func refusal(
    _ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> CheckpointError? {
    let path = try TemporaryFolder().write(bytes, as: "bad.gguf")
    let error = #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) {
      try GGUF.open(path)
    }
    #expect(error?.message.hasPrefix(path + ": ") == true, sourceLocation: sourceLocation)
    return error
  }

  @Test("a tiny model of every family opens", arguments: ["llama", "qwen2", "gemma3"])
  func tinyModels(family: String) throws {
    let path = try TinyModel.write(architecture: family, in: TemporaryFolder())
    let file = try GGUF.open(path)
    #expect(file.path == path && file.version == 3)
    #expect(try file.metadata.string("general.architecture") == family)
    let embedding = try file.tensor("token_embd.weight").matrix()
    #expect(embedding.rows == TinyVocabulary.bytePairs.tokens.count)
    #expect(embedding.columns == 64)
    #expect(try file.optionalTensor("output.weight") == nil || family == "llama")
    #expect(Set(file.tensorNames).count == file.tensorNames.count)
  }

  @Test("a file that gguf-py wrote has the values, shapes and elements that were written")
  func recorded() throws {
    let file = try GGUF.open(Golden.path("every-type.gguf"))
    #expect(file.tensorNames == ["direction.2", "direction.1", "matrix", "blocks"])
    #expect(try file.tensor("direction.2").floats() == [1, -2, 3.5])
    let matrix = try file.tensor("matrix")
    #expect(matrix.format == .f16 && matrix.shape == [2, 3] && matrix.byteCount == 12)
    #expect(matrix.floats() == [0, 1, 2, 3, 4, 5])
    let blocks = try file.tensor("blocks")
    #expect(blocks.format == .q8_0 && blocks.shape == [3, 32])
    let metadata = file.metadata
    #expect(metadata.keys.count == 22)
    #expect(try metadata.int("number.int32") == -2_000_000_000)
    #expect(try metadata.int("number.int64") == -(1 << 62))
    #expect(try metadata.float("number.float32") == Double(Float(0.1)))
    #expect(try metadata.float("number.float64") == 0.1)
    #expect(try metadata.bool("yes"))
    #expect(try metadata.string("text.unicode") == "grüße 🌍")
    #expect(try metadata.strings("list.bytes").map { Array($0) } == [[255, 254], [111, 107]])
    #expect(try metadata.strings("list.strings").count == 3)
    #expect(try metadata.integers("list.int32") == [-1, 2, 3])
    #expect(try metadata.floats("list.float32") == [0.5, -1.25])
    #expect(try metadata.optionalBools("list.bools") == [true, false, true])
  }

  @Test("files of other kinds are told apart by what they look like")
  func otherKinds() throws {
    let cases: [(start: [UInt8], text: String)] = [
      (Array("<!DOCTYPE html><html>".utf8), "it is a web page or XML"),
      (Array("version https://git-lfs.github.com/spec/v1".utf8), "it is a Git LFS pointer"),
      (Array("PK\u{3}\u{4} and so on".utf8), "it is a zip archive"),
      (Array("lmgg and so on, and on".utf8), "it is a GGML file from before GGUF"),
      ([2, 0, 0, 0, 0, 0, 0, 0] + Array("{\"a\":0}".utf8), "it looks like safetensors"),
      ([1, 2, 255], "its first bytes are 01 02 ff"),
      ([7], "its first bytes are 07"),
    ]
    for (start, text) in cases {
      let error = try refusal(start)
      #expect(error?.code == .notWeights)
      #expect(error?.message.contains("not a GGUF file (\(text)") == true)
    }
  }

  @Test("version 2 is read; version 1, big-endian files and later versions are named")
  func versions() throws {
    let old = try TemporaryFolder().write(RawGGUF(version: 2).bytes, as: "v2.gguf")
    #expect(try GGUF.open(old).version == 2)
    let texts: [UInt32: String] = [
      1: "is of version 1 (expected version 2 or 3", 3 << 24: "is in big-endian byte order",
      4: "is of version 4", 0: "is of version 0",
    ]
    for (version, text) in texts {
      let error = try refusal(RawGGUF(version: version).bytes)
      #expect(error?.code == .unsupportedVersion)
      #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
    }
  }

  @Test("hostile counts and lengths are refused before anything is allocated")
  func hostileCounts() throws {
    for count in [1 << 20, 1 << 32, 1 << 62, UInt64(1) << 63, .max] {
      #expect(try refusal(RawGGUF(tensors: count).bytes)?.code == .malformed)
      #expect(try refusal(RawGGUF(keys: count).bytes)?.code == .malformed)
      var longName = RawGGUF(keys: 1)
      longName.append(count)
      longName.data(64)
      #expect(try refusal(longName.bytes)?.code == .truncated)
      for type: UInt32 in [0, 1, 4, 8, 10, 12] {
        var list = RawGGUF(keys: 1)
        list.key("list", type: 9)
        list.append(type)
        list.append(count)
        list.data(64)
        #expect(try refusal(list.bytes)?.message.contains("the length of list is") == true)
      }
      var strings = RawGGUF(keys: 1)
      strings.key("list", type: 9)
      strings.append(UInt32(8))
      strings.append(UInt64(2))
      strings.append("one")
      strings.append(count)
      let error = try refusal(strings.bytes)
      #expect(error?.message.contains("ends inside element 1 of list") == true)
    }
  }

  @Test("types that do not exist, lists of lists, odd booleans and repeated keys are refused")
  func oddMetadata() throws {
    var unknown = RawGGUF(keys: 1)
    unknown.key("odd", type: 13)
    unknown.data(64)
    #expect(try refusal(unknown.bytes)?.message.contains("odd has the unknown type 13") == true)
    var nested = RawGGUF(keys: 1)
    nested.key("odd", type: 9)
    nested.append(UInt32(9))
    nested.data(64)
    #expect(try refusal(nested.bytes)?.message.contains("odd is a list of lists") == true)
    var bool = RawGGUF(keys: 1)
    bool.key("odd", type: 7)
    bool.append(UInt8(2))
    bool.data(0)
    #expect(try refusal(bool.bytes)?.message.contains("odd is 2 (expected 0 or 1)") == true)
    var twice = RawGGUF(keys: 2)
    for _ in 0..<2 {
      twice.key("odd", type: 4)
      twice.append(UInt32(1))
    }
    #expect(try refusal(twice.bytes)?.message.contains("odd occurs twice") == true)
    var name = RawGGUF(keys: 1)
    name.append(UInt64(2))
    name.bytes += [0xff, 0xfe]
    name.data(64)
    #expect(try refusal(name.bytes)?.message.contains("is not a name") == true)
    for alignment: UInt32 in [0, 4, 33, 1 << 30] {
      var file = RawGGUF(keys: 1)
      file.key("general.alignment", type: 4)
      file.append(alignment)
      #expect(try refusal(file.bytes)?.message.contains("is \(alignment) (expected a pow") == true)
    }
  }

  @Test("a tensor is read at the file's alignment")
  func alignment() throws {
    var file = RawGGUF(tensors: 2, keys: 1)
    file.key("general.alignment", type: 4)
    file.append(UInt32(8))
    file.tensor("one", [2])
    file.tensor("two", [1], offset: 8)
    file.data(12, alignment: 8)
    file.bytes.replaceSubrange(file.bytes.count - 4..<file.bytes.count, with: [0, 0, 128, 63])
    let path = try TemporaryFolder().write(file.bytes, as: "eight.gguf")
    #expect(try GGUF.open(path).tensor("two").floats() == [1])
  }
}

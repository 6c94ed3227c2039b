import Checkpoint
import Foundation
import Kernels
import TestSupport
import Testing

@Suite("Writing GGUF")
struct GGUFWriterTests {
  @Test("the same content gives the bytes that gguf-py writes")
  func twin() throws {
    var writer = GGUFWriter()
    writer.set("general.architecture", "controlvector")
    writer.set("controlvector.model_hint", "llama")
    writer.set("controlvector.layer_count", UInt32(2))
    writer.set("number.uint8", UInt8(200))
    writer.set("number.int8", Int8(-100))
    writer.set("number.uint16", UInt16(60000))
    writer.set("number.int16", Int16(-30000))
    writer.set("number.int32", Int32(-2_000_000_000))
    writer.set("number.uint64", UInt64(1) << 63 + 1)
    writer.set("number.int64", -(Int64(1) << 62))
    writer.set("number.float32", Float(0.1))
    writer.set("number.float64", 0.1)
    writer.set("yes", true)
    writer.set("no", false)
    writer.set("text.unicode", "grüße 🌍")
    writer.set("list.strings", ["a", "", "Ġthe"])
    writer.set("list.bytes", [[0xff, 0xfe], Array("ok".utf8)])
    writer.set("list.uint8", [UInt8(1), 255])
    writer.set("list.int32", [Int32(-1), 2, 3])
    writer.set("list.uint64", [UInt64(1) << 40])
    writer.set("list.float32", [Float(0.5), -1.25])
    writer.set("list.bools", [true, false, true])
    writer.add("direction.2", shape: [3], floats: [1, -2, 3.5])
    writer.add("direction.1", shape: [9], floats: (0..<9).map { Float($0) / 8 })
    // 0 to 5 as half floats.
    let halves: [UInt8] = [0, 0, 0, 0x3c, 0, 0x40, 0, 0x42, 0, 0x44, 0, 0x45]
    writer.add("matrix", shape: [2, 3], format: .f16, bytes: halves)
    writer.add("blocks", shape: [3, 32], format: .q8_0, bytes: (0..<102).map { UInt8($0) })
    #expect(writer.encoded() == (try Golden.bytes("every-type.gguf")))
  }

  @Test("what is written is what is read, and writing again gives the same bytes")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    let model = TinyModel(architecture: "qwen2")
    let (first, second) = (folder.file("a.gguf"), folder.file("b.gguf"))
    try model.write(to: first)
    try model.write(to: second)
    #expect(FileManager.default.contentsEqual(atPath: first, andPath: second))
    var writer = GGUFWriter()
    let file = try GGUF.open(first)
    for name in file.tensorNames {
      let tensor = try file.tensor(name)
      writer.add(name, shape: tensor.shape, floats: tensor.floats())
    }
    try writer.write(to: second)
    let copy = try GGUF.open(second)
    #expect(copy.tensorNames == file.tensorNames && file.tensorNames.count > 20)
    for name in file.tensorNames {
      #expect(try copy.tensor(name).floats() == file.tensor(name).floats())
      #expect(try copy.tensor(name).shape == file.tensor(name).shape)
    }
  }

  @Test("every block format is stored as it was given")
  func formats() throws {
    let path = try TemporaryFolder().file("formats.gguf")
    var model = TinyModel(architecture: "llama")
    model.width = 256
    model.feedForwardWidth = 256
    model.headWidth = 64
    model.blocks = 1
    for format in BlockFormat.stored {
      model.format = format
      let tensor = try GGUF.open(model.write(to: path)).tensor("blk.0.attn_q.weight")
      #expect(tensor.format == format && tensor.shape == [256, 256])
      let values = tensor.floats()
      #expect(values.allSatisfy { $0.isFinite } && values.contains { $0 != values[0] })
    }
  }

  @Test("a file without keys and tensors is a file")
  func empty() throws {
    let path = try TemporaryFolder().file("empty.gguf")
    try GGUFWriter().write(to: path)
    let file = try GGUF.open(path)
    #expect(file.tensorNames.isEmpty && file.metadata.keys.isEmpty)
  }
}

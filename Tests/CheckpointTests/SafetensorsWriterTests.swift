import Kernels
import TestSupport
import Testing

@testable import Checkpoint

@Suite("Writing safetensors")
struct SafetensorsWriterTests {
  @Test("what is written is read again, bit for bit, names and metadata too")
  func roundTrip() throws {
    let values: [Float] = [1, -0, .pi, 3e38, .leastNonzeroMagnitude, .infinity]
    var writer = SafetensorsWriter()
    writer.set("b", "line\nquote\" back\\slash \u{1} ü")
    writer.set("a", "")
    writer.add("x\"y", shape: [2, 3], values)
    writer.add("z", shape: [1], [7])
    let path = try TemporaryFolder().write(writer.encoded(), as: "x.safetensors")
    let file = try Safetensors.open(path)
    #expect(file.metadata == ["a": "", "b": "line\nquote\" back\\slash \u{1} ü"])
    #expect(file.tensorNames == ["x\"y", "z"])
    let tensor = try file.tensor("x\"y")
    #expect(tensor.shape == [2, 3] && tensor.format == .f32)
    #expect(tensor.floats().map(\.bitPattern) == values.map(\.bitPattern))
  }

  @Test("the bytes are those of the format, aligned to eight, and the same every time")
  func layout() {
    var writer = SafetensorsWriter()
    writer.add("t", shape: [1], [1])
    let header = #"{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
    let padding = (8 - header.utf8.count % 8) % 8
    let expected =
      [UInt8(header.utf8.count + padding), 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8)
      + [UInt8](repeating: 0x20, count: padding) + [0, 0, 0x80, 0x3F]
    #expect(writer.encoded() == expected)
    #expect(SafetensorsWriter().encoded() == [8, 0, 0, 0, 0, 0, 0, 0] + Array("{}      ".utf8))
  }
}

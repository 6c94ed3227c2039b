import TestSupport
import Testing

@testable import Checkpoint

@Suite("Memory of stored tensors")
struct ReleasedPagesTests {
  @Test("released bytes are read from the file again, and neighbours are not touched")
  func readAgain() throws {
    let folder = try TemporaryFolder()
    var writer = GGUFWriter()
    let values = (0..<40_000).map { Float($0) }
    writer.set("general.architecture", "test")
    writer.add("before", shape: [10], floats: Array(values[..<10]))
    writer.add("large", shape: [40, 1000], floats: values)
    writer.add("after", shape: [10], floats: Array(values[10..<20]))
    let path = folder.file("released.gguf")
    try writer.write(to: path)
    let file = try GGUF.open(path)
    let large = try file.tensor("large")
    #expect(large.floats() == values)
    let matrix = try large.matrix()
    StoredTensor.releasePages(of: matrix, 0..<100_000)
    StoredTensor.releasePages(of: matrix, 100_000..<160_000)
    #expect(large.floats() == values)
    #expect(try file.tensor("before").floats() == Array(values[..<10]))
    #expect(try file.tensor("after").floats() == Array(values[10..<20]))
  }
}

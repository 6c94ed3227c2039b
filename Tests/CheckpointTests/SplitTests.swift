import Checkpoint
import TestSupport
import Testing

@Suite("Checkpoints in several parts")
struct SplitTests {
  /// Writes three parts with two tensors each.
  private func parts(
    _ folder: TemporaryFolder, numbers: [Int] = [0, 1, 2], total: Int = 6,
    names: [String] = ["a", "b", "c", "d", "e", "f"]
  ) throws -> [String] {
    try (0..<3)
      .map { index in
        var writer = GGUFWriter()
        if index == 0 { writer.set("general.architecture", "llama") }
        writer.set("split.no", UInt16(numbers[index]))
        writer.set("split.count", UInt16(3))
        writer.set("split.tensors.count", Int32(total))
        for (offset, name) in names[2 * index..<2 * index + 2].enumerated() {
          writer.add(name, shape: [2], floats: [Float(index), Float(offset)])
        }
        let path = folder.file("model-0000\(index + 1)-of-00003.gguf")
        try writer.write(to: path)
        return path
      }
  }

  @Test("tensors come from every part, metadata from the first")
  func joined() throws {
    let file = try GGUF.open(parts(TemporaryFolder())[0])
    #expect(file.tensorNames == ["a", "b", "c", "d", "e", "f"])
    #expect(try file.metadata.string("general.architecture") == "llama")
    #expect(try file.tensor("b").floats() == [0, 1])
    #expect(try file.tensor("e").floats() == [2, 0])
    #expect(file.byteCount > 3 * 100)
  }

  @Test("another part than the first is refused, and the first named")
  func second() throws {
    let paths = try parts(TemporaryFolder())
    let error = #expect(throws: CheckpointError.self) { try GGUF.open(paths[1]) }
    #expect(error?.message.contains("part 2 of 3 (expected the first). Open \(paths[0])") == true)
  }

  @Test("numbers of parts at the borders of the integers are errors")
  func borders() throws {
    for (number, count) in [
      (.max, 2), (.min, 2), (-1, 2), (2, 2), (0, .max), (0, 100_000), (.max, .max),
    ] as [(Int64, Int64)] {
      for part in 1...2 {
        let folder = try TemporaryFolder()
        var paths: [String] = []
        for place in 1...2 {
          var writer = GGUFWriter()
          writer.set("split.no", place == part ? number : Int64(place - 1))
          writer.set("split.count", place == part ? count : 2)
          paths.append(folder.file("x-0000\(place)-of-00002.gguf"))
          try writer.write(to: paths[place - 1])
        }
        let error = #expect(throws: CheckpointError.self) { try GGUF.open(paths[0]) }
        #expect([.malformed, .unreadable].contains(error?.code))
      }
    }
  }

  @Test("parts that are missing, swapped, doubled or of another count are errors")
  func wrong() throws {
    let swapped = try parts(TemporaryFolder(), numbers: [0, 2, 1])
    #expect(throws: CheckpointError.self) { try GGUF.open(swapped[0]) }
    let doubled = try parts(TemporaryFolder(), names: ["a", "b", "c", "d", "a", "f"])
    let error = #expect(throws: CheckpointError.self) { try GGUF.open(doubled[0]) }
    #expect(error?.message.contains("tensor a is in two parts") == true)
    let few = try parts(TemporaryFolder(), total: 7)
    #expect(throws: CheckpointError.self) { try GGUF.open(few[0]) }
    let folder = try TemporaryFolder()
    var writer = GGUFWriter()
    writer.set("split.no", UInt16(0))
    writer.set("split.count", UInt16(2))
    try writer.write(to: folder.file("alone-00001-of-00002.gguf"))
    let missing = #expect(throws: CheckpointError.self) {
      try GGUF.open(folder.file("alone-00001-of-00002.gguf"))
    }
    #expect(missing?.code == .unreadable)
    try writer.write(to: folder.file("renamed.gguf"))
    #expect(throws: CheckpointError.self) { try GGUF.open(folder.file("renamed.gguf")) }
  }
}

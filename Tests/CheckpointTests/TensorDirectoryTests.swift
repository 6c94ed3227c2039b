import Checkpoint
import TestSupport
import Testing

@Suite("The directory of tensors")
struct TensorDirectoryTests {
  /// A file of one or two tensors over so many bytes.
  private func open(
    _ tensors: [(dimensions: [UInt64], type: UInt32, offset: UInt64)], bytes: Int,
    names: [String] = ["first", "second"]
  ) throws -> GGUF {
    var file = RawGGUF(tensors: UInt64(tensors.count))
    for (name, tensor) in zip(names, tensors) {
      file.tensor(name, tensor.dimensions, type: tensor.type, offset: tensor.offset)
    }
    file.data(bytes)
    return try GGUF.open(TemporaryFolder().write(file.bytes, as: "tensors.gguf"))
  }

  private func refusal(
    _ dimensions: [UInt64], type: UInt32 = 0, offset: UInt64 = 0, bytes: Int = 64,
    sourceLocation: SourceLocation = #_sourceLocation
  ) -> CheckpointError? {
    #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) {
      try open([(dimensions, type, offset)], bytes: bytes)
    }
  }

  @Test("dimensions are turned around: a matrix is outputs by inputs")
  func order() throws {
    let tensor = try open([([4, 2], 0, 0)], bytes: 32).tensor("first")
    #expect(tensor.shape == [2, 4])
    #expect(tensor.count == 8 && tensor.byteCount == 32)
    #expect(tensor.floats() == Array(repeating: 0, count: 8))
  }

  @Test("impossible shapes are refused, overflow included")
  func shapes() {
    let shapes: [[UInt64]] = [
      [0], [4, 0], [1 << 45], [1 << 32, 1 << 32], [UInt64.max], [1 << 63, 2], [3, .max, .max, 3],
    ]
    for shape in shapes {
      let error = refusal(shape)
      #expect(error?.code == .malformed)
      #expect(error?.message.contains("tensor first has the impossible shape") == true)
    }
    for rank in [0, 5, 400] {
      let error = refusal(Array(repeating: 1, count: rank))
      #expect(error?.message.contains("has \(rank) dimensions (expected 1 to 4)") == true)
    }
    let error = refusal([48], type: 2)
    #expect(error?.message.contains("rows of a multiple of 32 elements for Q4_0") == true)
    #expect(refusal([128, 2], type: 12)?.message.contains("a multiple of 256") == true)
  }

  @Test("tensors outside the file are refused, wherever they claim to be")
  func outside() {
    #expect(refusal([16], bytes: 63)?.code == .truncated)
    #expect(refusal([1], offset: 64, bytes: 64)?.code == .truncated)
    #expect(refusal([1 << 40])?.code == .truncated)
    for offset: UInt64 in [1 << 32, 1 << 62, (1 << 63) - 32] {
      let error = refusal([1], offset: offset)
      #expect(error?.code == .truncated)
      #expect(error?.message.contains("tensor first lies outside the file") == true)
    }
    #expect(refusal([1], offset: 1 << 63)?.code == .malformed)
    #expect(refusal([1], offset: 4)?.message.contains("expected a multiple of 32") == true)
    #expect(refusal([1], bytes: 0)?.code == .truncated)
  }

  @Test("tensors that overlap or share a name are refused")
  func overlap() throws {
    let overlapping = #expect(throws: CheckpointError.self) {
      try open([([16], 0, 0), ([8], 0, 32)], bytes: 64)
    }
    #expect(overlapping?.code == .malformed)
    #expect(overlapping?.message.contains("tensors first and second overlap") == true)
    let twins = #expect(throws: CheckpointError.self) {
      try open([([8], 0, 0), ([8], 0, 32)], bytes: 64, names: ["first", "first"])
    }
    #expect(twins?.message.contains("tensor first occurs twice") == true)
    let apart = try open([([8], 0, 32), ([8], 0, 0)], bytes: 64)
    #expect(apart.tensorNames == ["first", "second"], "the file's order, not that of the offsets")
  }

  @Test("a format that is not known is an error only when its tensor is asked for")
  func unknownFormat() throws {
    let file = try open([([256], 40, 0), ([8], 0, 160)], bytes: 192)
    #expect(try file.tensor("second").count == 8)
    let error = #expect(throws: CheckpointError.self) { try file.optionalTensor("first") }
    #expect(error?.code == .unsupportedFormat)
    #expect(error?.message.contains("first is stored as NVFP4 (expected one of F32, F16") == true)
  }

  @Test("a missing tensor is named")
  func missing() throws {
    let path = try TemporaryFolder().file("part.gguf")
    try GGUFWriter().write(to: path)
    let missing = #expect(throws: CheckpointError.self) { try GGUF.open(path).tensor("gone") }
    #expect(missing?.code == .missingTensor)
    #expect(missing?.message == "\(path): tensor gone is missing. Convert the checkpoint again.")
  }
}

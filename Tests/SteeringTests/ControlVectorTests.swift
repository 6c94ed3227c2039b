import Checkpoint
import Kernels
import TestSupport
import Testing
import Transformer

@testable import Steering

@Suite("Control vectors")
struct ControlVectorTests {
  private func vector(_ values: [Int: [Float]]) throws -> ControlVector {
    try ControlVector(
      Dictionary(uniqueKeysWithValues: values.map { (LayerIndex($0.key), $0.value) }))
  }

  @Test("sum, difference and scale work layer by layer, missing layers count as zero")
  func algebra() throws {
    let left = try vector([1: [1, 2], 2: [3, 4]])
    let right = try vector([2: [1, -1], 3: [5, 6]])
    let sum = try left + right
    #expect(sum.directions == (try vector([1: [1, 2], 2: [4, 3], 3: [5, 6]])).directions)
    let difference = try left - right
    #expect(
      difference.directions == (try vector([1: [1, 2], 2: [2, 5], 3: [-5, -6]])).directions)
    #expect(try left.scaled(by: -2)[LayerIndex(2)] == [-6, -8])
    #expect(throws: SteeringError.self) { try left.scaled(by: .infinity) }
    #expect((try difference + right).directions[LayerIndex(3)] == [0, 0])
  }

  @Test("projecting out leaves vectors orthogonal, and cosines say so")
  func projection() throws {
    let left = try vector([1: [1, 2, 3], 4: [1, 1, 1]])
    let right = try vector([1: [0, 1, 1]])
    let rest = try left.projectedOut(right)
    #expect(abs(try #require(rest.cosines(right)[LayerIndex(1)])) < 1e-7)
    #expect(rest[LayerIndex(4)] == [1, 1, 1])
    #expect(throws: SteeringError.self) { try vector([9: [1, 1, 1]]).projectedOut(right) }
    #expect(try left.cosines(left.scaled(by: 3)) == [LayerIndex(1): 1, LayerIndex(4): 1])
  }

  @Test("normalized has length one and keeps zeros")
  func normalized() throws {
    let unit = try vector([1: [3, 4], 2: [0, 0]]).normalized
    #expect(unit[LayerIndex(1)] == [0.6, 0.8] && unit[LayerIndex(2)] == [0, 0])
  }

  @Test("widths that differ, values that are not finite and no layers are refused in one sentence")
  func refusals() throws {
    let width = #expect(throws: SteeringError.self) { try vector([1: [1, 2], 2: [1]]) }
    #expect(width?.code == .widthMismatch)
    #expect(width?.message.contains("layer 2 has 1 elements (expected 2") == true)
    #expect(throws: SteeringError.self) { try vector([1: [.nan, 1]]) }
    #expect(throws: SteeringError.self) { try vector([:]) }
    let other = try vector([1: [1, 2, 3]])
    #expect(throws: SteeringError.self) { try vector([1: [1, 2]]) + other }
  }

  @Test("a file keeps every layer, bit for bit, and the passport")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    var original = try vector([-1: [0.5, 1], 0: [1, 2], 1: [-0.1, 1e-30], 7: [3, 4]])
    original.passport.method = "mean_diff"
    original.passport.pairs = 12
    original.passport.residualNorms = ["7": 10.5]
    let path = folder.path + "/v.gguf"
    let note = try ControlVectorFile.write(original, to: path)
    #expect(note?.contains("every layer of this file but embedding, 0") == true)
    #expect(try ControlVectorFile.read(path) == original)
    let file = try GGUF.open(path)
    #expect(file.tensorNames == ["direction.1", "direction.7"], "what llama.cpp may see")
    #expect(try file.metadata.string("general.architecture") == "controlvector")
  }

  @Test("files that are not control vectors say what they are")
  func strangers() throws {
    let folder = try TemporaryFolder()
    let model = try TinyModel.write(architecture: "llama", in: folder)
    let error = #expect(throws: SteeringError.self) { try ControlVectorFile.read(model) }
    #expect(error?.code == .malformedFile)
    #expect(error?.message.contains("does not belong in a control vector") == true)
  }

  @Test("layers are summarised as runs")
  func summaries() {
    #expect(summary(of: [-1, 0, 1, 2, 5, 7, 8].map { LayerIndex($0) }) == "embedding, 0-2, 5, 7-8")
  }

  @Test("safetensors keep every layer, bit for bit, and the passport")
  func safetensors() throws {
    var original = try vector([-1: [1, .pi], 0: [0.1, -0], 7: [3e-38, -3e38]])
    original.passport.method = "mean_diff \"quoted\"\n"
    original.passport.residualNorms = ["7": 12.5]
    let (bytes, note) = try ControlVectorFile.encode(original, for: "v.SAFETENSORS")
    #expect(note == nil)
    let path = try TemporaryFolder().write(bytes, as: "x.bin")
    let read = try ControlVectorFile.read(path, called: "v.safetensors")
    #expect(read == original)
    #expect(try ControlVectorFile.encode(read, for: "w.safetensors").bytes == bytes)
    // The data begins at a multiple of eight.
    #expect(bytes[0] % 8 == 0)
  }

  @Test("safetensors of other tools are read by the number in their names")
  func foreignSafetensors() throws {
    func read(_ fill: (inout SafetensorsWriter) -> Void) throws -> ControlVector {
      var writer = SafetensorsWriter()
      fill(&writer)
      let path = try TemporaryFolder().write(writer.encoded(), as: "x.safetensors")
      return try ControlVectorFile.read(path)
    }
    for name in ["direction.3", "layer.3", "layer_3", "layers.3", "3"] {
      #expect(try read { $0.add(name, shape: [2], [1, 2]) }[LayerIndex(3)] == [1, 2])
    }
    #expect(try read { $0.add("3", shape: [1, 2], [1, 2]) }[LayerIndex(3)] == [1, 2])
    for name in ["direction.-1", "direction.x", "weights", "direction.99999999", "3a"] {
      let error = #expect(throws: SteeringError.self) {
        try read { $0.add(name, shape: [2], [1, 2]) }
      }
      #expect(error?.code == .malformedFile)
    }
    let tokens = try read { $0.add("3", shape: [2, 1], [1, 2]) }
    #expect(tokens.rows == 2 && tokens.width == 1)
    #expect(throws: SteeringError.self) {
      try read {
        $0.add("3", shape: [2, 1], [1, 2])
        $0.add("4", shape: [1, 2], [1, 2])
      }
    }
    #expect(throws: SteeringError.self) { try read { $0.add("3", shape: [1, 1, 2], [1, 2]) } }
    #expect(throws: SteeringError.self) {
      try read {
        $0.add("3", shape: [2], [1, 2])
        $0.add("layer.3", shape: [2], [1, 2])
      }
    }
    #expect(throws: SteeringError.self) { try read { _ in } }
  }

  @Test("messages about a damaged file call it by the name that was given")
  func names() throws {
    let path = try TemporaryFolder().write([1, 2, 3], as: "x.bin")
    for name in ["mine.gguf", "mine.safetensors"] {
      let error = #expect(throws: SteeringError.self) {
        try ControlVectorFile.read(path, called: name)
      }
      #expect(error?.message.hasPrefix(name) == true, "\(error?.message ?? "")")
    }
  }

  @Test("vectors that act token by token keep their rows through algebra and files")
  func tokenwise() throws {
    let two = try ControlVector([LayerIndex(1): [1, 2, 3, 4]], rows: 2)
    let three = try ControlVector([LayerIndex(1): [1, 1, 1, 1, 5, 6]], rows: 3)
    #expect(two.width == 2)
    #expect(try (two + three).directions == [LayerIndex(1): [2, 3, 4, 5, 5, 6]])
    #expect(try (two - two.scaled(by: 2)).directions == [LayerIndex(1): [-1, -2, -3, -4]])
    #expect(abs((two.normalized.norms[LayerIndex(1)] ?? 0) - 1) < 1e-6)
    #expect(try two.cosines(two.scaled(by: 3))[LayerIndex(1)] == 1)
    let plain = try vector([1: [1, 2]])
    #expect(throws: SteeringError.self) { try two + plain }
    #expect(throws: SteeringError.self) { try two.cosines(plain) }
    #expect(throws: SteeringError.self) { try two.projectedOut(plain) }
    #expect(throws: SteeringError.self) { try ControlVector([LayerIndex(1): [1, 2, 3]], rows: 2) }
    let error = #expect(throws: SteeringError.self) { try ControlVectorFile.encode(two) }
    #expect(error?.message.contains("ends in .safetensors") == true)
    let bytes = try ControlVectorFile.encode(three, for: "v.safetensors").bytes
    let path = try TemporaryFolder().write(bytes, as: "v.safetensors")
    #expect(try ControlVectorFile.read(path) == three)
  }
}

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
}

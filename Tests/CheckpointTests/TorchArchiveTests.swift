import Foundation
import TestSupport
import Testing

@testable import Checkpoint

@Suite("Files of torch.save")
struct TorchArchiveTests {
  private func open(_ raw: RawTorch) throws -> TorchValue {
    try TorchArchive(MappedFile.guarded(raw.bytes)).root
  }

  private func floats(_ values: [Float]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

  private func tensor(_ raw: RawTorch) throws -> TorchTensor {
    guard case .tensor(let tensor) = try open(raw) else {
      throw CheckpointError(.missingTensor, "no tensor")
    }
    return tensor
  }

  private func expect(
    _ raw: RawTorch, _ code: CheckpointError.Code, _ part: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(
      throws: CheckpointError.self, "\(part)", sourceLocation: sourceLocation
    ) { try open(raw) }
    #expect(error?.code == code, "\(error?.message ?? "")", sourceLocation: sourceLocation)
    #expect(
      error?.message.contains(part) == true, "\(error?.message ?? "")",
      sourceLocation: sourceLocation)
  }

  // MARK: What is read

  @Test("a view of a storage has its own offset and strides", arguments: [false, true])
  func views(isWide: Bool) throws {
    let storage = Pickle.storage("0", count: 6)
    var raw = RawTorch(
      .tensor(storage, offset: 1, shape: [2, 2], strides: [1, 3]),
      storages: [floats([0, 1, 2, 3, 4, 5])])
    raw.isWide = isWide
    let found = try tensor(raw)
    #expect(found.shape == [2, 2])
    #expect(found.floats() == [1, 4, 2, 5])
  }

  @Test("a dimension of one element may have any stride, and an empty tensor has no elements")
  func oddStrides() throws {
    let storage = Pickle.storage("0", count: 3)
    func read(_ shape: [Int], _ strides: [Int]) throws -> [Float] {
      try tensor(
        RawTorch(.tensor(storage, shape: shape, strides: strides), storages: [floats([1, 2, 3])])
      )
      .floats()
    }
    #expect(try read([1, 3], [.max, 1]) == [1, 2, 3])
    #expect(try read([3, 1], [1, .max]) == [1, 2, 3])
    #expect(try read([2, 2], [0, 1]) == [1, 2, 1, 2])
    #expect(try read([0, 3], [3, 1]) == [])
    #expect(try read([], []) == [1])
  }

  @Test("halves, bfloat16 and doubles become float32")
  func types() throws {
    let cases: [(String, [UInt8], [Float])] = [
      ("Half", [0x00, 0x3c, 0xff, 0x7b], [1, 65504]),
      ("BFloat16", [0x80, 0x3f, 0x49, 0xc0], [1, -3.140625]),
      (
        "Double", [0.1, 1e300].flatMap { withUnsafeBytes(of: $0) { Array($0) } },
        [0.1, .infinity]
      ),
    ]
    for (kind, bytes, values) in cases {
      let raw = RawTorch(
        .tensor(.storage("0", kind, count: 2), shape: [2], strides: [1]), storages: [bytes])
      #expect(try tensor(raw).floats() == values, "\(kind)")
    }
  }

  @Test("files that torch wrote hold what their names say")
  func recorded() throws {
    let kinds = [
      ("evil_response_avg_diff.pt", "a tensor of shape [5, 64]"),
      ("vec_layer_2_Llama-2-7b-chat-hf.pt", "a tensor of shape [64]"),
      ("mixed.pt", "a dictionary of 3"), ("named.pt", "a dictionary of 3"),
      ("states.pt", "a list of 5"),
    ]
    for (name, kind) in kinds {
      #expect(try TorchArchive.open(Golden.path("foreign/" + name)).root.kind == kind, "\(name)")
    }
  }

  // MARK: Pickles that are programs

  @Test("a pickle that would run a program is refused by that name, and nothing runs")
  func programs() throws {
    let marker = try TemporaryFolder().file("marker")
    let command = Pickle.text("touch \(marker)")
    for (module, name) in [
      ("posix", "system"), ("os", "system"), ("builtins", "eval"), ("subprocess", "Popen"),
      ("torch", "load"), ("torch.hub", "load"), ("numpy.core.multiarray", "_reconstruct"),
      ("torch", "LongStorage"), ("collections", "defaultdict"),
    ] {
      let call: Pickle = [.name(module, name), command, Pickle([0x85]), .reduce]
      expect(RawTorch(call), .unsupportedFormat, "asks for \(module).\(name) ")
      let stacked: Pickle = [
        Pickle([0x80, 4]), .text(module), .text(name), Pickle([0x93]), command, Pickle([0x85]),
        .reduce,
      ]
      expect(RawTorch(stacked), .unsupportedFormat, "asks for \(module).\(name) ")
      let instance: Pickle = [.mark, command, .ops("i\(module)\n\(name)\n")]
      expect(RawTorch(instance), .unsupportedFormat, "asks for \(module).\(name) ")
    }
    #expect(!FileManager.default.fileExists(atPath: marker))
    expect(
      RawTorch([.name("\u{1b}[31m", "x")]), .unsupportedFormat, "a name that is not plain text")
    // NEWOBJ, NEWOBJ_EX, OBJ, EXT1, PERSID, and opcodes that there are not.
    for opcode: UInt8 in [0x81, 0x92, UInt8(ascii: "o"), 0x82, UInt8(ascii: "P"), 0x00, 0xff] {
      let pickle: Pickle = [.name("collections", "OrderedDict"), .ops(")"), Pickle([opcode])]
      expect(RawTorch(pickle), .unsupportedFormat, "opcode 0x")
    }
  }

  @Test("names that are allowed cannot be used for anything else")
  func misuse() {
    let ordered = Pickle.name("collections", "OrderedDict")
    let float = Pickle.name("torch", "FloatStorage")
    let rebuild = Pickle.name("torch._utils", "_rebuild_tensor_v2")
    let cases: [Pickle] = [
      [float, .ops(")"), .reduce], [ordered, .text("x"), Pickle([0x85]), .reduce],
      [rebuild, .ops(")"), .reduce], [rebuild, .ops("]"), .reduce], [ordered, ordered, .reduce],
      [.name("torch._utils", "_rebuild_parameter"), .text("x"), Pickle([0x85]), .reduce],
      [.ops("]N"), .ops("b")], [.ops("]"), .ops("N"), .ops("s")], [.ops("}"), .mark, .ops("Nu")],
      [.ops("}"), .mark, .ops("NNu")], [.ops("h"), Pickle([7])], [.ops("t")], [.ops("0")],
      [.mark, .ops("0")], [.text("x"), .ops("Q")], [],
    ]
    for pickle in cases { expect(RawTorch(pickle), .malformed, "its pickle is wrong") }
  }

  // MARK: Numbers that do not fit

  @Test("counts, shapes, strides and offsets that do not fit are refused")
  func numbers() {
    let bytes = floats([1, 2, 3, 4])
    for count in [5, .max, -1, 1 << 62] {
      let pickle = Pickle.tensor(.storage("0", count: count), shape: [2], strides: [1])
      expect(RawTorch(pickle, storages: [bytes]), .malformed, "has 16 bytes for \(count)")
    }
    let storage = Pickle.storage("0", count: 4)
    let views: [(offset: Int, shape: [Int], strides: [Int])] = [
      (0, [5], [1]), (1, [4], [1]), (4, [1], [1]), (-1, [1], [1]), (.max, [2], [1]), (0, [2], [4]),
      (0, [2], [.max]), (0, [3], [.max]), (0, [.max], [.max]), (0, [-1], [1]), (0, [2], [-1]),
      (0, [1 << 32, 1 << 32], [0, 0]), (0, [2], []), (0, [], [1]),
      (0, Array(repeating: 1, count: 9), Array(repeating: 1, count: 9)),
    ]
    for (offset, shape, strides) in views {
      let pickle = Pickle.tensor(storage, offset: offset, shape: shape, strides: strides)
      expect(RawTorch(pickle, storages: [bytes]), .malformed, "does not lie in its 4 elements")
    }
    let wide = Pickle.tensor(storage, shape: [1 << 25], strides: [0])
    expect(RawTorch(wide, storages: [bytes]), .malformed, "more than 16777216 elements")
    let half = Pickle.tensor(storage, shape: [1 << 23], strides: [0])
    let thrice: Pickle = [
      .ops("]("), half, .ops("q"), Pickle([0]), .ops("h"), Pickle([0]), .ops("h"), Pickle([0]),
      .ops("e"),
    ]
    expect(RawTorch(thrice, storages: [bytes]), .malformed, "more than 16777216 elements")
    let large: Pickle = [Pickle([0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0x80, 0])]
    expect(RawTorch(large), .malformed, "an integer of 9 bytes")
    let missing = Pickle.tensor(.storage("7", count: 1), shape: [1], strides: [1])
    expect(RawTorch(missing, storages: [bytes]), .malformed, "storage 7 are missing")
    let long: Pickle = [Pickle([0x8d, 0, 0, 0, 0, 0, 0, 0, 0x80])]
    expect(RawTorch(long), .truncated, "expected 9223372036854775808 bytes")
  }

  @Test("cycles, depth and repetition end in an error")
  func depth() {
    let own: Pickle = [.ops("]q"), Pickle([0]), .ops("h"), Pickle([0]), .ops("a")]
    expect(RawTorch(own), .malformed, "lists within lists without end")
    let deep = Pickle(Array(repeating: UInt8(ascii: "]"), count: 50))
    let closing = Pickle(Array(repeating: UInt8(ascii: "a"), count: 49))
    expect(RawTorch([deep, closing]), .malformed, "deeper than 8 levels")
    let endless = Pickle(Array(repeating: UInt8(ascii: "]"), count: 100_000))
    expect(RawTorch(endless), .malformed, "more than 65536 values")
    let tuples = Pickle([UInt8(ascii: ")")] + Array(repeating: 0x85, count: 60_000))
    expect(RawTorch(tuples), .malformed, "deeper than 8 levels")
    // Seven levels, each with a thousand times the one below.
    var bomb = Pickle(Array("]q\u{0}".utf8))
    for level: UInt8 in 1...7 {
      let below = (0..<1000).flatMap { _ in [UInt8(ascii: "h"), level - 1] }
      bomb.bytes += Array("](".utf8) + below + [UInt8(ascii: "e"), UInt8(ascii: "q"), level]
    }
    expect(RawTorch(bomb), .malformed, "lists within lists without end")
    let huge = Pickle(Array(repeating: UInt8(ascii: "N"), count: 1 << 20))
    expect(RawTorch(huge), .malformed, "its pickle has 1048577 bytes")
  }

  // MARK: Archives

  @Test("archives of another kind are refused in one sentence")
  func otherKinds() throws {
    let pickle = Pickle.ops("]")
    var raw = RawTorch(pickle)
    raw.method = 8
    expect(raw, .unsupportedFormat, "archive/data.pkl is compressed (deflate)")
    raw.method = 93
    expect(raw, .unsupportedFormat, "archive/data.pkl is compressed (expected")
    raw.method = 0
    raw.flags = 1
    expect(raw, .unsupportedFormat, "is encrypted")
    expect(RawTorch(pickle, byteOrder: "big"), .unsupportedVersion, "big-endian")
    raw = RawTorch(pickle)
    raw.entries.append(("archive/constants.pkl", []))
    expect(raw, .unsupportedFormat, "a TorchScript program")
    raw.entries[2] = ("other/data.pkl", [])
    expect(raw, .notWeights, "found 2")
    raw.entries[2] = ("archive/data.pkl", [])
    expect(raw, .malformed, "occurs twice")
    raw.entries = [("a.txt", [])]
    expect(raw, .notWeights, "found 0")
    let older: [UInt8] = [
      0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e,
    ]
    for (bytes, part) in [
      (older, "before 1.6"), (Array("GGUF....".utf8), "it is a GGUF file"),
      ([0x80, 4, 0x2e], "its first bytes are 80 04 2e"), (Array("PK\u{3}\u{4}".utf8), "directory"),
    ] {
      let error = #expect(throws: CheckpointError.self) {
        try TorchArchive(MappedFile.guarded(bytes))
      }
      #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
    }
  }

  @Test("an archive that is cut anywhere is refused", arguments: [false, true])
  func truncation(isWide: Bool) throws {
    var raw = RawTorch(
      .tensor(.storage("0", count: 2), shape: [2], strides: [1]), storages: [floats([1, 2])])
    raw.isWide = isWide
    let bytes = raw.bytes
    #expect(throws: Never.self) { try TorchArchive(MappedFile.guarded(bytes)) }
    for count in 1..<bytes.count {
      #expect(throws: CheckpointError.self, "cut to \(count)") {
        try TorchArchive(MappedFile.guarded(Array(bytes[..<count])))
      }
    }
  }

  @Test("sizes and places of an archive that do not fit are refused", arguments: [false, true])
  func places(isWide: Bool) throws {
    var raw = RawTorch(.ops("]"), byteOrder: nil)
    raw.isWide = isWide
    let bytes = raw.bytes
    var refused = 0
    for value: UInt64 in [0xffff_ffff, 1 << 31, 1 << 62, 1 << 63, .max] {
      for at in 4..<bytes.count - 8 {
        var mutant = bytes
        for byte in 0..<8 { mutant[at + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte)) }
        do {
          _ = try TorchArchive(MappedFile.guarded(mutant))
        } catch {
          refused += 1
        }
      }
    }
    #expect(refused > bytes.count * 2)
  }
}

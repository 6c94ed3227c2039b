import Checkpoint
import TestSupport
import Testing

@Suite("Metadata")
struct MetadataTests {
  private let metadata: Metadata
  private let path: String

  init() throws {
    path = try TemporaryFolder().file("metadata.gguf")
    var writer = GGUFWriter()
    writer.set("text", "hello")
    writer.set("count", UInt32(7))
    writer.set("negative", Int8(-3))
    writer.set("huge", UInt64.max)
    writer.set("ratio", Float(0.5))
    writer.set("flag", true)
    writer.set("pieces", ["a", "b"])
    writer.set("hugeNumbers", [UInt64.max])
    writer.set("numbers", [Int16(-1), 2])
    writer.set("doubles", [Float(1), 2])
    writer.set("flags", [true, false])
    writer.set("nothing", [Int32]())
    try writer.write(to: path)
    metadata = try GGUF.open(path).metadata
  }

  @Test("values come back under their keys, integers as numbers too")
  func values() throws {
    #expect(try metadata.string("text") == "hello")
    #expect(try metadata.int("count") == 7)
    #expect(try metadata.int("negative") == -3)
    #expect(try metadata.float("count") == 7)
    #expect(try metadata.float("negative") == -3)
    #expect(try metadata.float("ratio") == 0.5)
    #expect(try metadata.bool("flag"))
    #expect(try metadata.strings("pieces").map { Array($0) } == [[97], [98]])
    #expect(try metadata.integers("numbers") == [-1, 2])
    #expect(try metadata.integers("nothing").isEmpty)
    #expect(try metadata.floats("doubles") == [1, 2])
    #expect(try metadata.optionalBools("flags") == [true, false])
    #expect(metadata.keys == metadata.keys.sorted() && metadata.keys.count == 12)
    #expect(metadata["text"] != nil && metadata["absent"] == nil)
  }

  @Test("every getter names the file, the key and both types when the type is another")
  func mistyped() {
    let getters: [(expected: String, found: String, get: (Metadata) throws -> Void)] = [
      ("a string", "an integer", { _ = try $0.string("count") }),
      ("an integer", "a number", { _ = try $0.int("ratio") }),
      ("a number", "a string", { _ = try $0.float("text") }),
      ("a boolean", "an integer", { _ = try $0.bool("count") }),
      ("a list of strings", "a list of integers", { _ = try $0.strings("numbers") }),
      ("a list of integers", "a list of numbers", { _ = try $0.integers("doubles") }),
      ("a list of numbers", "a list of strings", { _ = try $0.floats("pieces") }),
      ("a list of booleans", "a boolean", { _ = try $0.optionalBools("flag") }),
    ]
    for (expected, found, get) in getters {
      let error = #expect(throws: CheckpointError.self) { try get(metadata) }
      #expect(error?.code == .wrongType)
      #expect(error?.message.hasPrefix("\(path): metadata key ") == true)
      #expect(error?.message.contains("(expected \(expected), found \(found))") == true)
    }
  }

  @Test("a missing key is an error or nil, as was asked")
  func missing() throws {
    let error = #expect(throws: CheckpointError.self) { try metadata.int("absent") }
    #expect(error?.code == .missingKey)
    #expect(
      error?.message
        == "\(path): metadata key absent is missing. Convert the checkpoint again.")
    #expect(throws: CheckpointError.self) { try metadata.string("absent") }
    #expect(throws: CheckpointError.self) { try metadata.floats("absent") }
    #expect(try metadata.optionalInt("absent") == nil)
    #expect(try metadata.optionalString("absent") == nil)
    #expect(try metadata.optionalFloat("absent") == nil)
    #expect(try metadata.optionalStrings("absent") == nil)
    #expect(try metadata.optionalIntegers("absent") == nil)
  }

  @Test("integers from 2^63 on are refused rather than wrapped")
  func hugeIntegers() {
    let one = #expect(throws: CheckpointError.self) { try metadata.int("huge") }
    #expect(one?.code == .malformed)
    #expect(one?.message.contains("huge is 18446744073709551615 (expected less than 2^63") == true)
    let list = #expect(throws: CheckpointError.self) { try metadata.integers("hugeNumbers") }
    #expect(list?.code == .malformed)
  }

  @Test("a text that is not UTF-8 matters only to who asks for it")
  func notUTF8() throws {
    var raw = RawGGUF(keys: 2)
    raw.key("bad", type: 8)
    raw.append(UInt64(2))
    raw.bytes += [0xc3, 0x28]
    raw.key("good", type: 8)
    raw.append("fine")
    let file = try GGUF.open(TemporaryFolder().write(raw.bytes, as: "latin.gguf"))
    #expect(try file.metadata.string("good") == "fine")
    let error = #expect(throws: CheckpointError.self) { try file.metadata.string("bad") }
    #expect(error?.message.contains("found a string that is not UTF-8") == true)
  }

  @Test("booleans of a list other than 0 and 1 are refused")
  func oddBooleans() throws {
    var raw = RawGGUF(keys: 1)
    raw.key("odd", type: 9)
    raw.append(UInt32(7))
    raw.append(UInt64(2))
    raw.bytes += [1, 2]
    let file = try GGUF.open(TemporaryFolder().write(raw.bytes, as: "odd.gguf"))
    let error = #expect(throws: CheckpointError.self) { try file.metadata.optionalBools("odd") }
    #expect(error?.code == .malformed)
  }
}

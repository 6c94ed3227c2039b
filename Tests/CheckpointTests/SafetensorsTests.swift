import Checkpoint
import Foundation
import Kernels
import TestSupport
import Testing

@Suite("Reading safetensors")
struct SafetensorsTests {
  /// A file of a header and so many zero bytes.
  private func file(_ header: String, bytes: Int = 0) throws -> String {
    var raw: [UInt8] = []
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { raw.append(contentsOf: $0) }
    raw += Array(header.utf8) + Array(repeating: 0, count: bytes)
    return try TemporaryFolder().write(raw, as: "x.safetensors")
  }

  private func refusal(
    _ header: String, bytes: Int = 0, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> CheckpointError? {
    let path = try file(header, bytes: bytes)
    let error = #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) {
      try Safetensors.open(path)
    }
    #expect(error?.message.hasPrefix(path + ": ") == true, sourceLocation: sourceLocation)
    return error
  }

  private func tensor(_ fields: String) -> String { "{\"t\":{\(fields)}}" }

  @Test("a file of the safetensors package has the names, shapes and elements that were written")
  func recorded() throws {
    let file = try Safetensors.open(Golden.path("every-type.safetensors"))
    #expect(file.metadata == ["format": "np", "note": "tab\t and 🌍"])
    #expect(file.tensorNames.count == 6)
    let matrix = try file.tensor("matrix")
    #expect(matrix.shape == [2, 3] && matrix.floats() == [0, 0.25, 0.5, 0.75, 1, 1.25])
    #expect(try matrix.matrix().rows == 2)
    #expect(try file.tensor("half").floats() == [0.5, -65504])
    #expect(try file.tensor("scalar").shape == [] && file.tensor("scalar").floats() == [2.5])
    let empty = try file.tensor("empty")
    #expect(empty.shape == [0, 4] && empty.floats() == [] && empty.byteCount == 0)
    #expect(throws: CheckpointError.self) { try empty.matrix() }
    #expect(try file.tensor("odd \"name\" \\ grüße\n").floats() == [7])
    let integers = #expect(throws: CheckpointError.self) { try file.tensor("integers") }
    #expect(integers?.code == .unsupportedFormat)
    #expect(integers?.message.contains("stored as I64 (expected F32, F16, BF16") == true)
    let missing = #expect(throws: CheckpointError.self) { try file.tensor("gone") }
    #expect(missing?.code == .missingTensor)
    #expect(try file.optionalTensor("gone") == nil)
  }

  @Test("spaces around and escapes in a header are read")
  func spaces() throws {
    let header = " { \"\\u0041\\ud83c\\udf0d\" :\n{ \"shape\" : [ 1 , 2 ] ,\t\"dtype\":\"BF16\","
    let path = try file("{" + header.dropFirst(2) + "\"data_offsets\":[0,4]} }   ", bytes: 4)
    #expect(try Safetensors.open(path).tensor("A🌍").floats() == [0, 0])
    #expect(try Safetensors.open(file("{}")).tensorNames.isEmpty)
  }

  @Test("files of other kinds and hostile header lengths are refused")
  func headers() throws {
    let gguf = #expect(throws: CheckpointError.self) {
      try Safetensors.open(Golden.path("every-type.gguf"))
    }
    #expect(gguf?.message.contains("not a safetensors file (it is a GGUF file)") == true)
    for length in [100_000_001, 1 << 40, UInt64(1) << 63, .max] {
      var bytes: [UInt8] = []
      withUnsafeBytes(of: length.littleEndian) { bytes.append(contentsOf: $0) }
      let path = try TemporaryFolder().write(bytes + Array("{}".utf8), as: "x.safetensors")
      let error = #expect(throws: CheckpointError.self) { try Safetensors.open(path) }
      #expect(error?.message.contains("claims \(length) bytes") == true)
    }
    let short = try TemporaryFolder().write([1, 2, 3], as: "x.safetensors")
    let error = #expect(throws: CheckpointError.self) { try Safetensors.open(short) }
    #expect(error?.code == .truncated)
  }

  @Test("a header of another shape is refused with the place")
  func grammar() throws {
    let cases: [(header: String, text: String)] = [
      ("{", "expected '\"'"), ("{\"a\"}", "expected ':'"), ("{\"a\":1}", "expected '{'"),
      ("{\"a\":{}}", "expected data_offsets and dtype and shape of a"),
      ("{}x", "expected the end, found more text"), ("{\"a", "found a string without end"),
      ("{\"\\q\":{}}", "found an unknown escape"), ("{\"\\u12\":{}}", "expected four hexadecimal"),
      ("{\"\\ud800\":{}}", "found half a surrogate pair"),
      ("{\"__metadata__\":{\"a\":1}}", "expected '\"'"),
      (tensor("\"dtype\":\"F32\",\"extra\":1"), "dtype, shape or data_offsets of t, found 'extra'"),
      (tensor("\"shape\":[-1]"), "expected a whole number"),
      (tensor("\"shape\":[1.5]"), "expected a whole number, found a fraction"),
      (tensor("\"shape\":[9223372036854775808]"), "expected a whole number below 2^63"),
      (tensor("\"data_offsets\":[0]"), "expected two offsets of t"),
      (tensor("\"data_offsets\":[0,1,2]"), "expected at most 2 numbers"),
      (tensor("\"shape\":[[1]]"), "expected a whole number"),
    ]
    for (header, text) in cases {
      let error = try refusal(header)
      #expect(error?.code == .malformed)
      #expect(error?.message.contains(text) == true, "\(header): \(error?.message ?? "")")
    }
  }

  @Test("names that occur twice are refused")
  func twice() throws {
    let one = "\"t\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}"
    let error = try refusal("{\(one),\(one)}", bytes: 4)
    #expect(error?.message.contains("expected every name once, found 't' twice") == true)
    let key = try refusal(tensor("\"shape\":[],\"shape\":[]"))
    #expect(key?.message.contains("'shape' twice") == true)
  }

  @Test("deep nesting is refused, not followed")
  func nesting() throws {
    let deep = String(repeating: "[", count: 200_000)
    #expect(try refusal("{\"a\":" + deep)?.code == .malformed)
    #expect(try refusal(String(repeating: "{\"a\":", count: 50_000))?.code == .malformed)
    #expect(try refusal(tensor("\"shape\":" + deep))?.code == .malformed)
  }

  @Test("tensors that overlap, leave gaps, or do not fit their shape or the file are refused")
  func layout() throws {
    func pair(_ first: String, _ second: String) -> String {
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[\(first)]},"
        + "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[\(second)]}}"
    }
    #expect(try Safetensors.open(file(pair("0,8", "8,16"), bytes: 16)).tensorNames == ["a", "b"])
    let overlap = try refusal(pair("0,8", "4,12"), bytes: 12)
    #expect(overlap?.message.contains("b lies at bytes 4 to 12 (expected it to begin at 8") == true)
    #expect(try refusal(pair("0,8", "12,20"), bytes: 20)?.code == .malformed, "a gap")
    #expect(try refusal(pair("0,8", "8,0"), bytes: 8)?.code == .malformed, "backwards")
    #expect(try refusal(pair("0,8", "8,16"), bytes: 15)?.code == .truncated)
    #expect(try refusal(pair("0,8", "8,16"), bytes: 17)?.code == .malformed)
    let size = try refusal(pair("0,8", "8,12"), bytes: 12)
    #expect(size?.message.contains("tensor b has 4 bytes (expected 8 for F32") == true)
    let huge = tensor("\"dtype\":\"F32\",\"shape\":[9000000000,9000000000],\"data_offsets\":[0,4]")
    #expect(try refusal(huge, bytes: 4)?.message.contains("the impossible shape") == true)
  }

  @Test("tensors without elements are tensors, whatever their other dimensions are")
  func empty() throws {
    func empty(_ shape: String) throws -> [Float] {
      let header = tensor("\"dtype\":\"F32\",\"shape\":[\(shape)],\"data_offsets\":[0,0]")
      return try Safetensors.open(file(header)).tensor("t").floats()
    }
    #expect(try empty("0") == [] && empty("0,9223372036854775807") == [])
    #expect(try empty("0,9223372036854775807,9223372036854775807") == [])
    #expect(try empty("17592186044416,0") == [])
    for shape in ["9223372036854775807,0", "4294967296,4294967296,0"] {
      #expect(throws: CheckpointError.self) { try empty(shape) }
    }
  }

  @Test("a name longer than any model's is refused, and not said in full")
  func longNames() throws {
    let name = String(repeating: "n", count: 70_000)
    let error = try refusal(
      "{\"\(name)\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", bytes: 4)
    #expect((error?.message.count ?? .max) < 500)
  }

  @Test("the vectors of the reference results can be read", .enabled(if: Shared.folder != nil))
  func shared() throws {
    let folder = try #require(Shared.folder).path
    let path = folder + "/golden/steer/smollm2-openness-24.safetensors"
    let file = try Safetensors.open(path)
    #expect(!file.tensorNames.isEmpty)
    for name in file.tensorNames {
      #expect(try file.tensor(name).floats().contains { $0 != 0 })
    }
  }
}

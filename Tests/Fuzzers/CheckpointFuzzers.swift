import Checkpoint
import Kernels
import TestSupport

extension Fuzzer {
  /// GGUF: metadata and the directory of tensors.
  static let gguf = Fuzzer(
    "gguf", rounds: 1500, seeds: [recorded("every-type.gguf"), tensors().encoded()],
    words: ["GGUF", "general.alignment", "general.architecture", "\u{0}\u{0}\u{0}\u{0}", "a", "t"]
  ) { bytes in
    let file = try GGUF(FuzzedFile.guarded(bytes))
    for key in file.metadata.keys { try explore(file.metadata, key) }
    var writer = GGUFWriter()
    for name in file.tensorNames {
      let tensor: StoredTensor
      do throws(CheckpointError) { tensor = try file.tensor(name) } catch { continue }
      try explore(tensor)
      let stored = UnsafeRawBufferPointer(start: tensor.bytes, count: tensor.byteCount)
      writer.add(name, shape: tensor.shape, format: tensor.format, bytes: Array(stored))
    }
    // What the writer writes of it is read as it was.
    let copy = try GGUF(FuzzedFile.guarded(writer.encoded()))
    for name in copy.tensorNames {
      let (first, second) = try (file.tensor(name), copy.tensor(name))
      try FuzzFinding.unless(
        first.shape == second.shape && first.format == second.format
          && bits(first.floats()) == bits(second.floats()), "\(name) is written otherwise")
    }
  }

  /// The header of safetensors.
  static let safetensors = Fuzzer(
    "safetensors", rounds: 1500,
    seeds: [recorded("every-type.safetensors"), floats().encoded(), header("{}"), header("{} ")],
    words: [
      "\"__metadata__\":{\"a\":\"b\"},", "\"dtype\":\"F32\",", "\"F8_E4M3\"", "\"BF16\"", "\"I64\"",
      "\"shape\":[0,9223372036854775807],", "\"data_offsets\":[0,4]", "[]", "{}", "[[", "{\"a\":",
      "\\u0000", "\\ud800", "9223372036854775808", "-1", ",",
    ]
  ) { bytes in
    let file = try Safetensors(FuzzedFile.guarded(bytes))
    var writer = SafetensorsWriter()
    for (key, value) in file.metadata { writer.set(key, value) }
    for name in file.tensorNames {
      let tensor: StoredTensor
      do throws(CheckpointError) { tensor = try file.tensor(name) } catch { continue }
      try explore(tensor)
      writer.add(name, shape: tensor.shape, tensor.floats())
    }
    let copy = try Safetensors(FuzzedFile.guarded(writer.encoded()))
    try FuzzFinding.unless(copy.metadata == file.metadata, "metadata is written otherwise")
    for name in copy.tensorNames {
      let (first, second) = try (file.tensor(name), copy.tensor(name))
      try FuzzFinding.unless(
        first.shape == second.shape && bits(first.floats()) == bits(second.floats()),
        "\(name) is written otherwise")
    }
  }

  /// A checkpoint in two parts: the first byte says which is replaced by the others.
  static let split = Fuzzer(
    "split", rounds: 400, seeds: (0..<2).map { [UInt8($0)] + part($0).encoded() },
    words: ["split.no", "split.count", "split.tensors.count", "\u{1}"]
  ) { bytes in
    let place = try splitFolder.get()
    let chosen = Int(bytes.first ?? 0) & 1
    var paths: [String] = []
    for number in 0..<2 {
      let content = number == chosen ? Array(bytes.dropFirst()) : part(number).encoded()
      paths.append(
        try FuzzedFile.write(content, "x-0000\(number + 1)-of-00002.gguf", in: place))
    }
    let file = try GGUF.open(paths[0])
    for name in file.tensorNames {
      let tensor: StoredTensor
      do throws(CheckpointError) { tensor = try file.tensor(name) } catch { continue }
      try explore(tensor)
    }
  }

  private static let splitFolder = Result { try TemporaryFolder() }

  // MARK: Seeds

  static func recorded(_ name: String) -> [UInt8] { (try? Golden.bytes(name)) ?? [] }

  private static func tensors() -> GGUFWriter {
    var writer = GGUFWriter()
    writer.set("general.alignment", UInt32(32))
    writer.set("list", ["a", "bc", ""])
    writer.set("numbers", [Int64(1), -1])
    writer.set("floats", [Float(0.5), .nan])
    writer.set("flags", [true, false])
    var random = SeededGenerator(seed: 1)
    for format in [BlockFormat.f32, .f16, .q4_0, .q8_0, .mxfp4, .iq4_NL] {
      writer.add(
        "\(format.name)", shape: [1, 32], format: format,
        bytes: format.randomBlocks(32, limit: 1, using: &random))
    }
    return writer
  }

  private static func floats() -> SafetensorsWriter {
    var writer = SafetensorsWriter()
    writer.set("format", "pt")
    writer.add("a", shape: [2, 2], [1, 2, 3, .nan])
    writer.add("b.weight", shape: [], [.infinity])
    writer.add("c", shape: [0, 5], [])
    return writer
  }

  private static func header(_ text: String) -> [UInt8] {
    withUnsafeBytes(of: UInt64(text.utf8.count).littleEndian) { Array($0) } + Array(text.utf8)
  }

  private static func part(_ number: Int) -> GGUFWriter {
    var writer = GGUFWriter()
    writer.set("split.no", UInt16(number))
    writer.set("split.count", UInt16(2))
    writer.set("split.tensors.count", Int32(2))
    writer.add("t\(number)", shape: [4], floats: [1, 2, 3, 4])
    return writer
  }

  // MARK: Use

  private static func explore(_ metadata: Metadata, _ key: String) throws {
    switch metadata[key] {
    case .strings(let list)?:
      var count = 0
      for bytes in list { count += bytes.reduce(0) { $0 ^ Int($1) } & 1 }
      try FuzzFinding.unless(count <= list.count, "more strings than there are")
    case .numbers(let list)?:
      let floats = try? metadata.floats(key)
      let counts = [
        (try? metadata.integers(key))?.count, floats?.count,
        (try? metadata.optionalBools(key))?.count,
      ]
      try FuzzFinding.unless(
        counts.allSatisfy { $0 ?? list.count == list.count }, "\(key): another number of numbers")
    default: break
    }
  }

  private static func explore(_ tensor: StoredTensor) throws {
    let values = tensor.floats()
    try FuzzFinding.unless(values.count == tensor.count, "\(tensor.name): \(values.count) elements")
    _ = try? tensor.matrix()
  }

  private static func bits(_ values: [Float]) -> [UInt32] {
    values.map { $0.isNaN ? 0x7FC0_0000 : $0.bitPattern }
  }
}

/// Writes safetensors files of float32 tensors.
///
/// The same content gives the same bytes: tensors in the order in which they were added, metadata
/// sorted by key. As in `huggingface/safetensors:README.md`.
public struct SafetensorsWriter: Sendable {
  private var tensors: [(name: String, shape: [Int], values: [Float])] = []
  private var metadata: [String: String] = [:]

  /// Starts an empty file.
  public init() {}

  /// Sets a string of `__metadata__`.
  public mutating func set(_ key: String, _ value: String) { metadata[key] = value }

  /// Adds a tensor; adding a name twice is a bug of the caller and stops the process.
  ///
  /// - Parameters:
  ///   - name: The tensor's name.
  ///   - shape: Dimensions, outermost first.
  ///   - values: The elements, outermost dimension first.
  public mutating func add(_ name: String, shape: [Int], _ values: [Float]) {
    precondition(
      shape.reduce(1, *) == values.count, "\(name): \(values.count) do not fill \(shape)")
    precondition(!tensors.contains { $0.name == name }, "\(name) is added twice")
    tensors.append((name, shape, values))
  }

  /// The file's bytes.
  public func encoded() -> [UInt8] {
    var entries: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }
        .map { "\(quoted($0.key)):\(quoted($0.value))" }
      entries.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var offset = 0
    for tensor in tensors {
      let end = offset + tensor.values.count * MemoryLayout<Float>.size
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      entries.append(
        "\(quoted(tensor.name)):{\"dtype\":\"F32\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var header = Array("{\(entries.joined(separator: ","))}".utf8)
    // The data begins at a multiple of eight.
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
    var bytes = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) }
    bytes += header
    for tensor in tensors {
      tensor.values.map { $0.bitPattern.littleEndian }
        .withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
    return bytes
  }

  /// A JSON string.
  private func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

import Kernels

/// A file of tensors in the safetensors format.
///
/// A 64-bit length, a JSON header of that length, then the tensors without gaps; as in
/// `huggingface/safetensors:README.md`. Everything the header claims is checked before it is used.
public struct Safetensors: Sendable {
  /// The file's path.
  public let path: String
  /// The free-form strings of `__metadata__`.
  public let metadata: [String: String]
  /// Names of the tensors, in the order in which they lie in the file.
  public let tensorNames: [String]
  private let entries: [String: SafetensorsHeader.Entry]
  private let start: Int
  private let file: MappedFile

  /// Largest header that is read: 100 MB, as in the format's reference implementation.
  private static let largestHeader = 100_000_000

  /// Opens a file and reads its header.
  ///
  /// - Throws: ``CheckpointError``; tensors of unknown types are an error only when asked for.
  public static func open(_ path: String) throws(CheckpointError) -> Safetensors {
    try Safetensors(MappedFile(path))
  }

  /// Bytes of the file.
  public var byteCount: Int { file.count }

  /// A tensor by its name.
  ///
  /// - Throws: ``CheckpointError`` with code `missingTensor` or `unsupportedFormat`.
  public func tensor(_ name: String) throws(CheckpointError) -> StoredTensor {
    if let tensor = try optionalTensor(name) { return tensor }
    throw CheckpointError(
      .missingTensor, "\(path): tensor \(name) is missing. Use a file that has it.")
  }

  /// A tensor by its name, or nil if the file has none.
  ///
  /// - Throws: ``CheckpointError`` with code `unsupportedFormat`.
  public func optionalTensor(_ name: String) throws(CheckpointError) -> StoredTensor? {
    guard let entry = entries[name] else { return nil }
    let formats: [String: BlockFormat] = [
      "F32": .f32, "F16": .f16, "BF16": .bf16, "F8_E4M3": .f8_E4M3,
    ]
    guard let format = formats[entry.type] else {
      throw CheckpointError(
        .unsupportedFormat,
        "\(path): tensor \(name) is stored as \(entry.type) (expected F32, F16, BF16 or F8_E4M3). "
          + "Convert it.")
    }
    return StoredTensor(
      name: name, format: format, shape: entry.shape, bytes: file.base + start + entry.begin,
      owner: file)
  }

  /// Reads a file that has been mapped.
  package init(_ file: MappedFile) throws(CheckpointError) {
    var reader = ByteReader(file)
    path = file.path
    self.file = file
    let length = try reader.integer(UInt64.self, "the length of the header")
    // No tool writes anything but an object, so other files are told apart by their ninth byte.
    guard file.count > 8, file.base.load(fromByteOffset: 8, as: UInt8.self) == UInt8(ascii: "{")
    else {
      throw CheckpointError(
        .notWeights,
        "\(path): not a safetensors file (\(file.appearance)). Give a .safetensors file.")
    }
    guard length <= UInt64(Safetensors.largestHeader) else {
      throw CheckpointError(
        .malformed,
        "\(path): the header claims \(length) bytes (expected at most "
          + "\(Safetensors.largestHeader)). The file is damaged.")
    }
    let bytes = try reader.take(Int(length), "the header")
    start = reader.offset
    var header = SafetensorsHeader(
      UnsafeRawBufferPointer(start: bytes, count: Int(length)), path: path)
    try header.parse()
    metadata = header.metadata
    entries = header.entries
    tensorNames = header.entries
      .sorted {
        ($0.value.begin, $0.value.end, $0.key) < ($1.value.begin, $1.value.end, $1.key)
      }
      .map(\.key)
    try checkLayout()
  }

  /// Checks that the tensors cover the rest of the file, without gaps or overlaps.
  private func checkLayout() throws(CheckpointError) {
    let available = file.count - start
    var end = 0
    for name in tensorNames {
      guard let entry = entries[name] else { continue }
      guard entry.begin == end, entry.end >= entry.begin else {
        throw CheckpointError(
          .malformed,
          "\(path): tensor \(name) lies at bytes \(entry.begin) to \(entry.end) (expected it to "
            + "begin at \(end)). The file is damaged.")
      }
      end = entry.end
      try checkSize(name, entry)
    }
    guard end == available else {
      throw CheckpointError(
        end > available ? .truncated : .malformed,
        "\(path): the tensors end at byte \(end) (expected \(available), the end of the file). "
          + "Fetch the file again.")
    }
  }

  private func checkSize(
    _ name: String, _ entry: SafetensorsHeader.Entry
  ) throws(CheckpointError) {
    var count = 1
    for dimension in entry.shape {
      let (product, overflows) = count.multipliedReportingOverflow(by: dimension)
      guard !overflows, product <= 1 << 44 else {
        throw CheckpointError(
          .malformed,
          "\(path): tensor \(name) has the impossible shape \(entry.shape). The file is damaged.")
      }
      count = product
    }
    guard let bits = Safetensors.bits(of: entry.type) else { return }
    guard entry.end - entry.begin == (count * bits + 7) / 8 else {
      throw CheckpointError(
        .malformed,
        "\(path): tensor \(name) has \(entry.end - entry.begin) bytes (expected "
          + "\((count * bits + 7) / 8) for \(entry.type) of shape \(entry.shape)). "
          + "The file is damaged.")
    }
  }

  private static func bits(of type: String) -> Int? {
    switch type {
    case "F64", "I64", "U64", "C64": 64
    case "F32", "I32", "U32": 32
    case "F16", "BF16", "I16", "U16": 16
    case "BOOL", "I8", "U8", "F8_E4M3", "F8_E5M2", "F8_E8M0": 8
    default: nil
    }
  }
}

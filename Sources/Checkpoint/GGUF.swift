import Kernels

/// A checkpoint or control vector in GGUF, versions 2 and 3, little-endian.
///
/// The format is described in ggml's `docs/gguf.md`. Every count, length and offset is checked
/// before it is used.
public struct GGUF: Sendable {
  /// The file's path.
  public let path: String
  /// What the file says about itself.
  public let metadata: Metadata
  /// Names of the tensors, in the file's order.
  public let tensorNames: [String]
  private let entries: [String: Entry]
  private let file: MappedFile

  /// A tensor of the directory; its bytes have been checked to lie in the file.
  private struct Entry {
    let type: UInt32
    let shape: [Int]
    let offset: Int
  }

  /// Opens a file, reads its metadata and its tensor directory.
  ///
  /// - Throws: ``CheckpointError``; tensors of unknown formats are an error only when asked for.
  public static func open(_ path: String) throws(CheckpointError) -> GGUF {
    try GGUF(MappedFile(path))
  }

  /// A tensor by its name.
  ///
  /// - Throws: ``CheckpointError`` with code `missingTensor` or `unsupportedFormat`.
  public func tensor(_ name: String) throws(CheckpointError) -> StoredTensor {
    if let tensor = try optionalTensor(name) { return tensor }
    throw CheckpointError(
      .missingTensor, "\(path): tensor \(name) is missing. Convert the checkpoint again.")
  }

  /// A tensor by its name, or nil if the file has none.
  ///
  /// - Throws: ``CheckpointError`` with code `unsupportedFormat`.
  public func optionalTensor(_ name: String) throws(CheckpointError) -> StoredTensor? {
    guard let entry = entries[name] else { return nil }
    guard let format = BlockFormat(rawValue: entry.type) else {
      let known = BlockFormat.allCases.map(\.name).joined(separator: ", ")
      throw CheckpointError(
        .unsupportedFormat,
        "\(path): tensor \(name) is stored as \(BlockFormat.name(of: entry.type)) "
          + "(expected one of \(known)). Use a checkpoint in one of these formats.")
    }
    return StoredTensor(
      name: name, format: format, shape: entry.shape, bytes: file.base + entry.offset,
      owner: file)
  }

  private init(_ file: MappedFile) throws(CheckpointError) {
    var reader = ByteReader(file)
    path = file.path
    self.file = file
    guard file.count >= 24, try reader.integer(UInt32.self, "the magic number") == 0x4655_4747
    else {
      throw CheckpointError(
        .notWeights,
        "\(file.path): not a GGUF file (its first bytes are not 'GGUF'). "
          + "Give a .gguf file.")
    }
    let version = try reader.integer(UInt32.self, "the version")
    guard version == 2 || version == 3 else {
      let isSwapped = version == 2 << 24 || version == 3 << 24
      throw CheckpointError(
        .unsupportedVersion,
        "\(file.path): GGUF \(isSwapped ? "in big-endian order" : "version \(version)") "
          + "(expected version 2 or 3, little-endian). Convert the checkpoint again.")
    }
    // The smallest entries take 13 and 24 bytes, which bounds both counts by the file's size.
    let tensors = try reader.count(atMost: file.count / 24, "the number of tensors")
    let keys = try reader.count(atMost: file.count / 13, "the number of metadata keys")
    metadata = try GGUF.readMetadata(&reader, count: keys)

    let alignment = try metadata.optionalInt("general.alignment") ?? 32
    guard alignment > 0, alignment <= 1 << 20, alignment & (alignment - 1) == 0 else {
      throw CheckpointError(
        .malformed,
        "\(file.path): general.alignment is \(alignment) (expected a power of two). "
          + "The file is damaged.")
    }
    (tensorNames, entries) = try GGUF.readDirectory(&reader, count: tensors, alignment)
  }

  // MARK: Metadata

  private static func readMetadata(
    _ reader: inout ByteReader, count: Int
  ) throws(CheckpointError) -> Metadata {
    var values: [String: MetadataValue] = [:]
    for _ in 0..<count {
      let key = try reader.string("a metadata key")
      let type = try reader.integer(UInt32.self, "the type of \(key)")
      guard values.updateValue(try readValue(&reader, type, key), forKey: key) == nil else {
        throw CheckpointError(
          .malformed,
          "\(reader.file.path): metadata key \(key) occurs twice. The file is damaged.")
      }
    }
    return Metadata(path: reader.file.path, values: values)
  }

  private static func readValue(
    _ reader: inout ByteReader, _ type: UInt32, _ key: String
  ) throws(CheckpointError) -> MetadataValue {
    switch type {
    case 0: return .unsigned(UInt64(try reader.integer(UInt8.self, key)))
    case 1: return .signed(Int64(try reader.integer(Int8.self, key)))
    case 2: return .unsigned(UInt64(try reader.integer(UInt16.self, key)))
    case 3: return .signed(Int64(try reader.integer(Int16.self, key)))
    case 4: return .unsigned(UInt64(try reader.integer(UInt32.self, key)))
    case 5: return .signed(Int64(try reader.integer(Int32.self, key)))
    case 6: return .float(Double(Float(bitPattern: try reader.integer(UInt32.self, key))))
    case 7: return .bool(try reader.integer(UInt8.self, key) != 0)
    case 8: return .string(try reader.string(key))
    case 9:
      let element = try reader.integer(UInt32.self, "the element type of \(key)")
      return try readList(&reader, element, key)
    case 10: return .unsigned(try reader.integer(UInt64.self, key))
    case 11: return .signed(try reader.integer(Int64.self, key))
    case 12: return .float(Double(bitPattern: try reader.integer(UInt64.self, key)))
    default:
      throw CheckpointError(
        .malformed,
        "\(reader.file.path): metadata key \(key) has the unknown type \(type). "
          + "The file is damaged.")
    }
  }

  private static func readList(
    _ reader: inout ByteReader, _ type: UInt32, _ key: String
  ) throws(CheckpointError) -> MetadataValue {
    let sizes: [UInt32: Int] = [
      0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 8: 8, 10: 8, 11: 8, 12: 8,
    ]
    guard let size = sizes[type] else {
      throw CheckpointError(
        .malformed,
        "\(reader.file.path): metadata key \(key) is a list of the unknown or nested type "
          + "\(type). The file is damaged or too new.")
    }
    let count = try reader.count(atMost: reader.remaining / size, "the length of \(key)")
    if type == 8 {
      var starts: [Int] = []
      starts.reserveCapacity(count)
      for _ in 0..<count {
        starts.append(reader.offset)
        _ = try reader.bytes("an element of \(key)")
      }
      return .strings(ByteStrings(file: reader.file, starts: starts))
    }
    let base = try reader.take(count * size, key)
    func load<Value: FixedWidthInteger>(_ index: Int, _ type: Value.Type) -> Value {
      Value(littleEndian: base.loadUnaligned(fromByteOffset: index * size, as: type))
    }
    func integers<Value: FixedWidthInteger>(_ type: Value.Type) -> MetadataValue {
      .integers((0..<count).map { Int64(truncatingIfNeeded: load($0, type)) })
    }
    return switch type {
    case 0: integers(UInt8.self)
    case 1: integers(Int8.self)
    case 2: integers(UInt16.self)
    case 3: integers(Int16.self)
    case 4: integers(UInt32.self)
    case 5: integers(Int32.self)
    case 6: .floats((0..<count).map { Float(bitPattern: load($0, UInt32.self)) })
    case 7: .bools((0..<count).map { load($0, UInt8.self) != 0 })
    case 10: integers(UInt64.self)
    case 11: integers(Int64.self)
    default: .floats((0..<count).map { Float(Double(bitPattern: load($0, UInt64.self))) })
    }
  }

  // MARK: The tensor directory

  private static func readDirectory(
    _ reader: inout ByteReader, count: Int, _ alignment: Int
  ) throws(CheckpointError) -> ([String], [String: Entry]) {
    let path = reader.file.path
    var names: [String] = []
    var found: [String: (type: UInt32, shape: [Int], offset: UInt64)] = [:]
    for _ in 0..<count {
      let name = try reader.string("a tensor's name")
      let rank = try reader.integer(UInt32.self, "the rank of \(name)")
      guard (1...4).contains(rank) else {
        throw CheckpointError(
          .malformed,
          "\(path): tensor \(name) has \(rank) dimensions (expected 1 to 4). "
            + "The file is damaged.")
      }
      var shape: [Int] = []
      for _ in 0..<rank {
        shape.insert(try reader.count(atMost: 1 << 40, "a dimension of \(name)"), at: 0)
      }
      let type = try reader.integer(UInt32.self, "the format of \(name)")
      let offset = try reader.integer(UInt64.self, "the offset of \(name)")
      guard found.updateValue((type, shape, offset), forKey: name) == nil else {
        throw CheckpointError(
          .malformed, "\(path): tensor \(name) occurs twice. The file is damaged.")
      }
      names.append(name)
    }
    let start = (reader.offset + alignment - 1) / alignment * alignment
    var entries: [String: Entry] = [:]
    for name in names {
      guard let (type, shape, offset) = found[name] else { continue }
      entries[name] = try check(name, type, shape, offset, start, reader.file)
    }
    return (names, entries)
  }

  private static func check(
    _ name: String, _ type: UInt32, _ shape: [Int], _ offset: UInt64, _ start: Int,
    _ file: MappedFile
  ) throws(CheckpointError) -> Entry {
    var count = 1
    for dimension in shape {
      let (product, overflows) = count.multipliedReportingOverflow(by: dimension)
      guard dimension > 0, !overflows, product <= 1 << 44 else {
        throw CheckpointError(
          .malformed,
          "\(file.path): tensor \(name) has the impossible shape \(shape). "
            + "The file is damaged.")
      }
      count = product
    }
    let format = BlockFormat(rawValue: type)
    if let format, let columns = shape.last, columns % format.blockSize != 0 {
      throw CheckpointError(
        .malformed,
        "\(file.path): tensor \(name) has rows of \(columns) elements (expected a multiple of "
          + "\(format.blockSize) for \(format.name)). The file is damaged.")
    }
    let size = format?.byteCount(count) ?? 0
    guard let offset = Int(exactly: offset), offset <= file.count - start,
      size <= file.count - start - offset
    else {
      throw CheckpointError(
        .truncated,
        "\(file.path): tensor \(name) lies outside the file (expected \(size) bytes at "
          + "\(offset), the file has \(max(0, file.count - start)) for tensors). "
          + "Fetch the file again.")
    }
    return Entry(type: type, shape: shape, offset: start + offset)
  }
}

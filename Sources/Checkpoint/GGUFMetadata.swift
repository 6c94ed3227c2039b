extension Metadata {
  /// Most elements of a list: sixty times the largest vocabularies.
  private static let mostElements = 1 << 24

  /// Reads the key-value pairs of a GGUF file.
  ///
  /// - Throws: ``CheckpointError`` with code `truncated` or `malformed`.
  init(_ reader: inout ByteReader, count: Int) throws(CheckpointError) {
    var values: [String: MetadataValue] = [:]
    for index in 0..<count {
      let key = try reader.name("the name of metadata key \(index)")
      let type = try Metadata.type(&reader, key)
      let value = try Metadata.value(&reader, type, key)
      guard values.updateValue(value, forKey: key) == nil else {
        throw CheckpointError(
          .malformed,
          "\(reader.file.path): metadata key \(key) occurs twice. The file is damaged.")
      }
    }
    path = reader.file.path
    self.values = values
  }

  private static func type(
    _ reader: inout ByteReader, _ key: String
  ) throws(CheckpointError) -> ValueType {
    let number = try reader.integer(UInt32.self, "the type of \(key)")
    if let type = ValueType(rawValue: number) { return type }
    throw CheckpointError(
      .malformed,
      "\(reader.file.path): metadata key \(key) has the unknown type \(number) (expected 0 to 12). "
        + "The file is damaged or too new.")
  }

  private static func value(
    _ reader: inout ByteReader, _ type: ValueType, _ key: String
  ) throws(CheckpointError) -> MetadataValue {
    switch type {
    case .uint8: return .unsigned(UInt64(try reader.integer(UInt8.self, key)))
    case .int8: return .signed(Int64(try reader.integer(Int8.self, key)))
    case .uint16: return .unsigned(UInt64(try reader.integer(UInt16.self, key)))
    case .int16: return .signed(Int64(try reader.integer(Int16.self, key)))
    case .uint32: return .unsigned(UInt64(try reader.integer(UInt32.self, key)))
    case .int32: return .signed(Int64(try reader.integer(Int32.self, key)))
    case .uint64: return .unsigned(try reader.integer(UInt64.self, key))
    case .int64: return .signed(try reader.integer(Int64.self, key))
    case .float32:
      return .float(Double(Float(bitPattern: try reader.integer(UInt32.self, key))))
    case .float64: return .float(Double(bitPattern: try reader.integer(UInt64.self, key)))
    case .bool:
      let byte = try reader.integer(UInt8.self, key)
      guard byte < 2 else {
        throw CheckpointError(
          .malformed,
          "\(reader.file.path): the boolean \(key) is \(byte) (expected 0 or 1). "
            + "The file is damaged.")
      }
      return .bool(byte == 1)
    case .string:
      let bytes = try reader.bytes(key)
      return String(validating: bytes, as: UTF8.self).map { .string($0) } ?? .undecodable
    case .list: return try list(&reader, key)
    }
  }

  private static func list(
    _ reader: inout ByteReader, _ key: String
  ) throws(CheckpointError) -> MetadataValue {
    let element = try type(&reader, "the elements of \(key)")
    guard element != .list else {
      throw CheckpointError(
        .malformed,
        "\(reader.file.path): metadata key \(key) is a list of lists (expected a list of plain "
          + "values). Convert the checkpoint again.")
    }
    let limit = min(mostElements, max(0, reader.remaining - 8) / element.size)
    let count = try reader.count(atMost: limit, "the length of \(key)")
    let file = reader.file
    if element == .string {
      return .strings(ByteStrings(file: file, starts: try reader.skipStrings(count, key)))
    }
    let start = reader.offset
    _ = try reader.take(count * element.size, key)
    return .numbers(NumberList(file: file, start: start, count: count, type: element))
  }
}

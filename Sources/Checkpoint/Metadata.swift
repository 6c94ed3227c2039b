/// A value of a file's metadata.
public enum MetadataValue: Sendable {
  case unsigned(UInt64)
  case signed(Int64)
  case float(Double)
  case bool(Bool)
  case string(String)
  case integers([Int64])
  case floats([Float])
  case bools([Bool])
  case strings(ByteStrings)

  /// What kind of value it is, for messages.
  var kind: String {
    switch self {
    case .unsigned, .signed: "an integer"
    case .float: "a number"
    case .bool: "a boolean"
    case .string: "a string"
    case .integers: "a list of integers"
    case .floats: "a list of numbers"
    case .bools: "a list of booleans"
    case .strings: "a list of strings"
    }
  }
}

// Safety: the bytes are read-only for the life of `file`.
/// A list of byte strings that stay in the mapped file: token pieces need not be UTF-8.
public struct ByteStrings: @unchecked Sendable {
  /// Number of strings.
  public var count: Int { starts.count }
  private let file: MappedFile
  private let starts: [Int]  // of the length before each string

  init(file: MappedFile, starts: [Int]) {
    self.file = file
    self.starts = starts
  }

  /// The bytes of a string, valid for as long as the list lives.
  public subscript(index: Int) -> UnsafeRawBufferPointer {
    let start = file.base + starts[index]
    let count = Int(UInt64(littleEndian: start.loadUnaligned(as: UInt64.self)))
    return UnsafeRawBufferPointer(start: start + 8, count: count)
  }
}

/// The metadata of a file; getters say which key of which file is missing or mistyped.
public struct Metadata: Sendable {
  let path: String
  let values: [String: MetadataValue]

  /// The keys, sorted.
  public var keys: [String] { values.keys.sorted() }

  /// The value of a key, if there is one.
  public subscript(key: String) -> MetadataValue? { values[key] }

  /// A string.
  public func string(_ key: String) throws(CheckpointError) -> String {
    try require(optionalString(key), key)
  }

  /// An integer.
  public func int(_ key: String) throws(CheckpointError) -> Int {
    try require(optionalInt(key), key)
  }

  /// A number.
  public func float(_ key: String) throws(CheckpointError) -> Double {
    try require(optionalFloat(key), key)
  }

  /// A string, or nil if the key is missing.
  public func optionalString(_ key: String) throws(CheckpointError) -> String? {
    switch values[key] {
    case nil: nil
    case .string(let value)?: value
    case let value?: throw mistyped(key, "a string", value)
    }
  }

  /// An integer of any width, or nil if the key is missing.
  public func optionalInt(_ key: String) throws(CheckpointError) -> Int? {
    switch values[key] {
    case nil: return nil
    case .unsigned(let value)?:
      if let value = Int(exactly: value) { return value }
      throw CheckpointError(
        .malformed, "\(path): \(key) is \(value), which no size can be. The file is damaged.")
    case .signed(let value)?: return Int(value)
    case let value?: throw mistyped(key, "an integer", value)
    }
  }

  /// A number, integers included, or nil if the key is missing.
  public func optionalFloat(_ key: String) throws(CheckpointError) -> Double? {
    switch values[key] {
    case nil: nil
    case .float(let value)?: value
    case .unsigned(let value)?: Double(value)
    case .signed(let value)?: Double(value)
    case let value?: throw mistyped(key, "a number", value)
    }
  }

  /// A boolean, or nil if the key is missing.
  public func optionalBool(_ key: String) throws(CheckpointError) -> Bool? {
    switch values[key] {
    case nil: nil
    case .bool(let value)?: value
    case let value?: throw mistyped(key, "a boolean", value)
    }
  }

  /// A list of numbers, or nil if the key is missing.
  public func optionalFloats(_ key: String) throws(CheckpointError) -> [Float]? {
    switch values[key] {
    case nil: nil
    case .floats(let value)?: value
    case let value?: throw mistyped(key, "a list of numbers", value)
    }
  }

  /// A list of integers, or nil if the key is missing.
  public func optionalIntegers(_ key: String) throws(CheckpointError) -> [Int64]? {
    switch values[key] {
    case nil: nil
    case .integers(let value)?: value
    case let value?: throw mistyped(key, "a list of integers", value)
    }
  }

  /// A list of byte strings, or nil if the key is missing.
  public func optionalStrings(_ key: String) throws(CheckpointError) -> ByteStrings? {
    switch values[key] {
    case nil: nil
    case .strings(let value)?: value
    case let value?: throw mistyped(key, "a list of strings", value)
    }
  }

  private func require<Value>(_ value: Value?, _ key: String) throws(CheckpointError) -> Value {
    if let value { return value }
    throw CheckpointError(
      .missingKey, "\(path): metadata key \(key) is missing. Convert the checkpoint again.")
  }

  private func mistyped(
    _ key: String, _ expected: String, _ found: MetadataValue
  )
    -> CheckpointError
  {
    CheckpointError(
      .wrongType,
      "\(path): metadata key \(key) is \(found.kind) (expected \(expected)). "
        + "Convert the checkpoint again.")
  }
}

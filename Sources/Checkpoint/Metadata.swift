/// The metadata of a file; getters say which key of which file is missing or mistyped.
public struct Metadata: Sendable {
  let path: String
  let values: [String: MetadataValue]

  /// The keys, sorted.
  public var keys: [String] { values.keys.sorted() }

  /// The value of a key, if there is one.
  public subscript(key: String) -> MetadataValue? { values[key] }

  // MARK: Values that must be there

  /// A string.
  ///
  /// - Throws: ``CheckpointError`` with code `missingKey` or `wrongType`.
  public func string(_ key: String) throws(CheckpointError) -> String {
    try require(optionalString(key), key)
  }

  /// An integer of any width.
  ///
  /// - Throws: ``CheckpointError`` with code `missingKey` or `wrongType`.
  public func int(_ key: String) throws(CheckpointError) -> Int {
    try require(optionalInt(key), key)
  }

  /// A number, integers included.
  ///
  /// - Throws: ``CheckpointError`` with code `missingKey` or `wrongType`.
  public func float(_ key: String) throws(CheckpointError) -> Double {
    try require(optionalFloat(key), key)
  }

  /// A boolean.
  ///
  /// - Throws: ``CheckpointError`` with code `missingKey` or `wrongType`.
  public func bool(_ key: String) throws(CheckpointError) -> Bool {
    try require(optionalBool(key), key)
  }

  /// A list of byte strings.
  ///
  /// - Throws: ``CheckpointError`` with code `missingKey` or `wrongType`.
  public func strings(_ key: String) throws(CheckpointError) -> ByteStrings {
    try require(optionalStrings(key), key)
  }

  /// A list of integers of any width.
  ///
  /// - Throws: ``CheckpointError`` with code `missingKey` or `wrongType`.
  public func integers(_ key: String) throws(CheckpointError) -> [Int64] {
    try require(optionalIntegers(key), key)
  }

  /// A list of floating-point numbers.
  ///
  /// - Throws: ``CheckpointError`` with code `missingKey` or `wrongType`.
  public func floats(_ key: String) throws(CheckpointError) -> [Float] {
    try require(optionalFloats(key), key)
  }

  // MARK: Values that may be missing

  /// A string, or nil if the key is missing.
  ///
  /// - Throws: ``CheckpointError`` with code `wrongType`, also for a string that is not UTF-8.
  public func optionalString(_ key: String) throws(CheckpointError) -> String? {
    switch values[key] {
    case nil: nil
    case .string(let value)?: value
    case let value?: throw mistyped(key, "a string", value)
    }
  }

  /// An integer of any width, or nil if the key is missing.
  ///
  /// - Throws: ``CheckpointError`` with code `wrongType`, or `malformed` from 2^63 on.
  public func optionalInt(_ key: String) throws(CheckpointError) -> Int? {
    switch values[key] {
    case nil: return nil
    case .unsigned(let value)?:
      if let value = Int(exactly: value) { return value }
      throw CheckpointError(
        .malformed, "\(path): \(key) is \(value) (expected less than 2^63). The file is damaged.")
    case .signed(let value)?: return Int(value)
    case let value?: throw mistyped(key, "an integer", value)
    }
  }

  /// A number, integers included, or nil if the key is missing.
  ///
  /// - Throws: ``CheckpointError`` with code `wrongType`.
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
  ///
  /// - Throws: ``CheckpointError`` with code `wrongType`.
  public func optionalBool(_ key: String) throws(CheckpointError) -> Bool? {
    switch values[key] {
    case nil: nil
    case .bool(let value)?: value
    case let value?: throw mistyped(key, "a boolean", value)
    }
  }

  /// A list of byte strings, or nil if the key is missing.
  ///
  /// - Throws: ``CheckpointError`` with code `wrongType`.
  public func optionalStrings(_ key: String) throws(CheckpointError) -> ByteStrings? {
    switch values[key] {
    case nil: nil
    case .strings(let value)?: value
    case let value?: throw mistyped(key, "a list of strings", value)
    }
  }

  /// A list of integers of any width, or nil if the key is missing.
  ///
  /// - Throws: ``CheckpointError`` with code `wrongType`, or `malformed` from 2^63 on.
  public func optionalIntegers(_ key: String) throws(CheckpointError) -> [Int64]? {
    try optionalNumbers(key, "a list of integers") { $0.integers() }
  }

  /// A list of floating-point numbers, or nil if the key is missing.
  ///
  /// - Throws: ``CheckpointError`` with code `wrongType`.
  public func optionalFloats(_ key: String) throws(CheckpointError) -> [Float]? {
    try optionalNumbers(key, "a list of numbers") { $0.floats() }
  }

  /// A list of booleans, or nil if the key is missing.
  ///
  /// - Throws: ``CheckpointError`` with code `wrongType`, or `malformed` for bytes other than 0
  ///   and 1.
  public func optionalBools(_ key: String) throws(CheckpointError) -> [Bool]? {
    try optionalNumbers(key, "a list of booleans") { $0.bools() }
  }

  // MARK: Errors

  private func optionalNumbers<Value>(
    _ key: String, _ expected: String, _ decode: (NumberList) -> [Value]?
  ) throws(CheckpointError) -> [Value]? {
    guard let value = values[key] else { return nil }
    guard case .numbers(let list) = value, value.kind == expected else {
      throw mistyped(key, expected, value)
    }
    if let numbers = decode(list) { return numbers }
    throw CheckpointError(
      .malformed,
      "\(path): metadata key \(key) has an element out of range (expected \(expected)). "
        + "The file is damaged.")
  }

  private func require<Value>(_ value: Value?, _ key: String) throws(CheckpointError) -> Value {
    if let value { return value }
    throw CheckpointError(
      .missingKey, "\(path): metadata key \(key) is missing. Convert the checkpoint again.")
  }

  private func mistyped(
    _ key: String, _ expected: String, _ found: MetadataValue
  ) -> CheckpointError {
    CheckpointError(
      .wrongType,
      "\(path): metadata key \(key) has the wrong type (expected \(expected), found "
        + "\(found.kind)). Convert the checkpoint again.")
  }
}

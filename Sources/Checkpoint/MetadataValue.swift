/// A value of a file's metadata.
///
/// Lists stay in the mapped file until they are asked for.
public enum MetadataValue: Sendable {
  /// An integer that is stored without a sign.
  case unsigned(UInt64)
  /// An integer that is stored with a sign.
  case signed(Int64)
  /// A floating-point number.
  case float(Double)
  /// A truth value.
  case bool(Bool)
  /// A text.
  case string(String)
  /// A text that is not UTF-8.
  case undecodable
  /// A list of integers, floating-point numbers or truth values.
  case numbers(NumberList)
  /// A list of byte strings.
  case strings(ByteStrings)

  /// What kind of value it is, in words; lists of one kind have one name.
  var kind: String {
    switch self {
    case .unsigned, .signed: "an integer"
    case .float: "a number"
    case .bool: "a boolean"
    case .string: "a string"
    case .undecodable: "a string that is not UTF-8"
    case .numbers(let list):
      switch list.type {
      case .bool: "a list of booleans"
      case .float32, .float64: "a list of numbers"
      default: "a list of integers"
      }
    case .strings: "a list of strings"
    }
  }
}

/// A list of byte strings that stay in the mapped file: token pieces need not be UTF-8.
public struct ByteStrings: RandomAccessCollection, Sendable {
  /// The first index, 0.
  public var startIndex: Int { 0 }
  /// The number of strings.
  public var endIndex: Int { starts.count }
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

/// A list of numbers that stay in the mapped file.
public struct NumberList: Sendable {
  /// Number of elements.
  public let count: Int
  let type: ValueType
  private let file: MappedFile
  private let start: Int

  init(file: MappedFile, start: Int, count: Int, type: ValueType) {
    self.file = file
    self.start = start
    self.count = count
    self.type = type
  }

  /// The elements as integers, or nil if they are something else or one exceeds 2^63 − 1.
  func integers() -> [Int64]? {
    switch type {
    case .uint8: map(UInt8.self) { Int64($0) }
    case .int8: map(Int8.self) { Int64($0) }
    case .uint16: map(UInt16.self) { Int64($0) }
    case .int16: map(Int16.self) { Int64($0) }
    case .uint32: map(UInt32.self) { Int64($0) }
    case .int32: map(Int32.self) { Int64($0) }
    case .int64: map(Int64.self) { $0 }
    case .uint64: map(UInt64.self) { Int64(exactly: $0) }
    case .float32, .float64, .bool, .string, .list: nil
    }
  }

  /// The elements as float32, or nil if they are not floating-point numbers.
  func floats() -> [Float]? {
    switch type {
    case .float32: map(UInt32.self) { Float(bitPattern: $0) }
    case .float64: map(UInt64.self) { Float(Double(bitPattern: $0)) }
    default: nil
    }
  }

  /// The elements as truth values, or nil if they are something else or one is not 0 or 1.
  func bools() -> [Bool]? {
    guard type == .bool else { return nil }
    return map(UInt8.self) { $0 < 2 ? $0 == 1 : nil }
  }

  private func map<Stored: FixedWidthInteger & BitwiseCopyable, Value>(
    _ stored: Stored.Type, _ convert: (Stored) -> Value?
  ) -> [Value]? {
    var values: [Value] = []
    values.reserveCapacity(count)
    for index in 0..<count {
      let offset = start + index * MemoryLayout<Stored>.size
      let raw = file.base.loadUnaligned(fromByteOffset: offset, as: Stored.self)
      guard let value = convert(Stored(littleEndian: raw)) else { return nil }
      values.append(value)
    }
    return values
  }
}

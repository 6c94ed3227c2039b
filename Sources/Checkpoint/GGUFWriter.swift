public import Kernels

/// Writes GGUF version 3 files: control vectors, and the models of tests.
///
/// The same content gives the same bytes. Laid out as gguf-py does it: keys and tensors in the
/// order in which they were set, tensors aligned to 32 bytes, zeros in between.
///
/// Setting a key or adding a tensor twice is a bug of the caller and stops the process.
public struct GGUFWriter: Sendable {
  private static let alignment = 32
  private var metadata: [UInt8] = []
  private var keys: Set<String> = []
  private var names: Set<String> = []
  private var tensors: [(name: String, shape: [Int], format: BlockFormat, bytes: [UInt8])] = []

  /// Starts an empty file.
  public init() {}

  // MARK: Metadata

  /// Sets a string.
  public mutating func set(_ key: String, _ value: String) {
    begin(key, .string)
    metadata.append(string: value.utf8)
  }

  /// Sets an integer, stored in the width of its type.
  public mutating func set<Value: FixedWidthInteger>(_ key: String, _ value: Value) {
    begin(key, ValueType(Value.self))
    metadata.append(integer: value)
  }

  /// Sets a float32.
  public mutating func set(_ key: String, _ value: Float) {
    begin(key, .float32)
    metadata.append(integer: value.bitPattern)
  }

  /// Sets a float64.
  public mutating func set(_ key: String, _ value: Double) {
    begin(key, .float64)
    metadata.append(integer: value.bitPattern)
  }

  /// Sets a boolean.
  public mutating func set(_ key: String, _ value: Bool) {
    begin(key, .bool)
    metadata.append(value ? 1 : 0)
  }

  /// Sets a list of strings.
  public mutating func set(_ key: String, _ values: [String]) {
    beginList(key, .string, count: values.count)
    for value in values { metadata.append(string: value.utf8) }
  }

  /// Sets a list of byte strings, which need not be UTF-8.
  public mutating func set(_ key: String, _ values: [[UInt8]]) {
    beginList(key, .string, count: values.count)
    for value in values { metadata.append(string: value) }
  }

  /// Sets a list of integers, stored in the width of their type.
  public mutating func set<Value: FixedWidthInteger>(_ key: String, _ values: [Value]) {
    beginList(key, ValueType(Value.self), count: values.count)
    for value in values { metadata.append(integer: value) }
  }

  /// Sets a list of float32.
  public mutating func set(_ key: String, _ values: [Float]) {
    beginList(key, .float32, count: values.count)
    metadata += GGUFWriter.bytes(of: values)
  }

  /// Sets a list of booleans.
  public mutating func set(_ key: String, _ values: [Bool]) {
    beginList(key, .bool, count: values.count)
    metadata += values.map { $0 ? 1 : 0 }
  }

  // MARK: Tensors

  /// Adds a tensor of float32.
  ///
  /// - Parameters:
  ///   - name: The tensor's name.
  ///   - shape: One to four dimensions, outermost first, none of them 0.
  ///   - floats: The elements, outermost dimension first.
  public mutating func add(_ name: String, shape: [Int], floats: [Float]) {
    add(name, shape: shape, format: .f32, bytes: GGUFWriter.bytes(of: floats))
  }

  /// Adds a tensor of encoded blocks.
  ///
  /// - Parameters:
  ///   - name: The tensor's name.
  ///   - shape: One to four dimensions, outermost first, none of them 0.
  ///   - format: How the elements are encoded; rows are whole blocks.
  ///   - bytes: The blocks, outermost dimension first.
  public mutating func add(_ name: String, shape: [Int], format: BlockFormat, bytes: [UInt8]) {
    precondition((1...4).contains(shape.count) && !shape.contains { $0 < 1 }, "\(name): \(shape)")
    precondition(shape[shape.count - 1] % format.blockSize == 0, "\(name): rows of half blocks")
    precondition(
      bytes.count == format.byteCount(shape.reduce(1, *)), "\(name): bytes do not fill \(shape)")
    precondition(names.insert(name).inserted, "\(name) is added twice")
    tensors.append((name, shape, format, bytes))
  }

  // MARK: The file

  /// The file's bytes.
  public func encoded() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(integer: GGUF.magic)
    bytes.append(integer: UInt32(3))
    bytes.append(integer: UInt64(tensors.count))
    bytes.append(integer: UInt64(keys.count))
    bytes += metadata
    var offset = 0
    for tensor in tensors {
      bytes.append(string: tensor.name.utf8)
      bytes.append(integer: UInt32(tensor.shape.count))
      for dimension in tensor.shape.reversed() { bytes.append(integer: UInt64(dimension)) }
      bytes.append(integer: tensor.format.rawValue)
      bytes.append(integer: UInt64(offset))
      offset += GGUFWriter.padded(tensor.bytes.count)
    }
    bytes.pad(to: GGUFWriter.padded(bytes.count))
    for tensor in tensors {
      bytes += tensor.bytes
      bytes.pad(to: GGUFWriter.padded(bytes.count))
    }
    return bytes
  }

  /// Writes the file; it appears whole, or not at all.
  ///
  /// - Throws: ``CheckpointError`` with code `unwritable`: no such folder, no permission, no room.
  public func write(to path: String) throws(CheckpointError) {
    try AtomicFile.replace(path, with: encoded())
  }

  // MARK: Encoding

  private mutating func begin(_ key: String, _ type: ValueType) {
    precondition(keys.insert(key).inserted, "\(key) is set twice")
    metadata.append(string: key.utf8)
    metadata.append(integer: type.rawValue)
  }

  private mutating func beginList(_ key: String, _ type: ValueType, count: Int) {
    begin(key, .list)
    metadata.append(integer: type.rawValue)
    metadata.append(integer: UInt64(count))
  }

  private static func padded(_ count: Int) -> Int {
    (count + alignment - 1) / alignment * alignment
  }

  private static func bytes(of values: [Float]) -> [UInt8] {
    values.map { $0.bitPattern.littleEndian }.withUnsafeBytes { Array($0) }
  }
}

extension [UInt8] {
  fileprivate mutating func append(integer value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  fileprivate mutating func append(string bytes: some Collection<UInt8>) {
    append(integer: UInt64(bytes.count))
    append(contentsOf: bytes)
  }

  fileprivate mutating func pad(to count: Int) {
    append(contentsOf: repeatElement(0, count: count - self.count))
  }
}

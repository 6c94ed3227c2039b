public import Kernels

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Writes GGUF version 3 files: control vectors, and the models of tests.
///
/// The same content gives the same bytes. Laid out as gguf-py does it: keys in the order in which
/// they were set, tensors aligned to 32 bytes.
public struct GGUFWriter {
  private static let alignment = 32
  private var metadata: [UInt8] = []
  private var keys: Set<String> = []
  private var tensors: [(name: String, shape: [Int], format: BlockFormat, bytes: [UInt8])] = []

  /// Starts an empty file.
  public init() {}

  /// Sets a string.
  public mutating func set(_ key: String, _ value: String) {
    begin(key, type: 8)
    GGUFWriter.append(value, to: &metadata)
  }

  /// Sets an unsigned integer.
  public mutating func set(_ key: String, _ value: UInt32) {
    begin(key, type: 4)
    GGUFWriter.append(value, to: &metadata)
  }

  /// Sets a number.
  public mutating func set(_ key: String, _ value: Float) {
    begin(key, type: 6)
    GGUFWriter.append(value.bitPattern, to: &metadata)
  }

  /// Sets a boolean.
  public mutating func set(_ key: String, _ value: Bool) {
    begin(key, type: 7)
    metadata.append(value ? 1 : 0)
  }

  /// Sets a list of numbers.
  public mutating func set(_ key: String, _ values: [Float]) {
    beginList(key, type: 6, count: values.count)
    for value in values { GGUFWriter.append(value.bitPattern, to: &metadata) }
  }

  /// Sets a list of integers.
  public mutating func set(_ key: String, _ values: [Int32]) {
    beginList(key, type: 5, count: values.count)
    for value in values { GGUFWriter.append(value, to: &metadata) }
  }

  /// Sets a list of strings.
  public mutating func set(_ key: String, _ values: [String]) {
    beginList(key, type: 8, count: values.count)
    for value in values { GGUFWriter.append(value, to: &metadata) }
  }

  /// Adds a tensor of float32; `shape` is outermost dimension first.
  public mutating func add(_ name: String, shape: [Int], floats: [Float]) {
    precondition(floats.count == shape.reduce(1, *), "\(name): elements do not fill \(shape)")
    var bytes: [UInt8] = []
    bytes.reserveCapacity(floats.count * 4)
    for value in floats { GGUFWriter.append(value.bitPattern, to: &bytes) }
    tensors.append((name, shape, .f32, bytes))
  }

  /// Adds a tensor of encoded blocks; `shape` is outermost dimension first.
  public mutating func add(_ name: String, shape: [Int], format: BlockFormat, bytes: [UInt8]) {
    precondition(
      bytes.count == format.byteCount(shape.reduce(1, *)), "\(name): bytes do not fill \(shape)")
    tensors.append((name, shape, format, bytes))
  }

  /// The file's bytes.
  public func encoded() -> [UInt8] {
    var bytes: [UInt8] = []
    GGUFWriter.append(UInt32(0x4655_4747), to: &bytes)
    GGUFWriter.append(UInt32(3), to: &bytes)
    GGUFWriter.append(UInt64(tensors.count), to: &bytes)
    GGUFWriter.append(UInt64(keys.count), to: &bytes)
    bytes += metadata
    var offset = 0
    for tensor in tensors {
      GGUFWriter.append(tensor.name, to: &bytes)
      GGUFWriter.append(UInt32(tensor.shape.count), to: &bytes)
      for dimension in tensor.shape.reversed() { GGUFWriter.append(UInt64(dimension), to: &bytes) }
      GGUFWriter.append(tensor.format.rawValue, to: &bytes)
      GGUFWriter.append(UInt64(offset), to: &bytes)
      offset += GGUFWriter.padded(tensor.bytes.count)
    }
    for tensor in tensors {
      bytes += repeatElement(0, count: GGUFWriter.padded(bytes.count) - bytes.count)
      bytes += tensor.bytes
    }
    return bytes + repeatElement(0, count: GGUFWriter.padded(bytes.count) - bytes.count)
  }

  /// Writes the file; it appears whole, or not at all.
  ///
  /// - Throws: ``CheckpointError`` with code `unwritable`: no such folder, no permission, no room.
  public func write(to path: String) throws(CheckpointError) {
    let bytes = encoded()
    let temporary = "\(path).\(getpid()).part"
    func failure(_ doing: String) -> CheckpointError {
      let reason = String(cString: strerror(errno))
      unlink(temporary)
      return CheckpointError(
        .unwritable,
        "\(path): cannot be \(doing) (\(reason)). Check the folder, its permissions and the room "
          + "on the disk.")
    }
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure("created") }
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        Glibc.write(descriptor, buffer.baseAddress.map { $0 + written }, bytes.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let error = failure("written")
        close(descriptor)
        throw error
      }
      written += count
    }
    guard fsync(descriptor) == 0, close(descriptor) == 0 else { throw failure("written") }
    guard rename(temporary, path) == 0 else { throw failure("put in place") }
  }

  // MARK: Encoding

  private mutating func begin(_ key: String, type: UInt32) {
    precondition(keys.insert(key).inserted, "\(key) is set twice")
    GGUFWriter.append(key, to: &metadata)
    GGUFWriter.append(type, to: &metadata)
  }

  private mutating func beginList(_ key: String, type: UInt32, count: Int) {
    begin(key, type: 9)
    GGUFWriter.append(type, to: &metadata)
    GGUFWriter.append(UInt64(count), to: &metadata)
  }

  private static func padded(_ count: Int) -> Int {
    (count + alignment - 1) / alignment * alignment
  }

  private static func append<Value: FixedWidthInteger>(_ value: Value, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  private static func append(_ string: String, to bytes: inout [UInt8]) {
    append(UInt64(string.utf8.count), to: &bytes)
    bytes += Array(string.utf8)
  }
}

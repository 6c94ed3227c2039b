/// Goes through the bytes of a pickle, never past its end.
struct PickleCursor {
  /// The file's path, for messages.
  var path: String { file.path }
  /// Where the byte lies that ``byte()`` gave last, counted from the pickle's start.
  private(set) var last = 0
  private let file: MappedFile
  private let place: Range<Int>
  private var offset: Int

  /// The longest name of a module or function.
  private static let longestName = 256

  init(_ file: MappedFile, _ place: Range<Int>) {
    self.file = file
    self.place = place
    offset = place.lowerBound
  }

  /// The next opcode.
  mutating func byte() throws(CheckpointError) -> UInt8 {
    last = offset - place.lowerBound
    return try integer(UInt8.self)
  }

  /// A little-endian integer.
  mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type
  ) throws(CheckpointError) -> Value {
    let bytes = try take(UInt64(MemoryLayout<Value>.size))
    guard let base = bytes.baseAddress else { throw damaged("ends early") }
    return Value(littleEndian: base.loadUnaligned(as: Value.self))
  }

  /// An integer of any number of bytes, two's complement; above 2^63 is an error.
  mutating func long(_ count: Int) throws(CheckpointError) -> Int {
    let bytes = try take(UInt64(count))
    guard count <= 8 else { throw damaged("an integer of \(count) bytes") }
    guard let top = bytes.last else { return 0 }
    var value: UInt64 = top >= 0x80 ? .max : 0
    for byte in bytes.reversed() { value = value << 8 | UInt64(byte) }
    return Int(Int64(bitPattern: value))
  }

  /// A text of a number of bytes.
  mutating func text(_ count: UInt64) throws(CheckpointError) -> String {
    guard let text = String(validating: try take(count), as: UTF8.self) else {
      throw damaged("a text that is not UTF-8")
    }
    return text
  }

  /// The name of a module or function, up to the end of the line.
  mutating func line() throws(CheckpointError) -> String {
    let rest = UnsafeRawBufferPointer(
      start: file.base + offset, count: min(place.upperBound - offset, PickleCursor.longestName))
    guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
      throw damaged("a name without end")
    }
    let text = try text(UInt64(end))
    offset += 1
    return text
  }

  private mutating func take(_ count: UInt64) throws(CheckpointError) -> UnsafeRawBufferPointer {
    guard count <= UInt64(place.upperBound - offset) else {
      throw CheckpointError(
        .truncated,
        "\(path): its pickle ends early (expected \(count) bytes at \(offset - place.lowerBound)). "
          + "Fetch the file again.")
    }
    defer { offset += Int(count) }
    return UnsafeRawBufferPointer(start: file.base + offset, count: Int(count))
  }

  /// The error for a pickle that contradicts itself.
  func damaged(_ what: String) -> CheckpointError {
    CheckpointError(
      .malformed, "\(path): its pickle is wrong at byte \(last): \(what). The file is damaged.")
  }
}

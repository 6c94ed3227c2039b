/// Reads little-endian values from a mapped file, one after the other, never past its end.
///
/// What is read is named by the caller, for the message; the name is only made when it is needed.
struct ByteReader {
  let file: MappedFile
  private(set) var offset = 0

  init(_ file: MappedFile) { self.file = file }

  /// Bytes that are left.
  var remaining: Int { file.count - offset }

  /// Moves on by `count` bytes and returns where they begin.
  mutating func take(
    _ count: Int, _ what: @autoclosure () -> String
  ) throws(CheckpointError) -> UnsafeRawPointer {
    guard count >= 0, count <= remaining else {
      throw CheckpointError(
        .truncated,
        "\(file.path): ends inside \(what()) (expected \(count) bytes at \(offset), found "
          + "\(remaining)). Fetch the file again.")
    }
    defer { offset += count }
    return file.base + offset
  }

  /// An integer, at any alignment.
  mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type, _ what: @autoclosure () -> String
  ) throws(CheckpointError) -> Value {
    let bytes = try take(MemoryLayout<Value>.size, what())
    return Value(littleEndian: bytes.loadUnaligned(as: Value.self))
  }

  /// A 64-bit count that must be from 0 to `limit`.
  mutating func count(
    atMost limit: Int, _ what: @autoclosure () -> String
  ) throws(CheckpointError) -> Int {
    let raw = try integer(UInt64.self, what())
    guard let value = Int(exactly: raw), value <= limit else {
      throw CheckpointError(
        .malformed,
        "\(file.path): \(what()) is \(raw) (expected at most \(limit)). The file is damaged; fetch it again."
      )
    }
    return value
  }

  /// A string with its 64-bit length before it; its bytes need not be UTF-8.
  mutating func bytes(
    _ what: @autoclosure () -> String
  ) throws(CheckpointError) -> UnsafeRawBufferPointer {
    let length = try integer(UInt64.self, "the length of \(what())")
    guard length <= UInt64(remaining) else {
      throw CheckpointError(
        .truncated,
        "\(file.path): ends inside \(what()) (expected \(length) bytes at \(offset), found "
          + "\(remaining)). Fetch the file again.")
    }
    return UnsafeRawBufferPointer(start: try take(Int(length), what()), count: Int(length))
  }

  /// The name of a key or tensor: UTF-8, at most 64 KB.
  mutating func name(_ what: @autoclosure () -> String) throws(CheckpointError) -> String {
    let bytes = try bytes(what())
    guard bytes.count <= 65_535, let name = String(validating: bytes, as: UTF8.self) else {
      throw CheckpointError(
        .malformed,
        "\(file.path): \(what()) is not a name (expected at most 65535 bytes of UTF-8). "
          + "The file is damaged; fetch it again.")
    }
    return name
  }

  /// Moves past `count` strings and returns where each begins, length first.
  mutating func skipStrings(
    _ count: Int, _ what: @autoclosure () -> String
  ) throws(CheckpointError) -> [Int] {
    var starts: [Int] = []
    starts.reserveCapacity(count)
    // One bounds check for each string, and no call into generic code: vocabularies are long.
    let (base, end) = (file.base, file.count)
    var at = offset
    for index in 0..<count {
      let room = end - at - 8
      guard room >= 0,
        case let length = UInt64(littleEndian: (base + at).loadUnaligned(as: UInt64.self)),
        length <= UInt64(room)
      else {
        throw CheckpointError(
          .truncated,
          "\(file.path): ends inside element \(index) of \(what()), at byte \(at). "
            + "Fetch the file again.")
      }
      starts.append(at)
      at += 8 + Int(length)
    }
    offset = at
    return starts
  }
}

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

// Safety: the memory is read-only from the end of `init` to `deinit`.
/// The bytes of a file, mapped read-only for as long as the object lives.
///
/// A file that somebody shortens meanwhile ends the process with SIGBUS, as any mapped file does:
/// replace checkpoints by renaming, as casthost does itself.
public final class MappedFile: @unchecked Sendable {
  /// The file's path, as it was given.
  public let path: String
  /// First byte.
  public let base: UnsafeRawPointer
  /// Number of bytes.
  public let count: Int

  /// Maps a regular file.
  ///
  /// - Throws: ``CheckpointError`` with code `unreadable` if it is missing, not a regular file, or
  ///   may not be read, and `truncated` if it is empty.
  public init(_ path: String) throws(CheckpointError) {
    // Non-blocking, so that a named pipe without a writer is refused rather than waited for.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw CheckpointError(
        .unreadable,
        "\(path): cannot be opened (\(String(cString: strerror(errno)))). Check the path.")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw CheckpointError(
        .unreadable, "\(path): not a regular file (expected a file of weights). Check the path.")
    }
    guard status.st_size > 0 else {
      throw CheckpointError(.truncated, "\(path): the file is empty. Fetch or write it again.")
    }
    let size = Int(status.st_size)
    guard let memory = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0),
      memory != MAP_FAILED
    else {
      throw CheckpointError(
        .unreadable,
        "\(path): cannot be mapped (\(String(cString: strerror(errno)))). Free some memory.")
    }
    self.path = path
    base = UnsafeRawPointer(memory)
    count = size
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: base), count) }
}

/// Reads little-endian values from a mapped file, one after the other, never past its end.
struct ByteReader {
  let file: MappedFile
  private(set) var offset = 0

  init(_ file: MappedFile) { self.file = file }

  /// Bytes that are left.
  var remaining: Int { file.count - offset }

  /// Moves on by `count` bytes and returns where they begin.
  mutating func take(_ count: Int, _ what: String) throws(CheckpointError) -> UnsafeRawPointer {
    guard count >= 0, count <= remaining else {
      throw CheckpointError(
        .truncated,
        "\(file.path): ends inside \(what) (expected \(count) bytes at \(offset), found "
          + "\(remaining)). Fetch the file again.")
    }
    defer { offset += count }
    return file.base + offset
  }

  mutating func integer<Value: FixedWidthInteger>(
    _ type: Value.Type, _ what: String
  ) throws(CheckpointError) -> Value {
    Value(
      littleEndian: try take(MemoryLayout<Value>.size, what).loadUnaligned(as: Value.self))
  }

  /// A 64-bit count or offset that must be from 0 to `limit`.
  mutating func count(atMost limit: Int, _ what: String) throws(CheckpointError) -> Int {
    let raw = try integer(UInt64.self, what)
    guard let value = Int(exactly: raw), value <= limit else {
      throw CheckpointError(
        .malformed,
        "\(file.path): \(what) is \(raw) (expected at most \(limit)). The file is damaged.")
    }
    return value
  }

  /// A string with its 64-bit length before it.
  mutating func bytes(_ what: String) throws(CheckpointError) -> UnsafeRawBufferPointer {
    let count = try count(atMost: remaining, "the length of \(what)")
    return UnsafeRawBufferPointer(start: try take(count, what), count: count)
  }

  mutating func string(_ what: String) throws(CheckpointError) -> String {
    let bytes = try bytes(what)
    guard let string = String(validating: bytes, as: UTF8.self) else {
      throw CheckpointError(
        .malformed, "\(file.path): \(what) is not UTF-8. The file is damaged.")
    }
    return string
  }
}

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

// Safety: the memory is read-only from the end of `init` to `deinit`.
/// The bytes of a file, mapped read-only for as long as the object lives.
///
/// The size is that of the moment of opening. A file that somebody shortens meanwhile ends the
/// process with SIGBUS, as any mapped file does: replace checkpoints by renaming, as casthost does
/// itself.
public final class MappedFile: @unchecked Sendable {
  /// The file's path, as it was given.
  public let path: String
  /// First byte; the start of a page.
  public let base: UnsafeRawPointer
  /// Number of bytes, at least one.
  public let count: Int
  private let mapping: UnsafeMutableRawBufferPointer
  /// Whether dropped pages come back from a file.
  private let isFileBacked: Bool

  /// Maps a regular file.
  ///
  /// - Throws: ``CheckpointError`` with code `unreadable` if it is missing, not a regular file, or
  ///   may not be read, and `truncated` if it is empty.
  public init(_ path: String) throws(CheckpointError) {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw CheckpointError(
        .unreadable, "'\(path)': not the path of a file (expected text without NUL).")
    }
    // Non-blocking, so that a named pipe without a writer is refused rather than waited for.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let reason = systemReason()
      throw CheckpointError(
        .unreadable, "\(path): cannot be opened (\(reason)). Check the path.", cause: reason)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      throw CheckpointError(
        .unreadable,
        "\(path): not a regular file (expected a file of weights, found "
          + "\(isFolder ? "a folder" : "a device or pipe")). Check the path.")
    }
    guard status.st_size > 0 else {
      throw CheckpointError(.truncated, "\(path): the file is empty. Fetch or write it again.")
    }
    let size = Int(status.st_size)
    guard let memory = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0),
      memory != MAP_FAILED
    else {
      let reason = systemReason()
      throw CheckpointError(
        .unreadable, "\(path): cannot be mapped (\(reason)). Free some memory.", cause: reason)
    }
    self.path = path
    base = UnsafeRawPointer(memory)
    count = size
    mapping = UnsafeMutableRawBufferPointer(start: memory, count: size)
    isFileBacked = true
  }

  /// Takes over a mapping that holds `bytes`; tests put a guard page behind them.
  package init(
    path: String, mapping: UnsafeMutableRawBufferPointer, bytes: UnsafeRawBufferPointer
  ) {
    guard let first = bytes.baseAddress else { preconditionFailure("a file has a first byte") }
    self.path = path
    base = first
    count = bytes.count
    self.mapping = mapping
    isFileBacked = false
  }

  deinit { munmap(mapping.baseAddress, mapping.count) }

  /// The whole file as text.
  ///
  /// - Throws: ``CheckpointError`` with code `malformed` where it is not UTF-8.
  func text() throws(CheckpointError) -> String {
    let bytes = UnsafeRawBufferPointer(start: base, count: count)
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    throw CheckpointError(.malformed, "\(path): not UTF-8 text. The file is damaged.")
  }

  /// Whether there is a file that may be read.
  static func exists(_ path: String) -> Bool { access(path, R_OK) == 0 }

  /// Lets the system drop the pages that lie wholly within `count` bytes at `start`.
  ///
  /// A later read fetches them from the file again, so nothing changes but the memory in use.
  func release(_ start: UnsafeRawPointer, count: Int) {
    guard isFileBacked else { return }
    let page = sysconf(Int32(_SC_PAGESIZE))
    let offset = start - base
    let first = (offset + page - 1) / page * page
    let end = (offset + count) / page * page
    guard page > 0, offset >= 0, end > first, end <= self.count else { return }
    madvise(mapping.baseAddress.map { $0 + first }, end - first, MADV_DONTNEED)
  }
}

/// What the system says about the call that failed last.
func systemReason() -> String {
  let number = errno
  return strerror(number).map { String(cString: $0) } ?? "error \(number)"
}

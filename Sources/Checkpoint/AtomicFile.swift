#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Writing files so that they appear whole, or not at all.
public enum AtomicFile {
  /// Puts a file with these bytes in place of whatever file has the path.
  ///
  /// The bytes go to a temporary file in the same folder, reach the disk, and are then renamed, so
  /// neither a crash nor a full disk leaves half a file, and readers of the old file keep it.
  ///
  /// - Throws: ``CheckpointError`` with code `unwritable`; the temporary file is gone by then.
  public static func replace(_ path: String, with bytes: [UInt8]) throws(CheckpointError) {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw CheckpointError(
        .unwritable, "'\(path)': not the path of a file (expected text without NUL).")
    }
    // Renaming over a device such as /dev/null would replace it.
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      throw CheckpointError(
        .unwritable, "\(path): is not a regular file and is left alone. Give another path.")
    }
    let temporary = "\(path).\(String(UInt64.random(in: 0...UInt64.max), radix: 36)).part"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure(path, "created") }
    do {
      try fill(descriptor, bytes, path)
    } catch {
      close(descriptor)
      unlink(temporary)
      throw error
    }
    // Network file systems report a full disk on closing.
    guard close(descriptor) == 0, rename(temporary, path) == 0 else {
      let error = failure(path, "put in place")
      unlink(temporary)
      throw error
    }
  }

  private static func fill(
    _ descriptor: Int32, _ bytes: [UInt8], _ path: String
  ) throws(CheckpointError) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        write(descriptor, buffer.baseAddress.map { $0 + written }, bytes.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure(path, "written") }
      written += count
    }
    guard fsync(descriptor) == 0 else { throw failure(path, "written") }
  }

  private static func failure(_ path: String, _ doing: String) -> CheckpointError {
    let reason = systemReason()
    return CheckpointError(
      .unwritable,
      "\(path): cannot be \(doing) (\(reason)). Check the folder, its permissions and the room on "
        + "the disk.", cause: reason)
  }
}

import Crypto
import Foundation
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A checkpoint that is being put together from its pieces, hashed as it is written.
struct Assembly: ~Copyable {
  private let descriptor: FileDescriptor
  private let folder: URL
  private let limit: Int
  private var hasher = SHA256()
  private(set) var byteCount = 0

  /// Creates the file, which must not exist.
  ///
  /// - Parameters:
  ///   - url: Where to create it.
  ///   - store: The folder that errors name.
  ///   - limit: Bytes that the whole file has; more are refused before they are written.
  /// - Throws: ``ModelStoreError`` with code `diskFull` or `cacheUnusable`.
  init(creating url: URL, in store: URL, limit: Int) throws(ModelStoreError) {
    folder = store
    self.limit = limit
    do {
      descriptor = try FileDescriptor.open(
        FilePath(url.path), .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
    } catch {
      throw ModelStoreError(writing: folder, error)
    }
  }

  deinit {
    try? descriptor.close()
  }

  /// Appends bytes of the next piece.
  ///
  /// - Throws: ``ModelStoreError`` with code `mismatch` past the limit, `diskFull`, or
  ///   `cacheUnusable`.
  mutating func append(_ bytes: UnsafeRawBufferPointer) throws(ModelStoreError) {
    guard bytes.count <= limit - byteCount else {
      throw ModelStoreError(
        .mismatch,
        "downloaded checkpoint: longer than registered (expected \(limit) bytes, found more). "
          + "The package has changed; update casthost.")
    }
    do {
      try descriptor.writeAll(bytes)
    } catch {
      throw ModelStoreError(writing: folder, error)
    }
    hasher.update(bufferPointer: bytes)
    byteCount += bytes.count
  }

  /// Flushes the file to the disk.
  ///
  /// - Returns: SHA-256 of everything appended, in hexadecimal.
  mutating func finish() throws(ModelStoreError) -> String {
    guard fsync(descriptor.rawValue) == 0 else {
      throw ModelStoreError(writing: folder, Errno(rawValue: errno))
    }
    return hasher.finalize().hexadecimal
  }
}

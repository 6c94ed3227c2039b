import Crypto
public import Foundation
import SystemPackage

/// SHA-256 of a file, in 64 lower-case hexadecimal digits.
///
/// - Throws: ``ModelStoreError`` with code `unreadable` where the file cannot be read, or
///   `interrupted` once the task is cancelled.
public func sha256(of url: URL) throws(ModelStoreError) -> String {
  do {
    let descriptor = try FileDescriptor.open(FilePath(url.path), .readOnly)
    defer { try? descriptor.close() }
    var hasher = SHA256()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      let count = try descriptor.read(into: buffer)
      guard count > 0 else { break }
      hasher.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      if Task.isCancelled {
        throw ModelStoreError(.interrupted, "\(url.path): interrupted while its hash was computed.")
      }
    }
    return hasher.finalize().hexadecimal
  } catch let error as ModelStoreError {
    throw error
  } catch {
    throw ModelStoreError(
      .unreadable, "\(url.path): cannot be read (\(error)). Check the file's permissions.")
  }
}

/// SHA-256 of bytes, in 64 lower-case hexadecimal digits.
public func sha256(of bytes: [UInt8]) -> String { SHA256.hash(data: bytes).hexadecimal }

extension Sequence<UInt8> {
  /// The bytes as lower-case hexadecimal digits.
  var hexadecimal: String {
    let digits = Array("0123456789abcdef")
    return String(flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}

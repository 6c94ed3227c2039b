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

/// The hash of a file's content, of the kind by which the hub names it.
enum ContentHash {
  case sha256(SHA256)
  case gitBlob(Insecure.SHA1)

  /// Begins a hash.
  ///
  /// - Parameters:
  ///   - identity: Says of which kind.
  ///   - size: Bytes of the whole, which git hashes before them.
  init(like identity: HubIdentity, size: Int) {
    switch identity {
    case .sha256: self = .sha256(SHA256())
    case .gitBlob:
      var hasher = Insecure.SHA1()
      hasher.update(data: Data("blob \(size)\0".utf8))
      self = .gitBlob(hasher)
    }
  }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    switch self {
    case .sha256(var hasher):
      hasher.update(bufferPointer: bytes)
      self = .sha256(hasher)
    case .gitBlob(var hasher):
      hasher.update(bufferPointer: bytes)
      self = .gitBlob(hasher)
    }
  }

  /// The hash, as an identity.
  var identity: HubIdentity {
    switch self {
    case .sha256(let hasher): .sha256(hasher.finalize().hexadecimal)
    case .gitBlob(let hasher): .gitBlob(hasher.finalize().hexadecimal)
    }
  }
}

/// A file that is arriving, hashed as it does; what is there when a pull ends early stays for the
/// next one.
final class PartialFile: HTTPSink {
  private let descriptor: FileDescriptor
  private let url: URL
  private let cache: URL
  private let reference: HubReference
  private let path: String
  private let identity: HubIdentity
  /// Bytes of the whole file.
  let size: Int
  private var hash: ContentHash
  /// Bytes that are there.
  private(set) var count = 0
  /// The version that the server called the bytes which are there, if one connection after the
  /// other is from it.
  private(set) var version: String?
  /// The most bytes that were ever there: repeating what came before is no progress.
  private(set) var furthest = 0
  /// Whether bytes come from more than one response, so that a wrong hash may be the fault of an
  /// earlier one.
  private(set) var hasResumed = false
  /// Whether a response did not fit, and the file begins anew; reset by whoever asks again.
  var hasLostPlace = false
  /// Called as bytes arrive.
  var arrived: () -> Void = {}

  /// Opens or creates the file, and hashes what it has.
  ///
  /// - Throws: ``ModelStoreError`` with code `diskFull`, `cacheUnusable` or `interrupted`.
  init(
    _ url: URL, of path: String, size: Int, identity: HubIdentity, in cache: URL,
    _ reference: HubReference, stop: PullStop
  ) throws(ModelStoreError) {
    self.url = url
    self.cache = cache
    self.reference = reference
    self.path = path
    self.size = size
    self.identity = identity
    hash = ContentHash(like: identity, size: size)
    do {
      descriptor = try FileDescriptor.open(
        FilePath(url.path), .readWrite, options: [.create, .closeOnExec],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
    } catch {
      throw ModelStoreError(writing: cache, error, for: .hub)
    }
    try readWhatIsThere(stop)
  }

  deinit {
    try? descriptor.close()
  }

  private func readWhatIsThere(_ stop: PullStop) throws(ModelStoreError) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { buffer.deallocate() }
    do {
      while count <= size {
        let more = try descriptor.read(into: buffer)
        guard more > 0 else { break }
        hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<more]))
        count += more
        hasResumed = true
        if stop.isSet { throw ModelStoreError.hubInterrupted }
      }
      // Longer than the file can be: of something else.
      if count > size { try restart() }
      furthest = count
    } catch let error as ModelStoreError {
      throw error
    } catch {
      throw ModelStoreError(writing: cache, error, for: .hub)
    }
  }

  /// Forgets what is there.
  func restart() throws(ModelStoreError) {
    hasResumed = false
    hasLostPlace = false
    guard ftruncate(descriptor.rawValue, 0) == 0, lseek(descriptor.rawValue, 0, SEEK_SET) == 0
    else { throw ModelStoreError(writing: cache, Errno(rawValue: errno), for: .hub) }
    count = 0
    version = nil
    hash = ContentHash(like: identity, size: size)
  }

  // MARK: Arriving

  func begin(_ head: HTTPHead) throws(ModelStoreError) {
    let tag = head.fields["etag"].flatMap { $0.hasPrefix("W/") ? nil : $0 }
    let isRest = head.status == 206
    if isRest {
      guard goesOn(head), version == nil || tag == version else {
        try restart()
        hasLostPlace = true
        throw ModelStoreError(
          .downloadFailed,
          "\(reference): the server sent another part of \(path) than it was asked for. "
            + "Run the command again.")
      }
    }
    // Before anything is given up: what comes may be a page of a proxy.
    let first = isRest ? count : 0
    if let length = head.number("content-length"), length != size - first {
      throw wrongLength(first.addingReportingOverflow(length).partialValue)
    }
    if isRest {
      hasResumed = true
    } else if count > 0 {
      // The whole, though a part was asked for.
      try restart()
    }
    version = tag
  }

  func append(_ bytes: UnsafeRawBufferPointer) throws(ModelStoreError) {
    guard bytes.count <= size - count else {
      // Then those before were not the file's either.
      discard()
      throw wrongLength(nil)
    }
    do {
      try descriptor.writeAll(bytes)
    } catch {
      throw ModelStoreError(writing: cache, error, for: .hub)
    }
    hash.update(bytes)
    count += bytes.count
    furthest = max(furthest, count)
    arrived()
  }

  private func wrongLength(_ found: Int?) -> ModelStoreError {
    ModelStoreError(
      .mismatch,
      "\(reference): \(path) has the wrong length (expected \(size) bytes, found "
        + "\(found.map(String.init) ?? "more")). Run the command again; if it fails the same way, "
        + "the hub or a proxy before it is at fault.")
  }

  /// Whether a partial response begins where the file ends and is of the same size.
  private func goesOn(_ head: HTTPHead) -> Bool {
    head.fields["content-range"] == "bytes \(count)-\(size - 1)/\(size)"
  }

  // MARK: The end

  /// Whether all bytes are there.
  var isWhole: Bool { count == size }

  /// Whether the bytes are the right ones.
  var isRight: Bool { isWhole && hash.identity == identity }

  /// Deletes the file.
  func discard() { unlink(url.path) }

  /// Flushes the file and gives it its name.
  func move(to blob: URL) throws(ModelStoreError) {
    guard fsync(descriptor.rawValue) == 0, rename(url.path, blob.path) == 0 else {
      throw ModelStoreError(writing: cache, Errno(rawValue: errno), for: .hub)
    }
  }
}

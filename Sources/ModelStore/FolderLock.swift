import Foundation
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// An advisory lock on one model of a store, held by at most one open file in the machine.
///
/// The lock is `flock(2)` on a file `.NAME.lock` that exists only while somebody holds it or waits
/// for it. Because the holder deletes the file, a new holder checks that the file it locked is
/// still the one that the name leads to. Locks that are shared with other programs keep their file.
struct FolderLock: ~Copyable {
  static let suffix = ".lock"

  private let descriptor: FileDescriptor
  private let path: String
  private let keepsFile: Bool

  private init(descriptor: FileDescriptor, path: String, keepsFile: Bool) {
    self.descriptor = descriptor
    self.path = path
    self.keepsFile = keepsFile
  }

  deinit {
    if !keepsFile { unlink(path) }
    try? descriptor.close()
  }

  /// Ends the lock where the caller is done, rather than where the value goes out of scope.
  consuming func release() {}

  /// Takes the lock if nobody holds it.
  ///
  /// - Returns: The lock, which ends with the value, or nil where another holds it.
  /// - Throws: ``ModelStoreError`` with code `cacheUnusable` or `diskFull`.
  static func attempt(
    _ name: String, in folder: URL
  ) throws(ModelStoreError) -> FolderLock? {
    try attempt(at: folder.appendingPathComponent("." + name + suffix), in: folder, for: .own)
  }

  /// Takes the lock that a file stands for, if nobody holds it.
  ///
  /// - Parameters:
  ///   - url: The file, which need not be there, in a folder that is.
  ///   - folder: The folder that errors name.
  ///   - variable: What moves that folder; the file of a lock on the hub's cache is kept, as Python's
  ///     `huggingface_hub` waits on it too.
  /// - Returns: The lock, which ends with the value, or nil where another holds it.
  /// - Throws: ``ModelStoreError`` with code `cacheUnusable` or `diskFull`.
  static func attempt(
    at url: URL, in folder: URL, for variable: ModelStoreError.CacheVariable
  ) throws(ModelStoreError) -> FolderLock? {
    let path = url.path
    while true {
      let descriptor: FileDescriptor
      do {
        descriptor = try FileDescriptor.open(
          FilePath(path), .readWrite, options: [.create, .closeOnExec],
          permissions: [.ownerReadWrite])
      } catch {
        throw ModelStoreError(writing: folder, error, for: variable)
      }
      let claim: Claim
      do {
        claim = try lock(descriptor, at: path)
      } catch {
        try? descriptor.close()
        throw ModelStoreError(writing: folder, error, for: variable)
      }
      if claim == .held {
        return FolderLock(descriptor: descriptor, path: path, keepsFile: variable == .hub)
      }
      try? descriptor.close()
      if claim == .busy { return nil }
    }
  }

  /// What came of locking an open file.
  enum Claim {
    /// The lock is ours.
    case held
    /// Another has it.
    case busy
    /// The lock is on a file that its last holder has deleted; nobody else will look there.
    case outdated
  }

  /// Locks an open file, if that is free and still the one that the path leads to.
  static func lock(_ descriptor: FileDescriptor, at path: String) throws(Errno) -> Claim {
    guard flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 else {
      let reason = Errno(rawValue: errno)
      guard reason == .wouldBlock else { throw reason }
      return .busy
    }
    return names(path, descriptor) ? .held : .outdated
  }

  /// Whether the path still leads to the open file.
  private static func names(_ path: String, _ descriptor: FileDescriptor) -> Bool {
    var opened = stat()
    var named = stat()
    return fstat(descriptor.rawValue, &opened) == 0 && stat(path, &named) == 0
      && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
  }
}

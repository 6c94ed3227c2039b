import Foundation
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The temporary folder of one pull, inside the store; gone with the value.
///
/// It is called `.NAME~TAG.partial`, so that a later pull can tell whose leftover it is.
struct Workshop: ~Copyable {
  static let suffix = ".partial"

  let folder: URL

  /// Makes the folder, with the places that ``Python`` uses.
  init(for name: String, in store: URL) throws(ModelStoreError) {
    let tag = String(UInt32.random(in: .min ... .max), radix: 36)
    folder = store.appendingPathComponent(
      ".\(name)\(Self.tagSeparator)\(tag)\(Self.suffix)", isDirectory: true)
    do {
      for place in ["arrivals", "wheels"] {
        try makeFolder(folder.appendingPathComponent(place, isDirectory: true), mode: 0o700)
      }
    } catch {
      try? FileManager.default.removeItem(at: folder)
      throw error
    }
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }

  /// Removes what a killed pull of any model left behind.
  ///
  /// - Parameters:
  ///   - store: The folder to sweep.
  ///   - held: The model whose lock the caller holds; the others' leftovers go only where their
  ///     lock is free.
  /// - Throws: ``ModelStoreError`` with code `diskFull` or `cacheUnusable` from trying a lock.
  static func sweep(_ store: URL, held: String) throws(ModelStoreError) {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: store.path)) ?? []
    for entry in entries where entry.hasPrefix(".") {
      let isWorkshop = entry.hasSuffix(suffix)
      guard isWorkshop || entry.hasSuffix(FolderLock.suffix) else { continue }
      let stem = entry.dropFirst().dropLast(isWorkshop ? suffix.count : FolderLock.suffix.count)
      let owner = isWorkshop ? stem.prefix { $0 != tagSeparator } : stem
      let leftover = store.appendingPathComponent(entry)
      if owner == held {
        if isWorkshop { try? FileManager.default.removeItem(at: leftover) }
      } else if let lock = try FolderLock.attempt(String(owner), in: store) {
        if isWorkshop { try? FileManager.default.removeItem(at: leftover) }
        lock.release()
      }
    }
  }

  private static let tagSeparator: Character = "~"
}

/// Makes a folder and those above it, as far as they are missing.
func makeFolder(
  _ url: URL, mode: mode_t, for variable: ModelStoreError.CacheVariable = .own
) throws(ModelStoreError) {
  if mkdir(url.path, mode) == 0 { return }
  var reason = Errno(rawValue: errno)
  let parent = url.deletingLastPathComponent()
  if reason == .noSuchFileOrDirectory, parent.path != url.path {
    try makeFolder(parent, mode: 0o755, for: variable)
    if mkdir(url.path, mode) == 0 { return }
    reason = Errno(rawValue: errno)
  }
  guard reason == .fileExists else { throw ModelStoreError(writing: url, reason, for: variable) }
}

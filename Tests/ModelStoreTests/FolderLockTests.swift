import Foundation
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import ModelStore

struct LockIsTaken: Error {}

/// The lock, or an error where somebody holds it.
func requireLock(_ name: String, in folder: URL) throws -> FolderLock {
  guard let lock = try FolderLock.attempt(name, in: folder) else { throw LockIsTaken() }
  return lock
}

@Suite("The lock on a model")
struct FolderLockTests {
  @Test("A lock is had once, again after its release, and leaves no file")
  func exclusive() throws {
    let scratch = try ScratchFolder()
    let first = try requireLock("m", in: scratch.url)
    #expect(throws: LockIsTaken.self) { try requireLock("m", in: scratch.url).release() }
    #expect(scratch.contents() == [".m.lock"])
    first.release()
    #expect(scratch.contents().isEmpty)
    let second = try requireLock("m", in: scratch.url)
    second.release()
  }

  @Test("Locks of two models do not meet")
  func independent() throws {
    let scratch = try ScratchFolder()
    let first = try requireLock("m", in: scratch.url)
    let second = try requireLock("n", in: scratch.url)
    first.release()
    #expect(scratch.contents() == [".n.lock"])
    second.release()
  }

  @Test("A lock on a file that was deleted meanwhile is not taken for the lock")
  func deletedMeanwhile() throws {
    let scratch = try ScratchFolder()
    let path = scratch.url.appendingPathComponent(".m.lock").path
    let late = open(path, O_RDWR | O_CREAT, 0o600)
    defer { close(late) }
    #expect(unlink(path) == 0)
    #expect(try FolderLock.lock(FileDescriptor(rawValue: late), at: path) == .outdated)
    let holder = try requireLock("m", in: scratch.url)
    #expect(try FolderLock.lock(FileDescriptor(rawValue: late), at: path) == .outdated)
    holder.release()
  }

  @Test("Holders that come and go, each deleting the file, are never inside together")
  func crowd() async throws {
    let scratch = try ScratchFolder()
    let inside = Atomic(0)
    let entries = Atomic(0)
    let clashes = Atomic(0)
    let crowd = { @Sendable in
      for _ in 0..<300 {
        guard let lock = try FolderLock.attempt("m", in: scratch.url) else { continue }
        if inside.add(1, ordering: .sequentiallyConsistent).newValue > 1 {
          clashes.add(1, ordering: .relaxed)
        }
        entries.add(1, ordering: .relaxed)
        inside.subtract(1, ordering: .sequentiallyConsistent)
        lock.release()
      }
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 { group.addTask { try crowd() } }
      try await group.waitForAll()
    }
    #expect(entries.load(ordering: .relaxed) > 0)
    #expect(clashes.load(ordering: .relaxed) == 0)
  }

  @Test("A folder that is not there is an error, not a lock that nobody gets")
  func missingFolder() throws {
    let scratch = try ScratchFolder()
    let missing = scratch.url.appendingPathComponent("gone")
    let error = #expect(throws: ModelStoreError.self) {
      try requireLock("m", in: missing).release()
    }
    #expect(error?.code == .cacheUnusable)
  }
}

import Checkpoint
import Foundation
import TestSupport

/// Files for readers, as they want them.
enum FuzzedFile {
  /// A file in memory whose last byte is the last before a page that nobody may read.
  static func guarded(_ bytes: [UInt8]) throws -> MappedFile {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let room = (max(bytes.count, 1) + page - 1) / page * page
    let memory = mmap(nil, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory, memory != MAP_FAILED, mprotect(memory + room, page, PROT_NONE) == 0 else {
      throw FuzzFinding("no memory for the file")
    }
    let first = memory + room - max(bytes.count, 1)
    first.copyMemory(from: bytes, byteCount: bytes.count)
    return MappedFile(
      path: "file", mapping: UnsafeMutableRawBufferPointer(start: memory, count: room + page),
      bytes: UnsafeRawBufferPointer(start: first, count: max(bytes.count, 1)))
  }

  /// Writes a file and returns its path.
  static func write(_ bytes: [UInt8], _ name: String, in folder: TemporaryFolder) throws -> String {
    let path = folder.file(name)
    // A new file: an old one may still be mapped.
    unlink(path)
    guard FileManager.default.createFile(atPath: path, contents: Data(bytes)) else {
      throw FuzzFinding("\(path) cannot be written")
    }
    return path
  }

  /// Removes a file, if it is there.
  static func remove(_ name: String, in folder: TemporaryFolder) { unlink(folder.file(name)) }
}

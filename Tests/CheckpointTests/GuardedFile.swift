import Foundation
import Testing

@testable import Checkpoint

extension MappedFile {
  /// A file whose last byte is the last before a page that nobody may read.
  static func guarded(_ bytes: [UInt8], path: String = "mutant") throws -> MappedFile {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let room = (bytes.count + page - 1) / page * page
    let memory = mmap(nil, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    let start = try #require(memory != MAP_FAILED ? memory : nil)
    try #require(mprotect(start + room, page, PROT_NONE) == 0)
    let first = start + room - bytes.count
    first.copyMemory(from: bytes, byteCount: bytes.count)
    return MappedFile(
      path: path, mapping: UnsafeMutableRawBufferPointer(start: start, count: room + page),
      bytes: UnsafeRawBufferPointer(start: first, count: bytes.count))
  }
}

import Checkpoint
import Foundation
import TestSupport
import Testing

@Suite("Mapped files")
struct MappedFileTests {
  @Test("a file's bytes are mapped as they are and outlive its name")
  func maps() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1, 2, 3], as: "three")
    let file = try MappedFile(path)
    try FileManager.default.removeItem(atPath: path)
    #expect(Array(UnsafeRawBufferPointer(start: file.base, count: file.count)) == [1, 2, 3])
  }

  @Test("a missing file, a folder, an empty file and odd paths are refused in a sentence")
  func refusals() throws {
    let folder = try TemporaryFolder()
    let empty = try folder.write([], as: "empty")
    let cases: [(path: String, code: CheckpointError.Code, text: String)] = [
      (folder.file("none"), .unreadable, "cannot be opened (No such file or directory)"),
      (folder.path, .unreadable, "not a regular file (expected a file of weights, found a folder)"),
      ("/dev/null", .unreadable, "found a device or pipe"),
      (empty, .truncated, "the file is empty"),
      ("", .unreadable, "not the path of a file"),
      (empty + "\0x", .unreadable, "not the path of a file"),
    ]
    for (path, code, text) in cases {
      let error = #expect(throws: CheckpointError.self) { try MappedFile(path) }
      #expect(error?.code == code, "\(path)")
      #expect(error?.message.hasPrefix(path.isEmpty ? "''" : "") == true)
      #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
    }
    let missing = #expect(throws: CheckpointError.self) { try MappedFile(folder.file("none")) }
    #expect(missing?.cause == "No such file or directory")
  }

  @Test("a named pipe without a writer is refused at once, not waited for")
  func pipe() throws {
    let path = try TemporaryFolder().file("pipe")
    try #require(mkfifo(path, 0o600) == 0)
    let error = #expect(throws: CheckpointError.self) { try MappedFile(path) }
    #expect(error?.message.contains("found a device or pipe") == true)
  }

  @Test(
    "a file that may not be read says so",
    .enabled(if: geteuid() != 0, "root may read every file"))
  func forbidden() throws {
    let path = try TemporaryFolder().write([1], as: "secret")
    try #require(chmod(path, 0) == 0)
    let error = #expect(throws: CheckpointError.self) { try MappedFile(path) }
    #expect(error?.message.contains("Permission denied") == true)
  }
}

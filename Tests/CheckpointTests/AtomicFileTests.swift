import Checkpoint
import Foundation
import TestSupport
import Testing

@Suite("Replacing files")
struct AtomicFileTests {
  private func refusal(
    _ path: String, sourceLocation: SourceLocation = #_sourceLocation
  ) -> CheckpointError? {
    let error = #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) {
      try GGUFWriter().write(to: path)
    }
    #expect(error?.code == .unwritable, sourceLocation: sourceLocation)
    return error
  }

  @Test("a file is replaced whole, and who has the old one open keeps it")
  func replaces() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("v.gguf")
    var writer = GGUFWriter()
    writer.add("direction.1", shape: [2], floats: [1, 2])
    try writer.write(to: path)
    let old = try GGUF.open(path)
    try GGUFWriter().write(to: path)
    #expect(try old.tensor("direction.1").floats() == [1, 2])
    #expect(try GGUF.open(path).tensorNames.isEmpty)
    #expect(try folder.names() == ["v.gguf"], "no temporary file is left")
  }

  @Test("a missing folder, a folder, a device and odd paths are refused and left alone")
  func refusals() throws {
    let folder = try TemporaryFolder()
    let missing = refusal(folder.file("no/such/v.gguf"))
    #expect(missing?.message.contains("cannot be created (No such file or directory)") == true)
    #expect(missing?.cause == "No such file or directory")
    #expect(refusal(folder.path)?.message.contains("is not a regular file") == true)
    #expect(refusal("/dev/null")?.message.contains("is not a regular file") == true)
    #expect(refusal("")?.message.contains("not the path of a file") == true)
    #expect(refusal(folder.file("a\0b"))?.message.contains("not the path of a file") == true)
    let long = String(repeating: "x", count: 300)
    #expect(refusal(folder.file(long))?.message.contains("File name too long") == true)
    #expect(try folder.names().isEmpty)
  }

  @Test(
    "a full disk is reported, leaves nothing behind, and keeps the old file",
    .enabled(if: SmallDisk.isAvailable, "needs the right to mount a small file system"))
  func fullDisk() throws {
    let disk = try SmallDisk(bytes: 65_536)
    let path = disk.url.path + "/v.gguf"
    var writer = GGUFWriter()
    writer.add("direction.1", shape: [2], floats: [1, 2])
    try writer.write(to: path)
    writer.add("direction.2", shape: [40_000], floats: Array(repeating: 1, count: 40_000))
    let error = #expect(throws: CheckpointError.self) { try writer.write(to: path) }
    #expect(error?.code == .unwritable)
    #expect(error?.message.contains("cannot be written (No space left on device)") == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: disk.url.path) == ["v.gguf"])
    #expect(try GGUF.open(path).tensor("direction.1").floats() == [1, 2])
  }
}

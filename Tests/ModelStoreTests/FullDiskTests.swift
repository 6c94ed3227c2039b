import Foundation
import TestSupport
import Testing

@testable import ModelStore

@Suite(
  "A disk without room",
  .enabled(if: SmallDisk.isAvailable, "needs the right to mount a small file system"),
  .timeLimit(.minutes(1)))
struct FullDiskTests {
  private let disk: SmallDisk
  private let sample: Sample

  init() throws {
    disk = try SmallDisk(bytes: 2_000_000)
    sample = try Sample(pieces: [Data(repeating: 7, count: 600_000)])
  }

  private func failure(pip: String) async throws -> ModelStoreError? {
    let stub = try sample.stub(pip: pip)
    let store = ModelStore(folder: disk.url, interpreter: stub.interpreter)
    let error = await #expect(throws: ModelStoreError.self) {
      try await store.pull(sample.model)
    }
    #expect(error?.code == .diskFull)
    #expect(error?.message.hasPrefix("\(disk.url.path): the disk is full") == true)
    return error
  }

  private func left() -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: disk.url.path)) ?? []).sorted()
  }

  @Test("Too little room is noticed before anything is downloaded")
  func noticedBefore() async throws {
    try Data(count: 1_000_000).write(to: disk.url.appendingPathComponent("filler"))
    let stub = try sample.stub()
    let store = ModelStore(folder: disk.url, interpreter: stub.interpreter)
    let error = await #expect(throws: ModelStoreError.self) {
      try await store.pull(sample.model)
    }
    #expect(error?.code == .diskFull)
    #expect(error?.message.contains("needs 1.8 MB") == true)
    #expect(stub.callCount == 0)
    #expect(left() == ["filler"])
  }

  @Test("A disk that fills while pip writes is told as such, and nothing is left")
  func fillsUnderPip() async throws {
    _ = try await failure(
      pip: "exec python3 -c 'import sys; open(sys.argv[1], \"wb\").write(bytes(5_000_000))' "
        + "\"$dest/x.whl\"")
    #expect(left().isEmpty)
  }

  @Test("A disk that fills while the pieces are joined is told as such, and nothing is left")
  func fillsUnderUs() async throws {
    _ = try await failure(
      pip: "\(PythonStub.delivers)\nhead -c 1700000 /dev/zero > \"$dest/filler\"")
    #expect(left().isEmpty)
  }
}

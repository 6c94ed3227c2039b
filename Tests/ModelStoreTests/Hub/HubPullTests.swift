import Foundation
import Synchronization
import TestSupport
import Testing

@testable import ModelStore

@Suite("Fetching a model of the hub", .timeLimit(.minutes(2)))
struct HubPullTests {
  private static let weights = HubSample.bytes(300_000)

  @Test("The one GGUF file of a repository arrives, linked as Python's tools have it")
  func oneFile() async throws {
    let sample = try HubSample(["tiny.gguf": Self.weights, "README.md": Data("# Tiny".utf8)])
    let hub = try sample.hub()
    let store = sample.store(hub)
    let file = try await store.pull(HubReference("hf:acme/tiny"))
    #expect(try Data(contentsOf: file) == Self.weights)
    let hash = sha256(of: Array(Self.weights))
    #expect(
      file.path == sample.folder.path + "/snapshots/\(HubStub.commit)/tiny.gguf")
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: file.path)
        == "../../blobs/\(hash)")
    #expect(sample.blobs == [hash])
    let ref = sample.folder.appendingPathComponent("refs/main")
    #expect(try String(contentsOf: ref, encoding: .utf8) == HubStub.commit)
    #expect(try store.locate("hf:acme/tiny") == file)
    #expect(try store.locate("hf:acme/tiny:tiny.gguf") == file)
    #expect(try store.locate("hf:acme/tiny@\(HubStub.commit):tiny.gguf") == file)
    #expect(throws: ModelStoreError.self) { try store.locate("hf:acme/tiny@v2") }
  }

  @Test("What is here is not fetched again, and a commit that is here asks nothing of anybody")
  func isThere() async throws {
    let sample = try HubSample(["tiny.gguf": Self.weights])
    let hub = try sample.hub()
    let store = sample.store(hub)
    try await store.pull(HubReference("hf:acme/tiny"))
    try await store.pull(HubReference("hf:acme/tiny"))
    #expect(hub.storage.requests.count == 1)
    #expect(hub.hub.requests.count == 3)
    try await store.pull(HubReference("hf:acme/tiny@\(HubStub.commit):tiny.gguf"))
    #expect(hub.hub.requests.count == 3)
  }

  @Test("Without the hub, and where HF_HUB_OFFLINE says so, what is here is taken")
  func offline() async throws {
    let sample = try HubSample(["tiny.gguf": Self.weights])
    let reference = try HubReference("hf:acme/tiny")
    let file = try await sample.store(try sample.hub()).pull(reference)
    // Nothing listens there.
    let gone = sample.store(nil, ["HF_ENDPOINT": "http://127.0.0.1:9"])
    let seen = Mutex<[PullProgress]>([])
    let again = try await gone.pull(reference) { progress in seen.withLock { $0.append(progress) } }
    #expect(again == file)
    #expect(seen.withLock { $0 } == [.offline])
    let forbidden = sample.store(nil, ["HF_HUB_OFFLINE": "1"])
    #expect(try await forbidden.pull(reference) == file)
    let error = await #expect(throws: ModelStoreError.self) {
      try await forbidden.pull(HubReference("hf:acme/other"))
    }
    #expect(error?.code == .notDownloaded)
    #expect(error?.message.contains("HF_HUB_OFFLINE") == true)
  }

  @Test(
    "Of a repository without GGUF, the files of its folder arrive, and no others",
    arguments: [1, 3])
  func folder(parts: Int) async throws {
    let sample = try HubSample(HubSample.folder(parts: parts))
    let hub = try sample.hub()
    let store = sample.store(hub)
    let folder = try await store.pull(HubReference("hf:acme/tiny"))
    let expected = sample.files.keys.filter { $0 != "README.md" && !$0.contains("/") }
    let found = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(Set(found) == Set(expected))
    for name in found {
      #expect(
        try Data(contentsOf: folder.appendingPathComponent(name)) == sample.files[name], "\(name)")
    }
    #expect(try store.locate("hf:acme/tiny").path == folder.path)
    let models = store.hubModels()
    #expect(models.map(\.reference.description) == ["hf:acme/tiny"])
    let size =
      expected.filter { !["tokenizer_config.json", "generation_config.json"].contains($0) }
      .reduce(0) { $0 + (sample.files[$1]?.count ?? 0) }
    #expect(models.first.map { $0.byteCount >= size } == true)
    // Half a folder is no model.
    try FileManager.default.removeItem(at: folder.appendingPathComponent("config.json"))
    let error = #expect(throws: ModelStoreError.self) { try store.locate("hf:acme/tiny") }
    #expect(error?.code == .notDownloaded)
    #expect(error?.message.contains("casthost models pull hf:acme/tiny") == true)
  }

  @Test("All parts of a split file arrive, whichever is named, and the first is what is opened")
  func split() async throws {
    var files = ["other.gguf": HubSample.bytes(100)]
    let names = (1...3).map { "q4/tiny-q4-0000\($0)-of-00003.gguf" }
    for (index, name) in names.enumerated() { files[name] = HubSample.bytes(5000, UInt64(index)) }
    let sample = try HubSample(files)
    let store = sample.store(try sample.hub())
    let file = try await store.pull(HubReference("hf:acme/tiny:\(names[1])"))
    #expect(file.path.hasSuffix("/snapshots/\(HubStub.commit)/\(names[0])"))
    for name in names {
      let part = file.deletingLastPathComponent()
        .appendingPathComponent(URL(fileURLWithPath: name).lastPathComponent)
      #expect(try Data(contentsOf: part) == files[name])
    }
    #expect(sample.blobs.count == 3)
    let models = store.hubModels()
    #expect(models.map(\.reference.file) == [names[0]])
    #expect(models.map(\.byteCount) == [15000])
  }

  @Test("A reference without a file goes on meaning what it was pulled as")
  func choice() async throws {
    var files = HubSample.folder()
    files["a.gguf"] = HubSample.bytes(100, 1)
    files["b.gguf"] = HubSample.bytes(100, 2)
    let sample = try HubSample(files)
    let store = sample.store(try sample.hub())
    try await store.pull(HubReference("hf:acme/tiny:a.gguf"))
    #expect(try store.locate("hf:acme/tiny").lastPathComponent == "a.gguf")
    try await store.pull(HubReference("hf:acme/tiny"))
    #expect(try store.locate("hf:acme/tiny").lastPathComponent == HubStub.commit)
    #expect(
      store.hubModels().map(\.reference.description) == ["hf:acme/tiny:a.gguf", "hf:acme/tiny"])
  }

  @Test("Progress rises to the size of all that was missing")
  func progress() async throws {
    let sample = try HubSample(HubSample.folder())
    let seen = Mutex<[Int]>([])
    let total = Mutex(0)
    try await sample.store(try sample.hub())
      .pull(HubReference("hf:acme/tiny")) { progress in
        guard case .downloading(let received, let expected) = progress else { return }
        seen.withLock { $0.append(received) }
        total.withLock { $0 = expected }
      }
    let received = seen.withLock { $0 }
    #expect(received == received.sorted())
    #expect(received.first == 0)
    #expect(received.last == total.withLock { $0 })
    #expect(total.withLock { $0 } > 70_000)
  }

  @Test("Of several that pull at once, one downloads each file and the others wait")
  func together() async throws {
    let sample = try HubSample(["tiny.gguf": Self.weights])
    let isWaitedFor = Mutex(false)
    let hub = try sample.hub { request, answer in
      guard request.path.hasPrefix("/storage/") else { return answer }
      var answer = answer
      answer.meanwhile = {
        while !isWaitedFor.withLock({ $0 }) { Thread.sleep(forTimeInterval: 0.01) }
      }
      return answer
    }
    let store = sample.store(hub)
    let reference = try HubReference("hf:acme/tiny")
    let show: @Sendable (PullProgress) -> Void = { progress in
      if progress == .waiting { isWaitedFor.withLock { $0 = true } }
    }
    try await withThrowingTaskGroup(of: URL.self) { group in
      for _ in 0..<3 { group.addTask { try await store.pull(reference, progress: show) } }
      for try await file in group { #expect(try Data(contentsOf: file) == Self.weights) }
    }
    #expect(hub.storage.requests.count == 1)
    #expect(sample.blobs.count == 1)
  }

  @Test("A hub that tells no hashes in its description is asked for each file")
  func untold() async throws {
    let sample = try HubSample(HubSample.folder())
    let hub = try sample.hub(tells: false)
    let folder = try await sample.store(hub).pull(HubReference("hf:acme/tiny"))
    let file = folder.appendingPathComponent("model.safetensors")
    #expect(try Data(contentsOf: file) == sample.files["model.safetensors"])
    #expect(hub.hub.requests.count { $0.method == "HEAD" } == 5)
    #expect(!hub.storage.requests.contains { $0.method == "HEAD" })
  }

  @Test("The token goes to the hub and to no other host")
  func token() async throws {
    let sample = try HubSample(["tiny.gguf": Self.weights])
    let hub = try sample.hub()
    try await sample.store(hub, ["HF_TOKEN": "hf_secret"]).pull(HubReference("hf:acme/tiny"))
    #expect(hub.hub.requests.count == 2)
    #expect(hub.hub.requests.allSatisfy { $0.fields["authorization"] == "Bearer hf_secret" })
    #expect(hub.storage.requests.count == 1)
    #expect(hub.storage.requests.allSatisfy { $0.fields["authorization"] == nil })
  }

  @Test("A repository that was renamed is found where the hub leads to")
  func renamed() async throws {
    let sample = try HubSample(["tiny.gguf": Self.weights])
    let hub = try sample.hub { request, answer in
      let old = "/api/models/acme/old"
      guard request.path.hasPrefix(old) else { return answer }
      return HTTPStub.Answer(
        307, ["Location": "/api/models/acme/tiny" + request.path.dropFirst(old.count)])
    }
    let client = HubClient(
      sample.store(hub).hub, try HubReference("hf:acme/old"), stop: PullStop())
    #expect(try client.listing().files.keys.sorted() == ["tiny.gguf"])
  }

  @Test("A file with the hub's own hashes of small files is known by git's hash")
  func gitHash() {
    // As `git hash-object` prints it for the text "hello" with a line end.
    var hash = ContentHash(like: .gitBlob(""), size: 6)
    Array("hello\n".utf8).withUnsafeBytes { hash.update($0) }
    #expect(hash.identity == .gitBlob("ce013625030ba8dba906f756967f9e9ca394464a"))
  }
}

import Foundation
import Synchronization
import TestSupport
import Testing

@testable import ModelStore

@Suite("A hub in trouble", .timeLimit(.minutes(2)))
struct HubFaultTests {
  private let sample: HubSample
  private let weights = HubSample.bytes(300_000)
  private let reference: HubReference

  init() throws {
    sample = try HubSample(["tiny.gguf": weights])
    reference = try HubReference("hf:acme/tiny")
  }

  private var hash: String { sha256(of: Array(weights)) }
  private var incomplete: String { hash + ".incomplete" }

  private static func isStored(_ request: HTTPStub.Request) -> Bool {
    request.path.hasPrefix("/storage/")
  }

  /// The error of a pull that must fail.
  private func failure(_ hub: HubStub, _ more: [String: String] = [:]) async -> ModelStoreError? {
    let error = await #expect(throws: ModelStoreError.self) {
      try await sample.store(hub, more).pull(reference)
    }
    #expect(error?.message.contains("\n") == false)
    #expect(error?.message.hasPrefix("hf:acme/tiny: ") == true, "\(String(describing: error))")
    #expect(!sample.blobs.contains(hash))
    #expect(throws: ModelStoreError.self) { try sample.store(hub).locate("hf:acme/tiny") }
    return error
  }

  /// Leaves bytes as an earlier pull would have.
  private func leave(_ bytes: Data) throws {
    let blobs = sample.folder.appendingPathComponent("blobs")
    try FileManager.default.createDirectory(at: blobs, withIntermediateDirectories: true)
    try bytes.write(to: blobs.appendingPathComponent(incomplete))
  }

  // MARK: Cut connections

  @Test("A connection that breaks is taken up where it broke, with the same version asked for")
  func cut() async throws {
    let hub = try sample.hub { request, answer in
      var answer = answer
      if Self.isStored(request), request.number < 3 { answer.cutAfter = 60_000 }
      return answer
    }
    let file = try await sample.store(hub).pull(reference)
    #expect(try Data(contentsOf: file) == weights)
    let stored = hub.storage.requests
    #expect(
      stored.map { $0.fields["range"] } == [
        nil, "bytes=60000-", "bytes=120000-", "bytes=180000-",
      ])
    #expect(stored.dropFirst().allSatisfy { $0.fields["if-range"] == "\"stored\"" })
  }

  @Test("A pull that was given up is taken up by the next")
  func resumed() async throws {
    let broken = try sample.hub { request, answer in
      var answer = answer
      if Self.isStored(request) { answer.cutAfter = request.number == 0 ? 100_000 : 0 }
      return answer
    }
    let error = await failure(broken)
    #expect(error?.code == .unreachable)
    #expect(broken.storage.requests.count == 5)
    #expect(sample.blobs == [incomplete])
    let hub = try sample.hub()
    let seen = Mutex<[Int]>([])
    let file = try await sample.store(hub)
      .pull(reference) { progress in
        if case .downloading(let received, _) = progress { seen.withLock { $0.append(received) } }
      }
    #expect(try Data(contentsOf: file) == weights)
    #expect(hub.storage.requests.map { $0.fields["range"] } == ["bytes=100000-"])
    #expect(seen.withLock { $0.first } == 100_000)
    #expect(sample.blobs == [hash])
  }

  @Test("What another program left is hashed: wrong bytes are fetched once more as a whole")
  func wrongLeftover() async throws {
    try leave(HubSample.bytes(50_000, 9))
    let hub = try sample.hub()
    let file = try await sample.store(hub).pull(reference)
    #expect(try Data(contentsOf: file) == weights)
    #expect(hub.storage.requests.map { $0.fields["range"] } == ["bytes=50000-", nil])
  }

  @Test("A leftover that is whole is not asked for, one that is too long counts nothing")
  func oddLeftovers() async throws {
    try leave(weights)
    let hub = try sample.hub()
    #expect(try await Data(contentsOf: sample.store(hub).pull(reference)) == weights)
    #expect(hub.storage.requests.isEmpty)
    try FileManager.default.removeItem(at: sample.folder)
    try leave(weights + weights)
    #expect(try await Data(contentsOf: sample.store(hub).pull(reference)) == weights)
    #expect(hub.storage.requests.map { $0.fields["range"] } == [nil])
  }

  @Test("A server that ignores ranges sends the whole, and the whole is taken")
  func ignoresRange() async throws {
    try leave(weights.prefix(50_000))
    let weights = weights
    let hub = try sample.hub { request, answer in
      Self.isStored(request) ? HTTPStub.Answer(200, body: weights) : answer
    }
    #expect(try await Data(contentsOf: sample.store(hub).pull(reference)) == weights)
    #expect(hub.storage.requests.count == 1)
  }

  @Test("A server that ignores ranges and breaks off each time is given up")
  func neverWhole() async throws {
    let weights = weights
    let hub = try sample.hub { request, answer in
      guard Self.isStored(request) else { return answer }
      var answer = HTTPStub.Answer(200, body: weights)
      answer.cutAfter = 150_000
      return answer
    }
    #expect(await failure(hub)?.code == .unreachable)
    #expect(hub.storage.requests.count == 5)
  }

  @Test("A part of another version, or another part than was asked for, begins the file anew")
  func otherPart() async throws {
    for wrong in [("ETag", "\"newer\""), ("Content-Range", "bytes 7-299999/300000")] {
      let hub = try sample.hub { request, answer in
        guard Self.isStored(request) else { return answer }
        var answer = answer
        if request.number == 0 { answer.cutAfter = 60_000 }
        if request.number == 1 { answer.fields[wrong.0] = wrong.1 }
        return answer
      }
      #expect(try await Data(contentsOf: sample.store(hub).pull(reference)) == weights)
      #expect(hub.storage.requests.map { $0.fields["range"] } == [nil, "bytes=60000-", nil])
      try FileManager.default.removeItem(at: sample.folder)
    }
  }

  @Test("A connection on which nothing comes any more is given up, and taken up by another")
  func stalled() async throws {
    let hub = try sample.hub { request, answer in
      guard Self.isStored(request) else { return answer }
      var answer = answer
      if request.number == 0 { answer.meanwhile = { Thread.sleep(forTimeInterval: 20) } }
      return answer
    }
    var store = sample.store(hub)
    var settings = store.hub
    settings.patience = (5, 1)
    store = ModelStore(folder: store.folder, hub: settings)
    let file = try await store.pull(reference)
    #expect(try Data(contentsOf: file) == weights)
    #expect(hub.storage.requests.count >= 2)
  }

  @Test("A cancelled pull ends, and what came is kept")
  func cancelled() async throws {
    let isOver = Mutex(false)
    defer { isOver.withLock { $0 = true } }
    let hub = try sample.hub { request, answer in
      guard Self.isStored(request) else { return answer }
      var answer = answer
      answer.meanwhile = {
        while !isOver.withLock({ $0 }) { Thread.sleep(forTimeInterval: 0.02) }
      }
      return answer
    }
    var settings = sample.store(hub).hub
    settings.patience = (60, 60)
    let store = ModelStore(folder: sample.folder, hub: settings)
    let task = Task { [reference] in try await store.pull(reference) }
    while hub.storage.requests.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
    task.cancel()
    let error = await #expect(throws: ModelStoreError.self) { try await task.value }
    #expect(error?.code == .interrupted)
    #expect(sample.blobs == [incomplete])
  }

  // MARK: Wrong files

  @Test(
    "A file of another length than announced is refused before it is taken", arguments: [-1, 1])
  func wrongLength(more: Int) async throws {
    try leave(weights.prefix(10))
    let body = more < 0 ? weights.dropLast() : weights + Data([0])
    let hub = try sample.hub { request, answer in
      Self.isStored(request) ? HTTPStub.Answer(200, body: Data(body)) : answer
    }
    let error = await failure(hub)
    #expect(error?.code == .mismatch)
    #expect(error?.message.contains("expected 300000 bytes, found \(300_000 + more)") == true)
    #expect(hub.storage.requests.count == 1)
    #expect(sample.blobs == [incomplete], "a page of a proxy cost what had arrived")
  }

  @Test("A file without a length that does not end is refused, and not kept")
  func endless() async throws {
    let body = weights + weights
    let hub = try sample.hub { request, answer in
      guard Self.isStored(request) else { return answer }
      var answer = HTTPStub.Answer(200, body: body)
      answer.tellsLength = false
      return answer
    }
    #expect(await failure(hub)?.code == .mismatch)
    #expect(sample.blobs.isEmpty)
  }

  @Test("A file with another hash than announced is refused, and not kept")
  func wrongHash() async throws {
    let other = HubSample.bytes(300_000, 2)
    let hub = try sample.hub { request, answer in
      Self.isStored(request) ? HTTPStub.Answer(200, body: other) : answer
    }
    let error = await failure(hub)
    #expect(error?.code == .mismatch)
    #expect(error?.message.contains(hash) == true)
    #expect(sample.blobs.isEmpty)
  }

  @Test("A small file with another hash than git's is refused, too")
  func wrongSmallFile() async throws {
    let folder = try HubSample(HubSample.folder())
    let hub = try folder.hub(announcing: ["config.json": String(repeating: "a", count: 40)])
    let error = await #expect(throws: ModelStoreError.self) {
      try await folder.store(hub).pull(reference)
    }
    #expect(error?.code == .mismatch)
    #expect(error?.message.contains("config.json") == true)
  }

  @Test("A hub that names another file on the way than in its description is not believed")
  func contradiction() async throws {
    let hub = try sample.hub { request, answer in
      var answer = answer
      if answer.status == 302 { answer.fields["X-Linked-Size"] = "7" }
      return answer
    }
    #expect(await failure(hub)?.code == .mismatch)
    #expect(hub.storage.requests.isEmpty)
  }

  @Test(
    "A description that is none is told as such", arguments: ["", "<html>", "{\"sha\": \"x\"}"])
  func noDescription(text: String) async throws {
    let hub = try sample.hub { _, _ in HTTPStub.Answer(200, body: Data(text.utf8)) }
    let error = await failure(hub)
    #expect(error?.code == .downloadFailed)
    #expect(error?.message.contains("HF_ENDPOINT") == true)
  }

  @Test("Files that would lie outside of the folder are not there")
  func escapes() async throws {
    let text =
      "{\"sha\": \"\(HubStub.commit)\", \"siblings\": [{\"rfilename\": \"../../x.gguf\"}, "
      + "{\"rfilename\": \"/etc/x.gguf\"}, {\"rfilename\": \"a//b.gguf\"}]}"
    let hub = try sample.hub { _, _ in HTTPStub.Answer(200, body: Data(text.utf8)) }
    #expect(await failure(hub)?.code == .unsupportedReference)
  }

  // MARK: Refusals

  @Test("A model with terms says where to accept them and which variable has the token")
  func gated() async throws {
    let hub = try sample.hub { _, _ in HTTPStub.Answer(401, ["X-Error-Code": "GatedRepo"]) }
    let error = await failure(hub)
    #expect(error?.code == .refused)
    #expect(error?.message.contains("\(hub.hub.address)/acme/tiny") == true)
    #expect(error?.message.contains("HF_TOKEN") == true)
    #expect(hub.hub.requests.count == 1)
  }

  @Test("What the hub does not give is told, each for what it is")
  func refusals() async throws {
    let cases: [(Int, [String: String], ModelStoreError.Code, String)] = [
      (401, [:], .refused, "set HF_TOKEN"), (403, [:], .refused, "Accept them at"),
      (404, [:], .unknownModel, "no such model"),
      (404, ["X-Error-Code": "RevisionNotFound"], .unknownModel, "no revision 'main'"),
      (418, [:], .downloadFailed, "status 418"),
    ]
    for (status, fields, code, words) in cases {
      let hub = try sample.hub { _, _ in HTTPStub.Answer(status, fields) }
      let error = await failure(hub)
      #expect(error?.code == code)
      #expect(error?.message.contains(words) == true, "\(status): \(String(describing: error))")
    }
    let hub = try sample.hub { _, _ in HTTPStub.Answer(401) }
    let error = await failure(hub, ["HF_TOKEN": "hf_wrong"])
    #expect(error?.message.contains("does not take your token") == true)
    #expect(error?.message.contains("hf_wrong") == false)
  }

  @Test("A hub that is asked too often or in trouble is asked again", arguments: [429, 503])
  func busy(status: Int) async throws {
    let hub = try sample.hub { request, answer in
      request.number < 2 ? HTTPStub.Answer(status) : answer
    }
    #expect(try await Data(contentsOf: sample.store(hub).pull(reference)) == weights)
    // The description thrice, where the file is thrice, and again for each time at the storage.
    #expect(hub.hub.requests.count == 8)
    #expect(hub.storage.requests.count == 3)
  }

  @Test("An address of storage that holds no more is asked for anew")
  func expired() async throws {
    let hub = try sample.hub { request, answer in
      Self.isStored(request) && request.number == 0 ? HTTPStub.Answer(403) : answer
    }
    #expect(try await Data(contentsOf: sample.store(hub).pull(reference)) == weights)
    #expect(hub.hub.requests.count == 3)
    let never = try sample.hub { request, answer in
      Self.isStored(request) ? HTTPStub.Answer(403) : answer
    }
    try FileManager.default.removeItem(at: sample.folder)
    let error = await failure(never)
    #expect(error?.code == .downloadFailed)
    #expect(error?.message.contains("terms") == false)
  }

  @Test("A hub that stays busy, or asks for an hour, is given up")
  func staysBusy() async throws {
    let busy = try sample.hub { _, _ in HTTPStub.Answer(429) }
    #expect(await failure(busy)?.code == .unreachable)
    #expect(busy.hub.requests.count == 5)
    let hour = try sample.hub { _, _ in HTTPStub.Answer(429, ["Retry-After": "3600"]) }
    #expect(await failure(hour)?.code == .unreachable)
    #expect(hour.hub.requests.count == 1)
  }

  // MARK: Redirects and connections

  @Test("Redirects that go in circles, or on and on, end")
  func circles() async throws {
    let circle = try sample.hub { request, answer in
      Self.isStored(request) ? HTTPStub.Answer(302, ["Location": request.path]) : answer
    }
    let error = await failure(circle)
    #expect(error?.code == .downloadFailed)
    #expect(error?.message.contains("in circles") == true)
    #expect(circle.storage.requests.count == 1)
    let endless = try sample.hub { request, _ in
      HTTPStub.Answer(302, ["Location": request.path + "x"])
    }
    #expect(await failure(endless)?.code == .downloadFailed)
    #expect(endless.hub.requests.count == 10)
  }

  @Test("A redirect to a file of this machine is not followed")
  func otherScheme() async throws {
    let hub = try sample.hub { request, answer in
      Self.isStored(request) ? HTTPStub.Answer(302, ["Location": "file:///etc/passwd"]) : answer
    }
    #expect(await failure(hub)?.code == .downloadFailed)
  }

  @Test("No network, no TLS and no address are told, each for what it is")
  func connections() async throws {
    let hub = try sample.hub()
    for (endpoint, words) in [
      ("http://127.0.0.1:9", "does not answer"), ("http://no-such-host.invalid", "not known here"),
      ("https://127.0.0.1:\(hub.hub.port)", "is not secure"),
    ] {
      let error = await failure(hub, ["HF_ENDPOINT": endpoint])
      #expect(error?.code == .unreachable)
      #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }
    let error = await #expect(throws: ModelStoreError.self) {
      try await sample.store(hub, ["HF_ENDPOINT": "hub.example"]).pull(reference)
    }
    #expect(error?.code == .unsupportedReference)
    #expect(error?.message.hasPrefix("HF_ENDPOINT: 'hub.example' is no address") == true)
  }

  // MARK: The disk

  @Test(
    "A disk without room is noticed before, one that fills up when it does",
    .enabled(if: SmallDisk.isAvailable, "needs the right to mount a small file system"))
  func fullDisk() async throws {
    let disk = try SmallDisk(bytes: 400_000)
    let filler = disk.url.appendingPathComponent("filler")
    try Data(count: 200_000).write(to: filler)
    let early = try sample.hub()
    let place = ["HF_HOME": disk.url.path]
    let error = await #expect(throws: ModelStoreError.self) {
      try await sample.store(early, place).pull(reference)
    }
    #expect(error?.code == .diskFull)
    #expect(error?.message.contains("HF_HOME") == true)
    #expect(early.storage.requests.isEmpty)
    try FileManager.default.removeItem(at: filler)
    let late = try sample.hub { request, answer in
      if Self.isStored(request) {
        try? Data(count: 200_000).write(to: filler)
      }
      return answer
    }
    let second = await #expect(throws: ModelStoreError.self) {
      try await sample.store(late, place).pull(reference)
    }
    #expect(second?.code == .diskFull)
    // Nothing is lost of what has arrived.
    try FileManager.default.removeItem(at: filler)
    let file = try await sample.store(early, place).pull(reference)
    #expect(try Data(contentsOf: file) == weights)
    #expect(early.storage.requests.first?.fields["range"] != nil)
  }

  @Test("A cache that cannot be written is told with the way round it")
  func unwritable() async throws {
    let file = sample.scratch.url.appendingPathComponent("file")
    try Data().write(to: file)
    let hub = try sample.hub()
    let error = await #expect(throws: ModelStoreError.self) {
      try await sample.store(hub, ["HF_HOME": file.path]).pull(reference)
    }
    #expect(error?.code == .cacheUnusable)
    #expect(error?.message.contains("HF_HOME") == true)
  }
}

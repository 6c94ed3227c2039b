import Foundation
import ModelStore
import Synchronization
import TestSupport
import Testing

@Suite("casthost with models of the hub", .timeLimit(.minutes(1)))
struct HubCommandTests {
  private static let model = Result {
    try Data(contentsOf: URL(fileURLWithPath: Recipe.tinyModel()))
  }
  private static let noHash = String(repeating: "0", count: 40)

  private let command: Command
  private let weights: Data

  init() throws {
    command = try Command()
    weights = try Self.model.get()
  }

  private func hub(
    twist: @escaping HubStub.Twist = { _, answer in answer }
  ) throws -> HubStub {
    let hash = sha256(of: Array(weights))
    let files = ["tiny.gguf"]
      .map { HubStub.File(path: $0, content: weights, sha256: hash, gitHash: Self.noHash) }
    return try HubStub("acme/tiny", files, twist: twist)
  }

  private func run(_ hub: HubStub, _ arguments: String...) async throws -> Command.Outcome {
    try await command.run(arguments, environment: ["HF_ENDPOINT": hub.hub.address])
  }

  private var repository: URL {
    command.cache.appendingPathComponent("huggingface/hub/models--acme--tiny")
  }

  @Test("A model is pulled, listed, shown, and run, in the same words everywhere")
  func wholeWay() async throws {
    let hub = try hub()
    let pulled = try await run(hub, "models", "pull", "hf:acme/tiny")
    let file = repository.appendingPathComponent("snapshots/\(HubStub.commit)/tiny.gguf")
    #expect(pulled.status == 0, "\(pulled.errors)")
    #expect(pulled.output == file.path + "\n")
    #expect(pulled.errors.hasPrefix("hf:acme/tiny: downloading "))
    let count = hub.hub.requests.count
    let listed = try await run(hub, "models", "list")
    let line = listed.output.split(separator: "\n").last { $0.hasPrefix("hf:acme/tiny:tiny.gguf ") }
    #expect(line?.contains("llama") == true && line?.hasSuffix("downloaded") == true)
    let shown = try await run(hub, "models", "show", "hf:acme/tiny")
    #expect(shown.status == 0)
    #expect(shown.output.contains(file.path))
    #expect(shown.output.contains("(\(weights.count) bytes)"))
    #expect(shown.output.contains(sha256(of: Array(weights))))
    #expect(shown.output.contains(#/memory +[\d.]+ MB opened, and \d+ B for each token/#))
    let tokens = try await run(hub, "tokenize", "--model", "hf:acme/tiny:tiny.gguf", "--ids", "a")
    #expect(tokens.status == 0)
    let recipe = try Recipe("print(cast.model().name, cast.model(cast.args[1]).name)")
    for (reference, name) in [("hf:acme/tiny", "tiny"), ("hf:acme/tiny:tiny.gguf", "tiny")] {
      let ran = try await run(
        hub, "run", recipe.path, "--model", reference, "--", reference)
      #expect(ran.status == 0, "\(ran.errors)")
      #expect(ran.output == "\(name)\t\(name)\n")
    }
    #expect(hub.hub.requests.count == count, "something else than the pull has asked the hub")
  }

  @Test("A recipe may open a model of the hub where it is allowed to, and never fetches one")
  func recipe() async throws {
    let hub = try hub()
    let recipe = try Recipe("print(cast.model('hf:acme/tiny:tiny.gguf').name)")
    let tiny = try Recipe.tinyModel()
    func run(_ more: String...) async throws -> Command.Outcome {
      try await command.run(
        ["run", recipe.path, "--model", tiny] + more,
        environment: ["HF_ENDPOINT": hub.hub.address])
    }
    let refused = try await run()
    #expect(refused.status == 3)
    #expect(refused.errors.contains("--allow-model=hf:acme/tiny:tiny.gguf"))
    let missing = try await run("--allow-model=hf:acme/tiny:tiny.gguf")
    #expect(missing.status == 1)
    #expect(missing.errors.contains("Run: casthost models pull hf:acme/tiny:tiny.gguf"))
    #expect(hub.hub.requests.isEmpty)
    _ = try await self.run(hub, "models", "pull", "hf:acme/tiny")
    for pattern in ["hf:acme/tiny:tiny.gguf", "hf:acme/*"] {
      let opened = try await run("--allow-model=\(pattern)")
      #expect(opened.status == 0, "\(opened.errors)")
      #expect(opened.output == "tiny\n")
    }
    let own = try await self.run(hub, "run", recipe.path, "--model", "hf:acme/other")
    #expect(own.status == 1)
    #expect(own.errors.contains("Run: casthost models pull hf:acme/other"))
  }

  @Test("What the hub refuses ends in 1 with one sentence, what is misspelt in 2")
  func refusals() async throws {
    let gated = try hub { _, _ in HTTPStub.Answer(401, ["X-Error-Code": "GatedRepo"]) }
    let refused = try await run(gated, "models", "pull", "hf:acme/tiny")
    #expect(refused.status == 1)
    #expect(refused.output.isEmpty)
    #expect(refused.errors.contains("HF_TOKEN"))
    #expect(refused.errors.split(separator: "\n").count == 1)
    for (status, reference) in [(2, "hf:tiny"), (2, "hf:acme/tiny:other.gguf")] {
      let outcome = try await run(try hub(), "models", "pull", reference)
      #expect(outcome.status == status, "\(outcome.errors)")
      #expect(outcome.errors.split(separator: "\n").count == 1)
    }
  }

  @Test("An interrupted pull ends in 130 and keeps what came")
  func interrupted() async throws {
    let isOver = Mutex(false)
    defer { isOver.withLock { $0 = true } }
    let hub = try hub { request, answer in
      guard request.path.hasPrefix("/storage/") else { return answer }
      var answer = answer
      answer.meanwhile = {
        while !isOver.withLock({ $0 }) { Thread.sleep(forTimeInterval: 0.02) }
      }
      return answer
    }
    let outcome = try await command.run(
      ["models", "pull", "hf:acme/tiny"], environment: ["HF_ENDPOINT": hub.hub.address]
    ) { process in
      while hub.storage.requests.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
      kill(process, SIGINT)
    }
    #expect(outcome.status == 130)
    #expect(outcome.errors.contains("interrupted"))
    let blobs = repository.appendingPathComponent("blobs").path
    let left = try FileManager.default.contentsOfDirectory(atPath: blobs)
    #expect(left == [sha256(of: Array(weights)) + ".incomplete"])
  }
}

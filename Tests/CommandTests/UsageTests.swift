import Testing

@Suite("Talking to the command line", .timeLimit(.minutes(1)))
struct UsageTests {
  @Test("--version prints a version and nothing else")
  func version() async throws {
    let outcome = try await Command().run(["--version"])
    #expect(outcome.status == 0)
    #expect(outcome.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
    #expect(outcome.errors.isEmpty)
  }

  @Test(
    "Help teaches: it says what the thing is and shows a command to copy",
    arguments: [
      (["--help"], "casthost models pull"),
      (["run", "--help"], "casthost run Scripts/quickstart.lua"),
      (["models", "pull", "--help"], "casthost models pull qwen2.5-coder-0.5b-instruct"),
      (["help", "models"], "XDG_CACHE_HOME"),
      ([], "casthost run"),
    ])
  func help(arguments: [String], example: String) async throws {
    let outcome = try await Command().run(arguments)
    #expect(outcome.status == 0)
    #expect(outcome.output.contains(example))
    #expect(outcome.errors.isEmpty)
  }

  @Test(
    "A wrong command line ends in 2, and says what is wrong on standard error",
    arguments: [
      (["--nonsense"], "--nonsense"),
      (["nonsense"], "nonsense"),
      (["models", "nonsense"], "nonsense"),
      (["run"], "recipe"),
      (["mine.lua"], "casthost run mine.lua"),
      (["run", "r.lua", "--threads", "0"], "--threads must be from 1 to 256 (found 0)"),
      (["tokenize", "a", "--threads", "257"], "--threads must be from 1 to 256 (found 257)"),
      (["run", "r.lua", "--threads", "two"], "two"),
      (["run", "r.lua", "--time-limit=-1"], "--time-limit"),
      (["run", "r.lua", "--time-limit=nan"], "--time-limit"),
      (["run", "r.lua", "--lua-time", "0"], "--lua-time"),
      (["run", "r.lua", "--lua-memory", "0"], "--lua-memory"),
      (["run", "r.lua", "--tensor-memory", "9223372036854775807"], "--tensor-memory"),
      (["run", "r.lua", "--seed=-3"], "--seed"),
      (["run", "r.lua", "--on-hook-error", "ignore"], "stop"),
    ])
  func usage(arguments: [String], complaint: String) async throws {
    let outcome = try await Command().run(arguments)
    #expect(outcome.status == 2)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains(complaint))
  }
}

import ArgumentParser

/// `casthost test`.
struct TestCommand: AsyncParsableCommand, TellsCauses, ConfinesItself {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Runs the tests of recipes.",
    usage: "casthost test [<file or folder> …] [<options>]",
    discussion: """
        casthost test                    every test below this folder
        casthost test vector_test.lua
        casthost test --update           write what the recipes print now

      Tests are files named *_test.lua or test_*.lua, with describe, it and expect (casthost help \
      describe), and recipes with what they print beside them: sample.lua and sample.expected. \
      Each file has a Lua state of its own and may read the folders that are named; cast.model() \
      is a tiny random model, made in milliseconds and always the same.

      Exit code 0 where all tests pass, 1 where one fails or there is none.
      """)

  @Argument(
    help: ArgumentHelp("Files, or folders to search. (default: .)", valueName: "file or folder"))
  var paths: [String] = []

  @Option(help: "What cast.model() opens instead: a registered name, hf:owner/repo, or a path.")
  var model: String?

  @Option(help: "The seed of every random draw.")
  var seed: UInt64 = 0

  @Option(help: "Threads to compute on. (default: one per core)")
  var threads: Int?

  @Option(help: ArgumentHelp("Time of each file, 0 for no limit.", valueName: "seconds"))
  var timeLimit = 60.0

  @Option(help: "How the results are written: for people, or in a format of other tools.")
  var format = TestFormat.human

  @Flag(help: "Write what samples print to their .expected files.")
  var update = false

  @Flag(
    name: .customLong("no-outer-ring"),
    help: "Do not ask the kernel to close what the tests do not need: for debugging.")
  var leavesKernelOpen = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    try check(threads: threads)
    guard timeLimit >= 0, timeLimit.isFinite else {
      throw ValidationError("--time-limit must be a number of seconds (found \(timeLimit)).")
    }
  }

  private var runner: TestRunner {
    TestRunner(
      paths: paths.isEmpty ? ["."] : paths, reference: model, seed: seed, threads: threads,
      seconds: timeLimit > 0 ? timeLimit : nil, format: format, rewrites: update)
  }

  func confine() throws {
    guard !leavesKernelOpen else {
      Console.note("outer ring: off (--no-outer-ring)")
      return
    }
    runner.confine(tells: common.verbose)
  }

  func run() async throws { try await runner.run() }
}

/// How results of tests are written.
enum TestFormat: String, CaseIterable, ExpressibleByArgument {
  case human, tap, junit
}

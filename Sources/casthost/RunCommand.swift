import ArgumentParser

/// `casthost run`.
struct RunCommand: AsyncParsableCommand, TellsCauses {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Runs a recipe.",
    discussion: """
      casthost run Scripts/quickstart.lua
      casthost run recipe.lua --model smollm2-135m-instruct --seed 7
      casthost run recipe.lua --out results -- --scale=6
      casthost run recipe.lua -- --help      the recipe's own options

      A recipe may read the Lua modules beside it, load the model that you name, and print. \
      Everything else takes a flag below; no flag opens the network or other programs.
      """)

  @Argument(help: "The recipe, a Lua file.")
  var recipe: String

  @Option(help: "The model: a registered name or the path of a .gguf file.")
  var model: String?

  @Option(help: "The seed of every random draw.")
  var seed: UInt64 = 0

  @Option(help: "Threads to compute on. (default: one per core)")
  var threads: Int?

  @Option(
    help: "What a failing hook does: stop the run, or disable that hook and carry on.")
  var onHookError = RunSettings.HookErrorPolicy.stop

  @OptionGroup(title: "Permissions") var permissions: PermissionOptions
  @OptionGroup(title: "Limits") var limits: LimitOptions
  @OptionGroup var common: CommonOptions

  @Argument(parsing: .postTerminator, help: "Options of the recipe itself, after '--'.")
  var options: [String] = []

  var settings: RunSettings {
    RunSettings(
      recipe: recipe, model: model, seed: seed, threads: threads,
      permissions: permissions.permissions,
      limits: limits.limits(trusted: permissions.allowAll), onHookError: onHookError,
      options: options)
  }

  func validate() throws {
    if let threads, threads < 1 {
      throw ValidationError("--threads must be at least 1 (found \(threads)).")
    }
  }

  func run() async throws {
    try await RecipeRunner(settings).run()
  }
}

extension RunSettings.HookErrorPolicy: ExpressibleByArgument {}

/// The flags that open something to a recipe.
struct PermissionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The folder that cast.out writes to.", valueName: "dir"))
  var out: String?

  @Flag(help: "Let cast.out replace files that are there.")
  var force = false

  @Option(help: ArgumentHelp("Folders the recipe may read.", valueName: "dir,…"))
  var allowRead: [String] = []

  @Option(help: ArgumentHelp("Folders the recipe may write.", valueName: "dir,…"))
  var allowWrite: [String] = []

  @Option(help: ArgumentHelp("Folders it may not read after all.", valueName: "dir,…"))
  var denyRead: [String] = []

  @Option(help: ArgumentHelp("Folders it may not write after all.", valueName: "dir,…"))
  var denyWrite: [String] = []

  @Option(help: ArgumentHelp("Further models it may load.", valueName: "glob,…"))
  var allowModel: [String] = []

  @Option(help: ArgumentHelp("Environment variables it may see.", valueName: "name,…"))
  var allowEnv: [String] = []

  @Flag(help: "Let it see the time of day.")
  var allowClock = false

  @Flag(
    name: [.customShort("A"), .long],
    help: "All of the above without limit, for recipes of your own.")
  var allowAll = false

  var permissions: RunSettings.Permissions {
    RunSettings.Permissions(
      out: out, replacesOutput: force, read: items(allowRead), write: items(allowWrite),
      denyRead: items(denyRead), denyWrite: items(denyWrite), models: items(allowModel),
      environment: items(allowEnv), clock: allowClock, everything: allowAll)
  }

  /// The items of options that may be given several times and hold several, split at commas.
  private func items(_ values: [String]) -> [String] {
    values.flatMap { $0.split(separator: ",").map(String.init) }
  }
}

/// The flags that say how much a recipe may use up.
struct LimitOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Wall-clock time of the whole run, 0 for no limit. (default: 600, none with --allow-all)",
      valueName: "seconds"))
  var timeLimit: Double?

  @Option(help: ArgumentHelp("Lua's time for one layer or token hook.", valueName: "seconds"))
  var luaTime = 0.25

  @Option(help: ArgumentHelp("Memory for Lua's values.", valueName: "mib"))
  var luaMemory = 256

  @Option(help: ArgumentHelp("Memory for tensors.", valueName: "mib"))
  var tensorMemory = 1024

  private static let sandboxedSeconds = 600.0
  private static let largestMiB = 1 << 30

  func validate() throws {
    if let timeLimit, !(timeLimit >= 0 && timeLimit.isFinite) {
      throw ValidationError("--time-limit must be a number of seconds (found \(timeLimit)).")
    }
    guard luaTime > 0, luaTime.isFinite else {
      throw ValidationError("--lua-time must be more than 0 seconds (found \(luaTime)).")
    }
    for (name, value) in [("--lua-memory", luaMemory), ("--tensor-memory", tensorMemory)]
    where !(1...Self.largestMiB).contains(value) {
      throw ValidationError("\(name) must be a number of MiB, at least 1 (found \(value)).")
    }
  }

  // A trusted recipe, the user's own, runs without a time limit unless one is given.
  func limits(trusted: Bool) -> RunSettings.Limits {
    let seconds = timeLimit ?? (trusted ? 0 : Self.sandboxedSeconds)
    return RunSettings.Limits(
      wallTime: seconds > 0 ? seconds : nil, luaTime: luaTime, luaMemory: luaMemory << 20,
      tensorMemory: tensorMemory << 20)
  }
}

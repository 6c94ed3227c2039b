import ArgumentParser
import Kernels

/// `casthost run`.
struct RunCommand: AsyncParsableCommand, TellsCauses, ConfinesItself {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Runs a recipe, a Lua script.",
    usage: "casthost run <recipe> [--recipe <recipe>] … [<options>] [-- <options of the recipe>]",
    discussion: """
      casthost run Scripts/quickstart.lua
      casthost run recipe.lua -- --help          the recipe's own options
      casthost run recipe.lua -- --scale=6       one of them set
      casthost run recipe.lua --model my.gguf --out results
      casthost run a.lua --recipe b.lua -- --scale=6 -- --layer=3

      A recipe may read the folder that it lies in, open one model, and print. Everything else \
      takes a flag below; no flag opens the network or other programs. A recipe, a seed and a \
      model give the same output every time.

      Several recipes run one after the other, each in a Lua state of its own: they share the \
      weights of the models and nothing else. Each has the seed, the permissions and the limits \
      of the command line, its own options (those after the first '--' are the first recipe's, \
      and so on), and a folder of its own in that of --out. A failure of one is told, the others \
      run, and the exit code is that of the first failure.
      """)

  @Argument(help: "The recipe, a Lua file or a folder with main.lua.")
  var recipe: String?

  @Option(
    name: .customLong("recipe"),
    help: ArgumentHelp(
      "A further recipe, run after it; may be given again.", valueName: "recipe"))
  var others: [String] = []

  @Option(
    help: ArgumentHelp(
      """
      Write what the run depended on and left behind, with SHA-256s, to a file; --out has it as \
      manifest.json.
      """, valueName: "file"))
  var manifest: String?

  @Flag(
    help: "Tell at the end, on standard error, what each hook and metric of the recipe took.")
  var profile = false

  @OptionGroup(title: "The run") var main: MainOptions
  @OptionGroup(title: "Permissions") var permissions: PermissionOptions
  @OptionGroup(title: "Limits") var limits: LimitOptions
  @OptionGroup var common: CommonOptions

  @Argument(
    parsing: .postTerminator,
    help: ArgumentHelp(
      "Options of the recipe itself, after '--'.", valueName: "options of the recipe"))
  var options: [String] = []

  private var recipes: [String] { (recipe.map { [$0] } ?? []) + others }

  func validate() throws {
    guard !recipes.isEmpty else { throw ValidationError("Missing expected argument '<recipe>'") }
    guard recipes.count > 1 else { return }
    guard !main.watch else { throw ValidationError("--watch takes one recipe.") }
    guard manifest == nil else {
      throw ValidationError(
        "--manifest takes one recipe; --out has a manifest for each of several.")
    }
    guard options.split(separator: "--", omittingEmptySubsequences: false).count <= recipes.count
    else { throw ValidationError("There are more '--' than recipes.") }
  }

  private var settings: RunSettings {
    var settings = RunSettings(
      recipe: recipes[0], main: main, permissions: permissions, limits: limits, options: options)
    settings.manifest = manifest
    settings.profiles = profile
    return settings
  }

  private var series: RecipeSeries { RecipeSeries(settings, recipes: recipes) }

  func confine() throws {
    try series.confine(tells: common.verbose)
  }

  func run() async throws {
    if main.watch {
      try await RecipeWatch(settings).run()
    } else if recipes.count > 1 {
      try await series.run()
    } else {
      try await RecipeRunner(settings).run()
    }
  }
}

extension RunSettings.HookErrorPolicy: ExpressibleByArgument {}

extension RunSettings {
  /// What a command line says of a run.
  init(
    recipe: String, main: MainOptions, permissions: PermissionOptions, limits: LimitOptions,
    options: [String]
  ) {
    self.init(
      recipe: recipe, model: main.model, seed: main.seed, threads: main.threads,
      arithmetic: main.arithmetic, context: main.context,
      permissions: permissions.permissions,
      limits: limits.limits(trusted: permissions.allowAll), onHookError: main.onHookError,
      checksCache: main.checkCache, options: options, outerRing: permissions.usesOuterRing)
  }
}

/// What the recipe works with.
struct MainOptions: ParsableArguments {
  @Option(
    help: """
      What cast.model() opens: a registered name, hf:owner/repo or hf:owner/repo:file.gguf, or the \
      path of a .gguf file or a model folder. (default: smollm2-135m-instruct)
      """)
  var model: String?

  @Option(help: "The seed of every random draw.")
  var seed: UInt64 = 0

  @Option(help: "Threads to compute on. (default: one per core)")
  var threads: Int?

  @Option(help: Arithmetic.help)
  var arithmetic = Arithmetic.precise

  @Option(
    help: ArgumentHelp(
      """
      Positions that are wanted, of a model that rotates by other frequencies in long contexts \
      (longrope, as Phi 3.5). (default: the short one's)
      """, valueName: "tokens"))
  var context: Int?

  @Option(
    help: ArgumentHelp(
      "What a failing hook does: stop the run, or disable that hook and carry on.",
      valueName: "policy"))
  var onHookError = RunSettings.HookErrorPolicy.stop

  @Flag(
    help: """
      Compute again, alone and from the first token, whatever was computed once for several \
      sequences, and stop at the first difference. Slow.
      """)
  var checkCache = false

  @Flag(
    help: """
      Run again whenever the recipe or a module that it requires is saved, each time in a fresh \
      Lua state; the model stays loaded. Ctrl-C ends.
      """)
  var watch = false

  func validate() throws {
    try check(threads: threads)
    if let context, context < 1 {
      throw ValidationError("--context must be at least 1 (found \(context)).")
    }
  }
}

/// The flags that open something to a recipe.
struct PermissionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The folder that cast.out writes to; made if it is not there.", valueName: "dir"))
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

  @Option(
    help: ArgumentHelp("Variables of the environment it may read (cast.env).", valueName: "name,…"))
  var allowEnv: [String] = []

  @Flag(help: "Let os.time follow the clock, not stand at the start.")
  var allowClock = false

  @Flag(
    name: [.customShort("A"), .long],
    help: "All of the above, and no time limit: for recipes of your own.")
  var allowAll = false

  @Flag(
    name: .customLong("no-outer-ring"),
    help: "Do not ask the kernel to close what the run does not need: for debugging.")
  var leavesKernelOpen = false

  var usesOuterRing: Bool { !leavesKernelOpen }

  var permissions: RunSettings.Permissions {
    RunSettings.Permissions(
      out: out, replacesOutput: force, read: items(allowRead), write: items(allowWrite),
      denyRead: items(denyRead), denyWrite: items(denyWrite), models: items(allowModel),
      variables: items(allowEnv), clock: allowClock, everything: allowAll)
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
      "Time of the whole run, 0 for no limit. (default: 600, none with --allow-all)",
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

/// Runs one recipe: a fresh Lua state with `cast` in it.
public final class ScriptHost {
  /// What a run is told from outside.
  public struct Settings: Sendable {
    /// Path of the recipe: a text file, or a folder with `main.lua`.
    public var recipe: String
    /// The arguments after `--`.
    public var arguments: [String] = []
    /// Where `require` looks after the recipe's own folder and `lib` of the `Scripts` it lies in.
    public var libraryFolders: [String] = []
    /// What the recipe may touch.
    public var capabilities = Capabilities()
    /// What the recipe may use up.
    public var limits = ScriptLimits()
    /// The seed of every random number of the run.
    public var seed: UInt64 = 0
    /// Seconds since 1970 that the recipe sees as the time of the run.
    public var startTime = 0
    /// Whether the recipe sees the clock instead (`--allow-clock`).
    public var allowsClock = false
    /// The environment, of which `cast.env` shows what the capabilities allow.
    public var environment: [String: String] = [:]
    /// What `cast.version` shows.
    public var version = "0"

    /// Makes the settings of a default run.
    public init(recipe: String) { self.recipe = recipe }

    /// Whether the arguments ask for the recipe's options.
    var asksForHelp: Bool { arguments.contains { $0 == "--help" || $0 == "-h" } }
  }

  /// The state that the recipe runs in.
  public let machine: LuaMachine
  /// The module `cast`; complete it before ``run()``.
  public let cast = HostModule("cast")
  /// Called with the path of each source file before it is read: the recipe and its modules, also
  /// where a module was looked for and is not.
  public var willReadSource: (String) -> Void = { _ in }
  let settings: Settings
  let files: FileAccess
  private let library: CastLibrary
  var models: ModelLibrary?
  private let recipeFile: (folder: String, name: String)?

  /// Makes the state; reads nothing but where the recipe lies.
  ///
  /// - Throws: ``LuaError`` where the machine has no memory for a state.
  public init(
    _ settings: Settings, console: ScriptConsole = .silent, stopSwitch: StopSwitch = StopSwitch()
  ) throws(LuaError) {
    self.settings = settings
    recipeFile = FileAccess.locateRecipe(settings.recipe)
    files = FileAccess(
      settings.capabilities, limits: settings.limits, recipeFolder: recipeFile?.folder ?? ".")
    machine = try LuaMachine(
      console: console, limits: settings.limits, seed: settings.seed,
      startTime: settings.startTime, allowsClock: settings.allowsClock, stopSwitch: stopSwitch)
    library = CastLibrary(settings, files)
    library.declare(in: cast)
  }

  deinit {
    machine.close()
    models?.close()
  }

  /// Told of every file that the run uses; set it before ``run()``.
  public var onFileUse: ((FileUse) -> Void)? {
    didSet { files.observer = onFileUse }
  }

  /// What the recipe says about itself; known when it has called `cast.recipe`.
  public var recipe: RecipeInfo { library.recipe }

  /// Runs the recipe to its end.
  ///
  /// - Throws: ``LuaError``: code `usage` where the recipe cannot be read, `help` where the
  ///   arguments asked for its options (the message is the help), else what ended it.
  public func run() throws(LuaError) {
    guard let recipeFile else {
      throw LuaError(
        .usage,
        "\(settings.recipe): no such recipe (a .lua file or a folder with "
          + "main.lua expected)")
    }
    willReadSource(recipeFile.folder + "/" + recipeFile.name)
    let source = try FileAccess.readRecipe(
      recipeFile.folder, recipeFile.name, limit: settings.limits.sourceBytes)
    let path = PathText.absolute(recipeFile.name, from: recipeFile.folder)
    onFileUse?(FileUse(kind: .recipe, path: path, content: .bytes(source)))
    try run(source, name: recipeFile.name)
  }

  /// Runs a text as the recipe.
  ///
  /// - Parameters:
  ///   - source: The recipe's text.
  ///   - name: What messages call it.
  /// - Throws: ``LuaError``: what ended the recipe.
  public func run(_ source: [UInt8], name: String) throws(LuaError) {
    install()
    try machine.call(machine.load(source, name: name), in: .load, results: 0)
  }

  func install() {
    machine.setGlobal("cast", cast)
    machine.setRequired("cast", cast)
    machine.setRequire(
      ModuleFinder(
        folders: ModuleFinder.folders(
          recipe: recipeFile?.folder ?? ".", libraries: settings.libraryFolders),
        limit: settings.limits.sourceBytes, willRead: willReadSource,
        observer: onFileUse))
    machine.hostNames.note(machine.state)
  }
}

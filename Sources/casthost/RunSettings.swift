import Kernels

/// Everything that `casthost run` was told; what a run needs to know and nothing of how it was said.
struct RunSettings: Sendable, Equatable {
  /// Path of the recipe.
  var recipe: String
  /// The model reference for `cast.model()`, or nil for the default model.
  var model: String?
  /// What `cast.seed` is and every draw comes from.
  var seed: UInt64
  /// Threads to compute on, at least 1; nil for one per core.
  var threads: Int?
  /// How the model's products are computed.
  var arithmetic: Arithmetic
  /// Positions that are wanted, for models that rotate by other frequencies in long contexts; nil
  /// for the short one.
  var context: Int?
  /// What the recipe may touch.
  var permissions: Permissions
  /// What the recipe may use up.
  var limits: Limits
  /// What a failing hook does.
  var onHookError: HookErrorPolicy
  /// Whether what is computed once for several sequences is computed again for each and compared.
  var checksCache: Bool
  /// The words after `--`: the recipe's own options.
  var options: [String]
  /// Whether the kernel is asked to close what the run does not need.
  var outerRing = true
  /// Where the manifest of the run is written, besides the folder of `--out`; nil for nowhere.
  var manifest: String?

  /// Whether what hooks and metrics took is told at the end.
  var profiles = false

  /// Capabilities; everything is refused unless it is named here.
  struct Permissions: Sendable, Equatable {
    /// The folder that `cast.out` writes to, or nil.
    var out: String?
    /// Whether files in `out` may be replaced.
    var replacesOutput: Bool
    /// Folders that may be read.
    var read: [String]
    /// Folders that may be written.
    var write: [String]
    /// Folders that may not be read, whatever `read` says.
    var denyRead: [String]
    /// Folders that may not be written, whatever `write` says.
    var denyWrite: [String]
    /// Glob patterns of further model references.
    var models: [String]
    /// Variables of the environment that may be read.
    var variables: [String]
    /// Whether the time of day may be seen.
    var clock: Bool
    /// Reading, writing, models, variables and clock without limit, for recipes of one's own.
    var everything: Bool
  }

  /// Resources.
  struct Limits: Sendable, Equatable {
    /// Wall-clock seconds for the whole run, or nil for no limit.
    var wallTime: Double?
    /// Seconds of Lua for one call of a layer or token hook.
    var luaTime: Double
    /// Bytes that Lua values may take.
    var luaMemory: Int
    /// Bytes that tensors may take.
    var tensorMemory: Int
  }

  /// What happens when a hook fails.
  enum HookErrorPolicy: String, Sendable, CaseIterable {
    /// The run ends.
    case stop
    /// The hook is switched off, the run carries on and is marked degraded.
    case disable
  }
}

/// What a recipe may use up.
public struct ScriptLimits: Sendable, Hashable {
  /// Bytes of Lua values; above it the recipe ends with an error.
  public var luaMemory = 256 << 20
  /// Bytes of Lua values at which the process ends at once; nil: four times `luaMemory`.
  public var hardMemory: Int?
  /// Bytes of tensors.
  public var tensorMemory = 1 << 30
  /// Seconds for the whole run; nil for no limit.
  public var runSeconds: Double?
  /// Seconds of Lua time for one call of a hook, by context.
  public var layerSeconds = 0.25
  /// Seconds of Lua time for one `on_token` hook.
  public var tokenSeconds = 0.25
  /// Seconds of Lua time for one `on_vector_build` hook.
  public var buildSeconds = 30.0
  /// Seconds of Lua time for one metric.
  public var metricSeconds = 10.0
  /// Nested calls from the host into Lua, the recipe itself not counted.
  public var depth = 8
  /// Bytes that `print` may write; the rest is suppressed.
  public var outputBytes = 16 << 20
  /// Lines of log; the rest is suppressed.
  public var logLines = 10_000
  /// Files that `cast.write` may make.
  public var files = 256
  /// Bytes of one file written or read.
  public var fileBytes = 256 << 20
  /// Bytes of a source file.
  public var sourceBytes = 4 << 20

  /// The limits of a sandboxed run.
  public init() {}

  /// Lua time for one call in a context; nil where only the limit of the run counts.
  public func seconds(in context: ScriptContext) -> Double? {
    switch context {
    case .layer: layerSeconds
    case .token: tokenSeconds
    case .build: buildSeconds
    case .metric: metricSeconds
    default: nil
    }
  }
}

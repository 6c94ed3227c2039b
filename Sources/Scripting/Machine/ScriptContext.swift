/// Where in a run Lua code is running; every host function says where it may be called.
public struct ScriptContext: OptionSet, Sendable, Hashable {
  /// The bits, one for each place.
  public let rawValue: UInt8

  /// Makes a set of places.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The recipe's own lines, and the modules that it requires.
  public static let load = ScriptContext(rawValue: 1)
  /// A function that the host calls back in the course of an ordinary call.
  public static let run = ScriptContext(rawValue: 2)
  /// An `on_layer` hook.
  public static let layer = ScriptContext(rawValue: 4)
  /// An `on_token` hook.
  public static let token = ScriptContext(rawValue: 8)
  /// An `on_vector_build` hook.
  public static let build = ScriptContext(rawValue: 16)
  /// A metric.
  public static let metric = ScriptContext(rawValue: 32)

  /// Everywhere.
  public static let anywhere: ScriptContext = [.load, .run, .layer, .token, .build, .metric]
  /// Everywhere but in hooks, which run in the middle of a pass over the model.
  public static let outsideHooks: ScriptContext = [.load, .run, .metric]

  /// The places in words: "the recipe itself, a metric".
  public var description: String {
    let names: [(ScriptContext, String)] = [
      (.load, "the recipe itself"), (.run, "a callback"), (.layer, "an on_layer hook"),
      (.token, "an on_token hook"), (.build, "an on_vector_build hook"), (.metric, "a metric"),
    ]
    return names.filter { contains($0.0) }.map(\.1).joined(separator: ", ")
  }
}

/// What a text may hold besides what the standard says, and how much of it.
public struct JSONRules: Sendable, Hashable {
  /// Most objects and lists that may lie in each other.
  public var deepest: Int
  /// Most values, names not counted.
  public var mostValues: Int
  /// Whether Python's habits are read: the numbers `NaN`, `Infinity` and `-Infinity`, and half a
  /// surrogate pair, which becomes U+FFFD.
  public var allowsPython: Bool

  /// The standard's rules, within bounds that no tree of values runs out of memory in.
  public init(deepest: Int = 64, mostValues: Int = 5_000_000, allowsPython: Bool = false) {
    self.deepest = deepest
    self.mostValues = mostValues
    self.allowsPython = allowsPython
  }

  /// Those of files that Python writes.
  public static let python = JSONRules(allowsPython: true)
}

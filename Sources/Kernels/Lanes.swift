import CKernels

/// The threads that share the work of a step.
///
/// A run costs about a microsecond while work follows work. Idle threads sleep, so a process that
/// waits uses no processor.
public final class Lanes: Sendable {
  /// Number of threads, the caller's included.
  public let count: Int
  // Safety: set once, and the pool may be used from any thread.
  nonisolated(unsafe) let pool: OpaquePointer?

  /// Starts a pool of `count` threads, the caller's included; fewer where the system refuses more.
  public init(count: Int) {
    pool = ck_lanes_create(Int32(clamping: count))
    self.count = Int(ck_lanes_count(pool))
  }

  deinit { ck_lanes_destroy(pool) }

  /// Runs `body(0) … body(parts - 1)`, in any order and on any thread, and returns when all are done.
  ///
  /// Inside a part, or while another thread runs parts, all parts run on the calling thread.
  public func run(_ parts: Int, _ body: (Int) -> Void) {
    precondition(parts >= 0 && parts <= Int(Int32.max), "\(parts) parts")
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) { context in
        ck_lanes_run(
          pool, Int32(parts),
          { context, part in
            context?.assumingMemoryBound(to: ((Int) -> Void).self).pointee(Int(part))
          }, UnsafeMutableRawPointer(mutating: context))
      }
    }
  }
}

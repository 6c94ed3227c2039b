import CLuaShim

/// The thread that a script runs on.
public enum ScriptThread {
  /// Runs `body` on a thread with a stack of its own and waits for it.
  ///
  /// Lua allows 200 nested C calls, and each way back through Swift adds large frames: the default
  /// stack of 16 MiB leaves room for both.
  ///
  /// - Throws: What `body` throws; ``LuaError`` if no thread could be made.
  public static func run<Result>(
    stackSize: Int = 16 << 20, _ body: () throws -> Result
  ) throws -> Result {
    try withoutActuallyEscaping(body) { body in
      let job = Job(body)
      let made = cl_run_on_thread(
        stackSize,
        { context in
          guard let context else { return }
          Unmanaged<AnyJob>.fromOpaque(context).takeUnretainedValue().run()
        },
        Unmanaged<AnyJob>.passUnretained(job).toOpaque())
      guard made, let outcome = job.outcome else {
        throw LuaError(.memoryLimit, "thread for the script: the machine has no room for it")
      }
      return try outcome.get()
    }
  }

  private class AnyJob {
    func run() {}
  }

  private final class Job<Result>: AnyJob {
    let body: () throws -> Result
    var outcome: Swift.Result<Result, any Error>?

    init(_ body: @escaping () throws -> Result) { self.body = body }

    override func run() { outcome = Swift.Result { try body() } }
  }
}

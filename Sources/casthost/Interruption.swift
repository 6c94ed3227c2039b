import Foundation

/// Ctrl-C and its relatives, turned into the cancellation of a task.
enum Interruption {
  /// How long the cancelled task may tidy up before the process ends all the same.
  private static let grace = timespec(tv_sec: 5, tv_nsec: 0)

  /// Runs the body in a task that SIGINT, SIGTERM and SIGHUP cancel.
  ///
  /// A second signal, or a task that is not done within the grace period, ends the process with
  /// ``ExitStatus/interrupted``. A signal that the process was started to ignore stays ignored.
  /// To be called once, before the process has other threads: the signals are blocked here, later
  /// threads inherit that, and one thread waits for them; so no code runs in a signal handler.
  static func cancelling(_ body: @escaping @Sendable () async -> ExitStatus) async -> ExitStatus {
    var awaited = sigset_t()
    sigemptyset(&awaited)
    for signal in [SIGINT, SIGTERM, SIGHUP] where !isIgnored(signal) {
      sigaddset(&awaited, signal)
    }
    pthread_sigmask(SIG_BLOCK, &awaited, nil)
    let task = Task(operation: body)
    let signals = awaited
    Thread.detachNewThread {
      var signals = signals
      var signal: Int32 = 0
      guard sigwait(&signals, &signal) == 0 else { return }
      task.cancel()
      var grace = grace
      sigtimedwait(&signals, nil, &grace)
      if Console.errorIsTerminal { Console.clearLine() }
      Console.failure("interrupted.")
      ExitStatus.interrupted.leave()
    }
    let status = await task.value
    return task.isCancelled ? .interrupted : status
  }

  private static func isIgnored(_ signal: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(signal, nil, &action) == 0 else { return false }
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}

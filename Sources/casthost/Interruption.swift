import Foundation

/// Ctrl-C and its relatives, turned into the cancellation of a task.
enum Interruption {
  /// How long the cancelled task may tidy up before the process ends all the same.
  private static let grace = Duration.seconds(5)

  /// Runs the body in a task that SIGINT, SIGTERM and SIGHUP cancel, and ends the process with
  /// its status, or with ``ExitStatus/interrupted`` where it was cancelled.
  ///
  /// A second signal, or a task that is not done within the grace period, ends the process at
  /// once. A signal that the process was started to ignore stays ignored.
  ///
  /// To be called on the main thread before there are others: the signals are blocked here, later
  /// threads inherit that, and the main thread does nothing but wait for them. So no code runs in
  /// a signal handler, and nothing may depend on the main actor.
  static func runCancellable(_ body: @escaping @Sendable () async -> ExitStatus) -> Never {
    var awaited = sigset_t()
    sigemptyset(&awaited)
    for signal in [SIGINT, SIGTERM, SIGHUP] where !isIgnored(signal) {
      sigaddset(&awaited, signal)
    }
    pthread_sigmask(SIG_BLOCK, &awaited, nil)
    let task = Task.detached {
      let status = await body()
      (Task.isCancelled ? ExitStatus.interrupted : status).leave()
    }
    var signal: Int32 = 0
    while sigwait(&awaited, &signal) != 0 {}
    task.cancel()
    awaitAnother(awaited)
    Console.failure("interrupted.")
    ExitStatus.interrupted.leave()
  }

  /// Returns at the next of the signals, or at the end of the grace period.
  ///
  /// The wait is cut up because a signal that is not awaited, as of an ended child, ends it early.
  private static func awaitAnother(_ signals: sigset_t) {
    var signals = signals
    let deadline = ContinuousClock.now + grace
    while ContinuousClock.now < deadline {
      var slice = timespec(tv_sec: 0, tv_nsec: 100_000_000)
      if sigtimedwait(&signals, nil, &slice) > 0 { return }
    }
  }

  private static func isIgnored(_ signal: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(signal, nil, &action) == 0 else { return false }
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}

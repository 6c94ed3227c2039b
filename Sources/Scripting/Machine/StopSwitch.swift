import CLuaShim

// Safety: the C side is a counted block of atomics, made for being shared between threads.
/// Ends a script from another thread: a signal handler, a timer.
public final class StopSwitch: @unchecked Sendable {
  let control: OpaquePointer

  /// Makes a switch that has not been thrown.
  public init() { control = cl_control_new() }

  deinit {
    cl_watchdog_stop(control)
    cl_control_release(control)
  }

  /// Ends the script at its next safe point with the error "interrupted".
  public func interrupt() { cl_control_stop(control, cl_stop_interrupt) }

  /// Whether the script has been told to stop.
  public var isThrown: Bool { cl_control_reason(control) != cl_stop_none }

  /// Sets the time, in seconds from now, at which the script is ended; nil for never.
  public func setDeadline(seconds: Double?) { cl_control_deadline(control, seconds ?? 0) }

  /// Starts the thread that ends the process with exit code 124 when the script has not stopped
  /// by itself `grace` seconds after its deadline.
  ///
  /// - Returns: Whether the thread could be started.
  public func startWatchdog(grace: Double = 2) -> Bool { cl_watchdog_start(control, grace) }

  /// Stops the watchdog.
  public func stopWatchdog() { cl_watchdog_stop(control) }
}

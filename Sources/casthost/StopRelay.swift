import Scripting
import Synchronization

/// Passes an interruption on to whichever script runs, one after the other.
final class StopRelay: Sendable {
  private struct State {
    var current: StopSwitch?
    var isInterrupted = false
  }

  private let state = Mutex(State())

  /// The switch of the next script; thrown already if the interruption came between two.
  func next() -> StopSwitch {
    let stop = StopSwitch()
    state.withLock { state in
      state.current = stop
      if state.isInterrupted { stop.interrupt() }
    }
    return stop
  }

  /// Whether there was an interruption.
  var isInterrupted: Bool { state.withLock { $0.isInterrupted } }

  /// Ends the script that runs, and those that would follow.
  func interrupt() {
    state.withLock { state in
      state.isInterrupted = true
      state.current?.interrupt()
    }
  }
}

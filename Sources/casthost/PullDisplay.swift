import Foundation
import ModelStore
import Synchronization

/// Shows a pull: a bar on a terminal, elsewhere one line when it begins.
final class PullDisplay: Sendable {
  private let name: String
  private let stage = Mutex(Stage.silent)

  private enum Stage {
    case silent
    case waiting
    case downloading
  }

  /// Shows the pull of a model of that name.
  init(_ name: String) {
    self.name = name
  }

  /// Shows how far the pull is.
  func show(_ progress: PullProgress) {
    switch progress {
    case .waiting:
      if enter(.waiting) {
        Console.note("\(name): another process is fetching it; waiting for that.")
      }
    case .offline:
      finish()
      Console.note("\(name): the hub cannot be reached; what the cache has is taken.")
    case .downloading(let received, let expected):
      let begins = enter(.downloading)
      if Console.errorIsTerminal {
        Console.redraw(bar(received: received, expected: expected))
      } else if begins {
        Console.note("\(name): downloading \(ByteCount(expected)).")
      }
    }
  }

  /// Ends the display; what was fetched is told by who called.
  func finish() {
    let wasDownloading = stage.withLock { stage in
      defer { stage = .silent }
      return stage == .downloading
    }
    if wasDownloading, Console.errorIsTerminal { Console.clearLine() }
  }

  /// Changes the stage; true where it was another.
  private func enter(_ next: Stage) -> Bool {
    stage.withLock { stage in
      defer { stage = next }
      return stage != next
    }
  }

  private func bar(received: Int, expected: Int) -> String {
    let width = 24
    let filled = expected > 0 ? min(width, received * width / expected) : 0
    let percent = expected > 0 ? min(100, received * 100 / expected) : 0
    let drawn =
      String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
    return "\(name) [\(drawn)] \(percent)% of \(ByteCount(expected))"
  }
}

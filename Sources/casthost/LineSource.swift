import CEdit
import Foundation
import Synchronization

/// Where the lines of a session come from.
protocol LineSource: AnyObject {
  /// The next line without its end; nil at the end of the input.
  ///
  /// - Throws: `CancellationError` if the session is interrupted meanwhile.
  func next(prompt: String) throws -> String?
  /// Keeps an entry for later sessions.
  func remember(_ entry: String)
}

/// Waits until standard input has something to read; cut up, to see an interruption meanwhile.
private func awaitInput(_ relay: StopRelay) throws {
  while true {
    if relay.isInterrupted { throw CancellationError() }
    var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    if poll(&input, 1, 100) > 0 { return }
  }
}

/// Lines of a pipe or a file: no prompt, no history.
final class PipedLines: LineSource {
  private var waiting: [UInt8] = []
  private var isAtEnd = false
  private let relay: StopRelay

  init(_ relay: StopRelay) { self.relay = relay }

  func next(prompt: String) throws -> String? {
    while true {
      if let end = waiting.firstIndex(of: UInt8(ascii: "\n")) {
        defer { waiting.removeSubrange(...end) }
        return String(decoding: waiting[..<end], as: UTF8.self)
      }
      if isAtEnd {
        defer { waiting = [] }
        return waiting.isEmpty ? nil : String(decoding: waiting, as: UTF8.self)
      }
      try awaitInput(relay)
      var piece = [UInt8](repeating: 0, count: 4096)
      let count = read(STDIN_FILENO, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      if count > 0 { waiting += piece[..<count] } else { isAtEnd = true }
    }
  }

  func remember(_ entry: String) {}
}

/// Lines that a person edits on a terminal, with the history of earlier sessions.
final class EditedLines: LineSource {
  private static let longest: Int32 = 1000
  private let history: URL
  private let relay: StopRelay

  /// What libedit has handed over; its callback takes no context.
  private static let finished = Mutex<String??>(nil)

  /// - Parameters:
  ///   - history: The file that keeps the entries.
  ///   - relay: Where an interruption shows.
  init(history: URL, _ relay: StopRelay) {
    self.history = history
    self.relay = relay
    setlocale(LC_CTYPE, "")
    using_history()
    stifle_history(EditedLines.longest)
    _ = read_history(history.path)
  }

  func next(prompt: String) throws -> String? {
    EditedLines.finished.withLock { $0 = nil }
    rl_callback_handler_install(prompt) { line in
      let text = line.map { String(cString: $0) }
      free(line)
      EditedLines.finished.withLock { $0 = .some(text) }
    }
    // Gives the terminal back as it was, also when the process is about to end.
    defer { rl_callback_handler_remove() }
    while true {
      try awaitInput(relay)
      rl_callback_read_char()
      if let line = EditedLines.finished.withLock({ $0 }) { return line }
    }
  }

  /// Written at once: a session may end in many ways.
  func remember(_ entry: String) {
    add_history(entry)
    _ = write_history(history.path)
  }

  /// Makes an empty history where there is none, if it can be made.
  static func makeHistory(_ history: URL) {
    guard !FileManager.default.fileExists(atPath: history.path) else { return }
    try? FileManager.default.createDirectory(
      at: history.deletingLastPathComponent(), withIntermediateDirectories: true)
    _ = FileManager.default.createFile(atPath: history.path, contents: nil)
  }
}

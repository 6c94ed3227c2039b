import Foundation

/// Shows how far long work has come: a bar on a terminal, nothing elsewhere.
///
/// Appears after half a second, so that short work does not flicker. Used by one thread.
final class ProgressBar {
  private static let width = 24
  private var work = ""
  private var begun = ContinuousClock.now
  /// How much was done at the start: work that goes on where an earlier run was.
  private var first = 0
  private var drawn = ContinuousClock.now
  private var isVisible = false

  /// Draws the bar, or removes it when the work is done.
  func show(_ work: String, _ done: Int, _ total: Int) {
    guard Console.errorIsTerminal, total > 0 else { return }
    let now = ContinuousClock.now
    if work != self.work || done == 0 {
      self.work = work
      begun = now
      first = done
    }
    guard done < total else {
      self.work = ""
      clear()
      return
    }
    guard now - begun > .milliseconds(500), now - drawn > .milliseconds(100) else { return }
    drawn = now
    isVisible = true
    let filled = done * ProgressBar.width / total
    let bar =
      String(repeating: "#", count: filled)
      + String(repeating: ".", count: ProgressBar.width - filled)
    let seconds = (now - begun) / .seconds(1) * Double(total - done) / Double(max(1, done - first))
    Console.redraw("\(work) [\(bar)] \(done)/\(total), \(ProgressBar.text(seconds)) left")
  }

  /// A time as a person reads it: `42 s`, `12 min`, `3 h 20 min`.
  private static func text(_ seconds: Double) -> String {
    let whole = Int(min(seconds, 1e9).rounded(.up))
    if whole < 120 { return "\(whole) s" }
    let minutes = (whole + 59) / 60
    return minutes < 120 ? "\(minutes) min" : "\(minutes / 60) h \(minutes % 60) min"
  }

  /// Removes the bar, so that a line can be printed.
  func clear() {
    guard isVisible else { return }
    isVisible = false
    Console.clearLine()
  }
}

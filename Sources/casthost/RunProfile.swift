import Foundation
import Scripting

/// What `--profile` tells of a run.
struct RunProfile {
  /// What each hook and metric took.
  let times: [CallbackTime]
  /// Seconds of the whole run.
  let seconds: Double

  /// Prints it on standard error.
  func tell() {
    guard !times.isEmpty else {
      return Console.note("profile: \(Self.duration(seconds)); no hook or metric was called.")
    }
    Console.note("profile: \(Self.duration(seconds)) in all, of which")
    Console.table(
      [["  hook", "registered at", "calls", "total", "mean", "share"]] + times.map(cells),
      right: [2, 3, 4, 5], tell: Console.note)
    if times.contains(where: { $0.kind == "metric" }) {
      Console.note("  A metric's time has that of the models it runs, and of their hooks, in it.")
    }
  }

  private func cells(_ time: CallbackTime) -> [String] {
    let share = seconds > 0 ? 100 * time.seconds / seconds : 0
    return [
      "  " + time.kind, time.place, "\(time.calls)", Self.duration(time.seconds),
      Self.duration(time.seconds / Double(max(time.calls, 1))), String(format: "%.1f %%", share),
    ]
  }

  /// A time with three digits and the unit that suits it.
  static func duration(_ seconds: Double) -> String {
    switch seconds {
    case 100...: String(format: "%.0f s", seconds)
    case 1...: String(format: "%.2f s", seconds)
    case 1e-3...: String(format: "%.3g ms", seconds * 1e3)
    default: String(format: "%.3g µs", seconds * 1e6)
    }
  }
}

import Foundation
import TestSupport
import Testing
import Tokens

@Suite("Hostile texts")
struct HostileTextTests {
  static let patterns = [
    "a", "ab", " ", "\n", " \n", "\n ", "1", "'", "'s", "'r", "<", "<unused", "<|im_start", "é",
    "日", "🙂", "\u{301}", "\u{2581}", "a\u{2581}", ">\u{2581}</", "aA", "\u{3000}", "z\u{A0}",
  ]
  static let fixtures: [Fixture] = [.smolLM2, .qwen, .gemma, .llamaSPM]
    .filter { $0.path != nil }

  /// CPU time of this thread, so that other work on the machine does not count.
  private static func seconds(_ body: () throws -> Void) rethrows -> Double {
    func now() -> Double {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    let start = now()
    try body()
    return now() - start
  }

  /// Eight times the text takes about eight times the time if that is n log n, and 64 times if it is n².
  @Test(
    "A text of one repeated pattern takes linear time",
    .enabled(if: !fixtures.isEmpty, "needs ../shared or a model in the cache"),
    arguments: fixtures)
  func repeated(_ fixture: Fixture) throws {
    let tokenizer = try fixture.tokenizer()
    for pattern in HostileTextTests.patterns {
      let (small, large) = (
        String(repeating: pattern, count: 2048 / pattern.utf8.count),
        String(repeating: pattern, count: 8 * (2048 / pattern.utf8.count))
      )
      var ratios: [Double] = []
      for _ in 0..<3 where ratios.min().map({ $0 >= 16 }) ?? true {
        let before = try HostileTextTests.seconds { _ = try tokenizer.encode(small) }
        var ids: [Int32] = []
        let after = try HostileTextTests.seconds { ids = try tokenizer.encode(large) }
        #expect(!ids.isEmpty)
        ratios.append(after / before)
      }
      #expect(ratios.min().map { $0 < 24 } == true, "\(pattern.debugDescription): \(ratios)")
    }
  }

  @Test(
    "A long word is merged like a short one, and comes back",
    .enabled(if: !fixtures.isEmpty, "needs ../shared or a model in the cache"),
    arguments: fixtures)
  func longWord(_ fixture: Fixture) throws {
    let tokenizer = try fixture.tokenizer()
    let text = String(repeating: "internationalization", count: 500)
    let ids = try tokenizer.encode(text)
    #expect(ids.count < text.utf8.count / 3)
    #expect(try tokenizer.decode(ids, special: true) == Array(text.utf8))
  }
}

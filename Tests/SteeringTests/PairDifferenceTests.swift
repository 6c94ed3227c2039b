import TestSupport
import Testing

@testable import Steering

@Suite("On which tokens a pair differs")
struct PairDifferenceTests {
  /// The length of the longest common subsequence, by trying everything.
  private func longestCommon(_ one: ArraySlice<Int32>, _ other: ArraySlice<Int32>) -> Int {
    guard let a = one.first, let b = other.first else { return 0 }
    if a == b { return 1 + longestCommon(one.dropFirst(), other.dropFirst()) }
    return max(longestCommon(one.dropFirst(), other), longestCommon(one, other.dropFirst()))
  }

  @Test("runs cover both sides in order, same ones are the same, and as many as possible are")
  func alignment() {
    var random = SeededGenerator(seed: 1)
    for _ in 0..<200 {
      func side() -> [Int32] {
        (0..<Int.random(in: 0..<9, using: &random)).map { _ in .random(in: 0..<4, using: &random) }
      }
      let (one, other) = (side(), side())
      let difference = PairDifference(one, other)
      var (i, j, same) = (0, 0, 0)
      for run in difference.runs {
        #expect(run.positive.lowerBound == i && run.negative.lowerBound == j)
        (i, j) = (run.positive.upperBound, run.negative.upperBound)
        guard run.isSame else { continue }
        #expect(one[run.positive].elementsEqual(other[run.negative]))
        same += run.positive.count
      }
      #expect(i == one.count && j == other.count)
      #expect(same == longestCommon(one[...], other[...]), "\(one) \(other)")
      for (run, next) in zip(difference.runs, difference.runs.dropFirst()) {
        #expect(run.isSame != next.isSame)
      }
    }
  }

  @Test("a terminal shows what both have once, and what differs one above the other")
  func shown() {
    let words = ["<s>", "Is it so?\n", "Yes", "No", " indeed", "\u{1B}[31m", "."]
    let difference = PairDifference([0, 1, 2, 6], [0, 1, 3, 4, 5, 6])
    let text = difference.text { ids in ids.map { words[Int($0)] }.joined() }
    #expect(
      text.split(separator: "\n").map(String.init) == [
        "4 tokens on the positive side, 6 on the negative; 1 and 3 differ",
        "        0  <s>Is it so?⏎", "  +     2  [Yes]", "  -     2  [No][ indeed][\\u{1B}[31m]",
        "        3  .",
        "  position 'last' reads [.] on both sides: it sees the difference only "
          + "from behind it",
      ])
    #expect(difference.positiveOnly == [2] && difference.negativeOnly == [2, 3, 4])
    #expect(PairDifference([1], [1]).text { _ in "x" }.contains("all are the same"))
    #expect(PairDifference([], [1]).text { _ in "x" }.contains("a side is empty"))
  }

  @Test("two long sides without anything in common are no work")
  func long() {
    let one = [Int32](repeating: 1, count: 5_000)
    let difference = PairDifference(one, one.map { $0 + 1 })
    #expect(difference.runs.count == 1 && difference.positiveOnly.count == 5_000)
  }
}

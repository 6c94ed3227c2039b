import Engine
import TestSupport
import Testing

@testable import Steering

@Suite("Checking datasets")
struct DatasetCheckTests {
  private func pair(_ positive: String, _ negative: String, answer: String? = nil) -> ContrastPair {
    ContrastPair(
      positive: .text(positive), negative: .text(negative),
      fields: answer.map { ["matching": $0] } ?? [:])
  }

  @Test("balanced pairs of different texts give no warning")
  func sound() throws {
    let pairs = (0..<40)
      .map { number in
        let word = ["aa", "bb", "cc", "dd", "ee", "ff", "gg"][number % 7]
        let (longer, shorter) = ("\(word) number \(number) is it", "\(word) number \(number) was")
        return number % 2 == 0
          ? pair(longer, shorter, answer: "Yes") : pair(shorter, longer, answer: "No")
      }
    let check = try DatasetCheck(ContrastSet(pairs))
    #expect(check.warnings == [])
    #expect(
      check.labels == [
        DatasetCheck.Label(text: "No", count: 20), DatasetCheck.Label(text: "Yes", count: 20),
      ])
    #expect(check.longerPositive == 20 && check.longerNegative == 20)
    #expect(check.text.hasSuffix("nothing to warn of"))
  }

  @Test("what spoils a vector is named, with the pairs")
  func warnings() throws {
    var pairs = (0..<20).map { pair("a long positive \($0)", "short \($0)", answer: "Yes") }
    pairs.append(pairs[3])
    pairs.append(pair("same", "same", answer: "No"))
    pairs.append(
      pair(
        "the quick brown fox jumps over the lazy dog today and then again it jumps over him and runs away",
        "x", answer: "No"))
    pairs.append(
      pair(
        "The quick brown fox jumps over the lazy dog today, and then again it jumps over him and runs",
        "x", answer: "No"))
    let check = try DatasetCheck(ContrastSet(pairs))
    #expect(check.duplicates == [[4, 21]] && check.withoutDifference == [22])
    #expect(check.nearDuplicates.contains([23, 24]))
    let text = check.warnings.joined(separator: "\n")
    #expect(text.contains("'Yes' in 88 % of the pairs"))
    #expect(text.contains("positive side is longer in 96 %"))
    #expect(text.contains("1 pairs occur already (4 and 21)"))
    #expect(text.contains("same text on both sides (22)"))
    #expect(check.text.contains("! The positive answer"))
  }

  @Test("lengths are counted as one is told")
  func lengths() throws {
    let set = ContrastSet([pair("one two three", "four")])
    let check = try DatasetCheck(set) { prompt in
      guard case .text(let text) = prompt else { return 0 }
      return text.split(separator: " ").count
    }
    #expect(check.positiveLength == 3 && check.negativeLength == 1 && check.unit == "tokens")
    #expect(try DatasetCheck(set).positiveLength == 13)
    #expect(try DatasetCheck(ContrastSet([])).pairs == 0)
  }
}

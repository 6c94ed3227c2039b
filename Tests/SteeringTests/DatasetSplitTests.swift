import Engine
import TestSupport
import Testing

@testable import Steering

@Suite("Splitting datasets")
struct DatasetSplitTests {
  private func set(_ texts: [String]) -> ContrastSet {
    ContrastSet(texts.map { ContrastPair(positive: .text($0), negative: .text("no")) })
  }

  @Test("sizes are exact, the order is kept, nothing is lost", arguments: [0, 0.2, 0.5, 0.73, 1])
  func sizes(fraction: Double) {
    let whole = set((0..<200).map { "text \($0)" })
    let (first, rest) = whole.split(fraction)
    #expect(first.count == Int((200 * fraction).rounded()) && first.count + rest.count == 200)
    #expect(Set(first.pairs + rest.pairs) == Set(whole.pairs))
    let places = first.pairs.compactMap { whole.pairs.firstIndex(of: $0) }
    #expect(places == places.sorted())
  }

  @Test("the order of the pairs decides nothing, and neither part shares a row with the other")
  func contents() {
    var random = SeededGenerator(seed: 5)
    for _ in 0..<20 {
      let texts = (0..<60).map { _ in "row \(Int.random(in: 0..<25, using: &random))" }
      let (first, rest) = set(texts).split(0.6)
      let (again, _) = set(texts.shuffled(using: &random)).split(0.6)
      #expect(Set(first.pairs) == Set(again.pairs) && first.count == again.count)
      #expect(Set(first.pairs).isDisjoint(with: rest.pairs))
      #expect(abs(first.count - 36) <= 6)
    }
  }

  @Test("capitals and spaces make no other row, and a question stays on one side")
  func normalized() throws {
    let texts = (0..<40).flatMap { ["Row  number \($0)", "row number \($0)\n"] }
    let (first, rest) = set(texts).split(0.5)
    #expect(first.count == 40 && rest.count == 40)
    let keys = Set(first.pairs.map(\.content))
    #expect(keys.count == 20 && keys.isDisjoint(with: rest.pairs.map(\.content)))
    let rows = (0..<30)
      .flatMap { number in
        [("Yes", "No"), ("No", "Yes")]
          .map {
            #"{"question": "Q\#(number)?", "answer_matching_behavior": "\#($0.0)", "#
              + #""answer_not_matching_behavior": "\#($0.1)"}"#
          }
      }
    let asked = try ContrastSet.parse(rows.joined(separator: "\n"), path: "x.jsonl")
    let (train, test) = asked.split(0.8)
    #expect(train.count == 48)
    #expect(
      Set(train.pairs.compactMap { $0.fields["question"] })
        .isDisjoint(with: test.pairs.compactMap { $0.fields["question"] }))
  }

  @Test("pairs with the same value of a field stay together")
  func fields() {
    let pairs = (0..<100)
      .map {
        ContrastPair(positive: .text("\($0)"), negative: .text(""), fields: ["topic": "\($0 % 10)"])
      }
    let (first, rest) = ContrastSet(pairs).split(0.7, by: "topic")
    #expect(first.count == 70)
    #expect(
      Set(first.pairs.map { $0.fields["topic"] })
        .isDisjoint(with: rest.pairs.map { $0.fields["topic"] }))
  }

  @Test("the hash is FNV-1a with its bits mixed, the same for ever")
  func hash() {
    // Computed with Python: FNV-1a 64 of the UTF-8 bytes, then SplitMix64's finaliser.
    #expect(ContrastSet.hash("") == 0xf52a_15e9_a9b5_e89b)
    #expect(ContrastSet.hash("héllo") == 0x18e3_66c2_ac71_cbbe)
  }
}

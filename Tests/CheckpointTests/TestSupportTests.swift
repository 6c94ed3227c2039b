import Checkpoint
import TestSupport
import Testing

@Suite("The tests' own tools")
struct TestSupportTests {
  @Test("numbers are close within either tolerance, and infinities and NaN to themselves only")
  func closeness() {
    expectClose([1, .nan, .infinity], [1.001, .nan, .infinity], relative: 0.01)
    expectClose(0, 0.005, absolute: 0.01)
    let apart: [(Double, Double)] = [
      (2, 2.1), (.nan, 1), (1, .nan), (.infinity, -.infinity), (1, .infinity), (.infinity, 1),
      (0, 1e-6),
    ]
    for (found, expected) in apart {
      #expect(!isClose(found, expected, relative: 0.01), "\(found) and \(expected)")
    }
  }

  @Test("a seed gives the same numbers, and another seed others")
  func generator() {
    var (first, again, other) = (
      SeededGenerator(seed: 1), SeededGenerator(seed: 1), SeededGenerator(seed: 2)
    )
    let values = first.floats(1000)
    #expect(values == again.floats(1000) && values != other.floats(1000))
    #expect(values.allSatisfy { abs($0) < 1 } && Set(values).count > 990)
    expectClose(Double(values.reduce(0, +)) / 1000, 0, absolute: 0.1, "mean")
    #expect(first.bytes(13).count == 13)
  }

  @Test("every merge of the tiny vocabulary joins two of its pieces into a third")
  func merges() {
    let vocabulary = TinyVocabulary.bytePairs
    let pieces = Set(vocabulary.tokens)
    #expect(pieces.count == vocabulary.tokens.count)
    for merge in vocabulary.merges {
      let parts = merge.split(separator: " ").map { String($0) }
      #expect(parts.count == 2 && parts.allSatisfy(pieces.contains), "\(merge)")
      #expect(pieces.contains(parts.joined()), "\(merge)")
    }
    let bytes = vocabulary.tokens[3..<259]
    #expect(bytes.allSatisfy { $0.unicodeScalars.count == 1 })
    #expect(bytes[3 + 32] == "Ġ" && bytes[3 + 10] == "Ċ" && bytes[3 + 65] == "A")
  }

  @Test("the SentencePiece vocabulary has a score and a kind for every piece")
  func scores() {
    let vocabulary = TinyVocabulary.sentencePiece
    #expect(Set(vocabulary.tokens).count == vocabulary.tokens.count)
    #expect(vocabulary.scores.count == vocabulary.tokens.count)
    #expect(vocabulary.kinds.count == vocabulary.tokens.count)
    #expect(vocabulary.tokens[6 + 0x0a] == "<0x0A>")
  }
}

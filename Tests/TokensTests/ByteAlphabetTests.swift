import TestSupport
import Testing

@testable import Tokens

@Suite("GPT-2's byte alphabet")
struct ByteAlphabetTests {
  @Test("The 256 letters stand for the 256 bytes")
  func letters() {
    let letters = PieceTable(Array(TinyVocabulary.bytePairs.tokens[3..<259]))
    let kinds = [Vocabulary.Kind](repeating: .normal, count: 256)
    let decoded = ByteAlphabet.decode(letters, kinds)
    #expect((0..<256).map { Array(decoded[$0]) } == (0...255).map { [UInt8($0)] })
  }

  @Test("Control tokens and text outside the alphabet stay as they are")
  func plain() {
    let pieces = PieceTable(["Ġa", "Ġa", "日", "", "a b", "\u{144}"])
    let decoded = ByteAlphabet.decode(
      pieces, [.normal, .control, .normal, .normal, .normal, .normal])
    let texts = (0..<6).map { String(decoding: decoded[$0], as: UTF8.self) }
    #expect(texts == [" a", "Ġa", "日", "", "a b", "\u{144}"])
  }

  @Test("A merge is two halves with one space between them")
  func merges() {
    func read(_ line: String) -> [String]? {
      var merge = MergeLine()
      let bytes = Array(line.utf8)
      let isMerge = bytes.withUnsafeBufferPointer { bytes in
        bytes.baseAddress.map { merge.read($0, bytes.count) } ?? false
      }
      guard isMerge else { return nil }
      return [
        String(decoding: merge.bytes[..<merge.leftCount], as: UTF8.self),
        String(decoding: merge.bytes[merge.leftCount..<merge.count], as: UTF8.self),
      ]
    }
    #expect(read("Ġ a") == [" ", "a"])
    #expect(read("abc de") == ["abc", "de"])
    for line in ["", "a", "a ", " a", " ", "a b c", "日 a", "a 日"] {
      #expect(read(line) == nil, "\(line)")
    }
  }
}

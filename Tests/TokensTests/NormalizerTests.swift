import Testing

@testable import Tokens

@Suite("Normalizing text")
struct NormalizerTests {
  private func apply(_ steps: [Normalizer.Step], _ bytes: [UInt8]) -> [UInt8] {
    bytes.withUnsafeBufferPointer { Normalizer(steps: steps).apply($0) }
  }

  @Test("NFC composes, and leaves bytes that are not UTF-8 alone")
  func composed() {
    #expect(apply([.composed], Array("e\u{301}x".utf8)) == Array("éx".utf8))
    #expect(apply([.composed], Array("\u{1100}\u{1161}".utf8)) == Array("가".utf8))
    #expect(apply([.composed], Array("plain é".utf8)) == Array("plain é".utf8))
    #expect(apply([.composed], [0x65, 0xCC, 0x81, 0xFF]) == [0x65, 0xCC, 0x81, 0xFF])
  }

  @Test("A prefix goes before text but not before nothing; replacements do not overlap")
  func steps() {
    let steps: [Normalizer.Step] = [.prepended([0x5F]), .replaced([0x61, 0x61], by: [0x62])]
    #expect(apply(steps, Array("aaa".utf8)) == Array("_ba".utf8))
    #expect(apply(steps, []) == [])
    #expect(apply([.replaced([0x61], by: [])], Array("banana".utf8)) == Array("bnn".utf8))
  }

  @Test("A space mark goes where the rule puts it")
  func spaces() {
    func marked(_ text: String, _ prefix: SpaceRule.Prefix, isFirst: Bool = true) -> String {
      Array(text.utf8)
        .withUnsafeBufferPointer {
          String(
            decoding: SpaceRule(prefix: prefix).apply($0, isFirst: isFirst), as: UTF8.self)
        }
    }
    #expect(marked(" a b", .none) == "▁a▁b")
    #expect(marked(" a", .everyPart) == "▁▁a")
    #expect(marked(" a", .unlessMarked) == "▁a")
    #expect(marked("▁a", .unlessMarked) == "▁a")
    #expect(marked("a", .unlessMarked, isFirst: false) == "▁a")
    #expect(marked("a", .firstUnlessMarked, isFirst: false) == "a")
    #expect(marked("a", .firstUnlessMarked) == "▁a")
  }
}

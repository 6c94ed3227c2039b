import TestSupport
import Testing
import Tokens

@Suite("Streaming text")
struct TextStreamTests {
  @Test("A character that is split over four tokens appears with the last of them")
  func emoji() {
    var stream = TextStream()
    let bytes = Array("a🙂".utf8)
    #expect(stream.append(Array(bytes[0..<2])) == "a")
    #expect(stream.append([bytes[2]]) == "")
    #expect(stream.append([bytes[3]]) == "")
    #expect(stream.append([bytes[4], 0x62]) == "🙂b")
    #expect(stream.flush() == "")
  }

  @Test(
    "The tokens of an emoji that has no token of its own show it once it is whole",
    .enabled(if: RealModel.smolLM2 != nil, "needs SmolLM2 in the cache"))
  func tokens() throws {
    let tokenizer = try Fixture.smolLM2.tokenizer()
    let ids = try tokenizer.encode("🤖")
    #expect(ids.count > 1)
    var stream = TextStream()
    let parts = ids.map { stream.append(tokenizer.piece($0)) }
    #expect(parts.dropLast().allSatisfy { $0.isEmpty })
    #expect(parts.last == "🤖")
  }

  @Test("A character that is never completed becomes U+FFFD at the end")
  func unfinished() {
    var stream = TextStream()
    #expect(stream.append([0x61, 0xF0, 0x9F]) == "a")
    #expect(stream.flush() == "\u{FFFD}")
    #expect(stream.flush() == "")
  }

  @Test("Bytes that begin no character do not wait")
  func illFormed() {
    for bytes: [UInt8] in [[0x80], [0xC1], [0xE0, 0x80], [0xED, 0xA0], [0xF5], [0xF4, 0x90]] {
      var stream = TextStream()
      let text = stream.append(bytes)
      #expect(text == String(decoding: bytes, as: UTF8.self))
      #expect(stream.flush() == "")
    }
  }

  @Test("However bytes are cut up, the text is that of all of them")
  func cuts() {
    var random = SeededGenerator(seed: 11)
    let pool: [[UInt8]] =
      ["a", "é", "日", "🙂", "\0", "\u{10FFFF}"].map { Array($0.utf8) } + [[0xFF], [0xE0], [0xA0]]
    for _ in 0..<300 {
      let bytes = (0..<20).flatMap { _ in pool[Int.random(in: 0..<pool.count, using: &random)] }
      var stream = TextStream()
      var text = ""
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = Int.random(in: 0...min(4, rest.count), using: &random)
        text += stream.append(Array(rest.prefix(count)))
        rest = rest.dropFirst(count)
      }
      text += stream.flush()
      #expect(Array(text.utf8) == Array(String(decoding: bytes, as: UTF8.self).utf8))
    }
  }
}

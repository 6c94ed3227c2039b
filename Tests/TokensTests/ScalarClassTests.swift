import Testing

@testable import Tokens

@Suite("Classes of scalars")
struct ScalarClassTests {
  private static func read(_ bytes: [UInt8]) -> [String] {
    bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return [] }
      return ScalarReader.read(base, buffer.count) { reader in
        var position = 0
        var found: [String] = []
        while position < buffer.count {
          let (kind, count) = reader.scalar(at: position)
          found.append("\(kind) \(count)")
          position += count
        }
        #expect(reader.scalar(at: position).kind == .end)
        return found
      }
    }
  }

  @Test("Letters, numbers, spaces and the rest are told apart in all lengths of UTF-8")
  func classes() {
    #expect(ScalarClassTests.read(Array("aé日𝔸".utf8)) == (1...4).map { "letter \($0)" })
    #expect(ScalarClassTests.read(Array("7½Ⅷ𝟘".utf8)) == (1...4).map { "number \($0)" })
    #expect(
      ScalarClassTests.read(Array(" \u{A0}\u{3000}".utf8)) == (1...3).map { "space \($0)" })
    #expect(
      ScalarClassTests.read(Array("!\u{301}\u{200D}🙂".utf8)) == (1...4).map { "other \($0)" })
  }

  @Test("A byte that begins no well-formed sequence stands alone")
  func illFormed() {
    for bytes: [UInt8] in [
      [0x80], [0xC1, 0x81], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xE6, 0x97],
      [0xF4, 0x90, 0x80, 0x80], [0xF8, 0x80], [0xFF], [0xF0, 0x9F, 0x99],
    ] {
      #expect(ScalarClassTests.read(bytes) == bytes.map { _ in "other 1" }, "\(bytes)")
    }
  }
}

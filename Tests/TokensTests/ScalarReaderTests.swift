import Testing

@testable import Tokens

@Suite("Reading scalars and their categories")
struct ScalarReaderTests {
  private static func read(_ bytes: [UInt8]) -> [(scalar: UInt32, count: Int)] {
    bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return [] }
      var position = 0
      var found: [(UInt32, Int)] = []
      while position < buffer.count {
        let (scalar, count) = ScalarReader.scalar(base, at: position, end: buffer.count)
        found.append((scalar, count))
        position += count
      }
      return found
    }
  }

  @Test("Scalars of all lengths of UTF-8 are read")
  func scalars() {
    let found = ScalarReaderTests.read(Array("aé日𝔸\u{10FFFF}".utf8))
    #expect(found.map(\.scalar) == [0x61, 0xE9, 0x65E5, 0x1D538, 0x10FFFF])
    #expect(found.map(\.count) == [1, 2, 3, 4, 4])
  }

  @Test("A byte that begins no well-formed sequence stands alone")
  func illFormed() {
    for bytes: [UInt8] in [
      [0x80], [0xC1, 0x81], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xE6, 0x97],
      [0xF4, 0x90, 0x80, 0x80], [0xF8, 0x80], [0xFF], [0xF0, 0x9F, 0x99],
    ] {
      let found = ScalarReaderTests.read(bytes)
      #expect(found.allSatisfy { $0 == (0xFFFD, 1) }, "\(bytes)")
      #expect(found.count == bytes.count)
    }
  }

  @Test("A category is white space exactly if Unicode says so")
  func whiteSpace() {
    for value in UInt32(0)...0x10FFFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let isSpace = ScalarCategory.whiteSpace >> UInt32(ScalarCategory.number(scalar)) & 1 == 1
      guard isSpace == scalar.properties.isWhitespace else {
        Issue.record("U+\(String(value, radix: 16))")
        return
      }
    }
    #expect(ScalarCategory.isWhiteSpace(0x3000))
    #expect(!ScalarCategory.isWhiteSpace(0x1C))
  }

  @Test("Properties name categories, and groups of them by their first letter")
  func names() throws {
    let letters = try #require(ScalarCategory.mask(named: "L"))
    let parts = try ["Lu", "Ll", "Lt", "Lm", "Lo"]
      .reduce(0) { try $0 | #require(ScalarCategory.mask(named: $1)) }
    #expect(letters == parts)
    for (scalar, name): (Unicode.Scalar, String) in [
      ("A", "Lu"), ("ǅ", "Lt"), ("ʰ", "Lm"), ("日", "Lo"), ("\u{301}", "Mn"), ("½", "No"),
      ("_", "Pc"), ("«", "Pi"), ("+", "Sm"), ("\u{2028}", "Zl"), ("\u{85}", "Cc"),
      ("\u{E000}", "Co"),
    ] {
      let mask = try #require(ScalarCategory.mask(named: name))
      #expect(mask >> UInt32(ScalarCategory.number(scalar)) & 1 == 1, "\(name)")
      #expect(mask.nonzeroBitCount == (name == "Cc" ? 2 : 1))
    }
    for name in ["", "X", "Han", "Lx", "l"] { #expect(ScalarCategory.mask(named: name) == nil) }
  }
}

import Testing

@testable import Tokens

@Suite("Piece tables")
struct PieceTableTests {
  @Test("Strings come back in order, empty ones and arbitrary bytes too")
  func strings() {
    var table = PieceTable(["a", "", "日"])
    [0xFF, 0x00].withUnsafeBytes { table.append(UnsafeRawBufferPointer(rebasing: $0[..<0])) }
    [UInt8](arrayLiteral: 0xFF, 0x00).withUnsafeBytes { table.append($0) }
    #expect(table.count == 5)
    #expect((0..<5).map { Array(table[$0]) } == [[0x61], [], [0xE6, 0x97, 0xA5], [], [0xFF, 0]])
    #expect(PieceTable().count == 0)
  }

  @Test("A string is itself and no other")
  func holds() {
    let table = PieceTable(["ab", "abc", ""])
    Array("abc".utf8)
      .withUnsafeBufferPointer { text in
        guard let text = text.baseAddress else { return }
        #expect((0..<3).map { table.holds(text, 3, at: $0) } == [false, true, false])
        #expect((0..<3).map { table.holds(text, 2, at: $0) } == [true, false, false])
        #expect((0..<3).map { table.holds(text, 0, at: $0) } == [false, false, true])
      }
  }
}

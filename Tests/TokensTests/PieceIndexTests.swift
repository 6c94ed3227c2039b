import TestSupport
import Testing

@testable import Tokens

@Suite("The index of pieces")
struct PieceIndexTests {
  @Test("Every piece is found, and nothing else, as a dictionary would")
  func twin() {
    var random = SeededGenerator(seed: 5)
    var ids: [[UInt8]: Int32] = [:]
    var table = PieceTable()
    while ids.count < 3000 {
      // Few letters, so that many pieces are beginnings of others.
      let piece = random.bytes(Int.random(in: 1...40, using: &random)).map { $0 & 3 }
      guard ids[piece] == nil else { continue }
      ids[piece] = Int32(ids.count)
      piece.withUnsafeBytes { table.append($0) }
    }
    var index = PieceIndex(table)
    index.insert(where: { _ in true }, clash: { _, _ in Issue.record("no two are equal") })
    for (piece, id) in ids {
      #expect(index.find(piece) == id)
      #expect(index.find(piece + [7]) == -1)
      #expect(index.find(Array(piece.dropLast())) == ids[piece.dropLast()] ?? -1)
    }
    #expect(index.find([]) == -1)
  }

  @Test("Only accepted pieces are entered, and of two equal ones the first")
  func clash() {
    var index = PieceIndex(PieceTable(["a", "b", "a", "", "c"]))
    var clashes: [[Int]] = []
    index.insert(where: { $0 < 4 }, clash: { clashes.append([$0, $1]) })
    #expect(clashes == [[0, 2]])
    #expect(["a", "b", "c"].map { index.find(Array($0.utf8)) } == [0, 1, -1])
    index.insert(where: { $0 == 4 }, clash: { clashes.append([$0, $1]) })
    #expect(index.find(Array("c".utf8)) == 4)
    #expect(clashes.count == 1)
  }

  @Test("An index without pieces finds nothing")
  func empty() {
    #expect(PieceIndex(PieceTable()).find([1]) == -1)
  }
}

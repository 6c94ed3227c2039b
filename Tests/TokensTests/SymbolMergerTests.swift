import TestSupport
import Testing

@testable import Tokens

@Suite("Merging")
struct SymbolMergerTests {
  /// Rules over the letters a to d: random merges of what is there already.
  static func randomRules(seed: UInt64) throws -> (rules: MergeRules, merges: [(String, String)]) {
    var random = SeededGenerator(seed: seed)
    var pieces = ["a", "b", "c", "d"]
    var merges: [(String, String)] = []
    while merges.count < 60 {
      let left = pieces[Int.random(in: 0..<pieces.count, using: &random)]
      let right = pieces[Int.random(in: 0..<pieces.count, using: &random)]
      guard left.count + right.count < 9, !merges.contains(where: { $0 == (left, right) })
      else { continue }
      merges.append((left, right))
      if !pieces.contains(left + right) { pieces.append(left + right) }
    }
    pieces.shuffle(using: &random)
    var index = PieceIndex(PieceTable(pieces))
    index.insert(where: { _ in true }, clash: { _, _ in })
    let lines = PieceTable(merges.map { "\($0) \($1)" })
    return (try MergeRules(merges: lines, index: index), merges)
  }

  static func merge(_ text: String, _ rules: MergeRules, scanLimit: Int) -> [Int32] {
    var merger = SymbolMerger(rules, scanLimit: scanLimit)
    let bytes = Array(text.utf8)
    merger.reset()
    for (position, byte) in bytes.enumerated() {
      merger.append(start: position, count: 1, token: rules.index.find([byte]))
    }
    var tokens: [Int32] = []
    bytes.withUnsafeBufferPointer { bytes in
      guard let bytes = bytes.baseAddress else { return }
      merger.merge(bytes) { tokens.append($0.token) }
    }
    return tokens
  }

  /// The definition: look for the best rule that fits anywhere, apply it at the first place.
  static func naiveMerge(_ text: String, _ merges: [(String, String)]) -> [String] {
    var symbols = text.map { String($0) }
    while true {
      let places = symbols.indices.dropLast()
        .compactMap { place in
          merges.firstIndex { $0 == (symbols[place], symbols[place + 1]) }.map { ($0, place) }
        }
      guard let (_, place) = places.min(by: { $0 < $1 }) else { return symbols }
      symbols[place] += symbols.remove(at: place + 1)
    }
  }

  @Test("The heap, the scan and the definition agree", arguments: 1...12)
  func twins(_ seed: UInt64) throws {
    let (rules, merges) = try SymbolMergerTests.randomRules(seed: seed)
    var random = SeededGenerator(seed: seed)
    for length in [0, 1, 2, 3, 7, 20, 40] {
      let text = String((0..<length).compactMap { _ in "abcd".randomElement(using: &random) })
      let expected = SymbolMergerTests.naiveMerge(text, merges)
        .map {
          rules.index.find(Array($0.utf8))
        }
      #expect(SymbolMergerTests.merge(text, rules, scanLimit: 0) == expected)
      #expect(SymbolMergerTests.merge(text, rules, scanLimit: .max) == expected)
    }
  }

  @Test("The heap gives priorities in order, and of equal ones the leftmost")
  func heap() {
    var random = SeededGenerator(seed: 2)
    var heap = PriorityHeap()
    let entries = (0..<500).map { (UInt32.random(in: 0..<50, using: &random), $0) }
    for (priority, position) in entries.shuffled(using: &random) {
      heap.insert(priority: priority, position: position)
    }
    var found: [(UInt32, Int)] = []
    while let (priority, position) = heap.removeFirst() { found.append((priority, position)) }
    #expect(found.map { $0.0 } == entries.sorted { $0 < $1 }.map { $0.0 })
    #expect(found.map { $0.1 } == entries.sorted { $0 < $1 }.map { $0.1 })
  }
}

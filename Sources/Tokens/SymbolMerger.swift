/// Puts symbols together to tokens, the best pair first, until no rule fits.
///
/// Both models work like this; only ``MergeRules`` differ. Of equal priorities the leftmost goes
/// first. Working memory is kept from word to word.
struct SymbolMerger {
  /// Longest word in symbols for which scanning all pairs beats a heap.
  static let scanLimit = 24

  /// A run of the text, in a linked list.
  struct Symbol {
    /// Where it starts, in bytes.
    var start: Int32
    /// Its length in bytes; 0 once it has been merged into the one before it.
    var count: Int32
    /// Index of the symbol before it, or -1.
    var previous: Int32
    /// Index of the symbol after it, or -1.
    var next: Int32
    /// Its token, or -1 if the vocabulary has none.
    var token: Int32
    /// What it and the next one would become.
    var pairToken: Int32 = -1
    /// When it and the next one are merged; ``MergeRules/never`` if they are not.
    var pairPriority = MergeRules.never
  }

  private let rules: MergeRules
  private let scanLimit: Int
  private var symbols: [Symbol] = []
  private var heap = PriorityHeap()

  /// - Parameters:
  ///   - rules: What may be merged.
  ///   - scanLimit: From which number of symbols on a heap is used; for tests.
  init(_ rules: MergeRules, scanLimit: Int = SymbolMerger.scanLimit) {
    self.rules = rules
    self.scanLimit = scanLimit
  }

  /// Starts a new word.
  mutating func reset() {
    symbols.removeAll(keepingCapacity: true)
  }

  /// Appends a symbol to the word.
  mutating func append(start: Int, count: Int, token: Int32) {
    let position = Int32(truncatingIfNeeded: symbols.count)
    if position > 0 { symbols[Int(position) - 1].next = position }
    symbols.append(
      Symbol(
        start: Int32(truncatingIfNeeded: start), count: Int32(truncatingIfNeeded: count),
        previous: position - 1, next: -1, token: token))
  }

  /// Merges the word's symbols.
  ///
  /// - Parameters:
  ///   - text: What the symbols' starts count from.
  ///   - emit: Told of every symbol that is left, in order.
  /// - Complexity: O(n log n) in the number of symbols.
  mutating func merge(_ text: UnsafePointer<UInt8>, emit: (Symbol) -> Void) {
    let (rules, usesHeap) = (rules, symbols.count > scanLimit)
    var heap = PriorityHeap()
    swap(&heap, &self.heap)
    defer { swap(&heap, &self.heap) }
    symbols.withUnsafeMutableBufferPointer { symbols in
      guard let first = symbols.baseAddress, !symbols.isEmpty else { return }
      let list = SymbolList(symbols: first, text: text, rules: rules)
      for position in 0..<symbols.count { list.lookUpPair(at: position) }
      if usesHeap {
        list.mergeByHeap(&heap, count: symbols.count)
      } else {
        list.mergeByScanning()
      }
      var position = 0
      while position >= 0 {
        emit(first[position])
        position = Int(first[position].next)
      }
    }
  }
}

/// A word's symbols while they are merged.
private struct SymbolList {
  let symbols: UnsafeMutablePointer<SymbolMerger.Symbol>
  let text: UnsafePointer<UInt8>
  let rules: MergeRules

  /// Notes what a symbol and the next one would become.
  func lookUpPair(at position: Int) {
    let next = Int(symbols[position].next)
    guard next >= 0 else {
      symbols[position].pairPriority = MergeRules.never
      return
    }
    let leftCount = Int(symbols[position].count)
    let pair = rules.pair(
      text + Int(symbols[position].start), leftCount: leftCount,
      count: leftCount + Int(symbols[next].count))
    symbols[position].pairPriority = pair.priority
    symbols[position].pairToken = pair.token
  }

  /// Merges a symbol with the next one, and looks the pairs on both sides up anew.
  func mergePair(at position: Int) {
    let right = Int(symbols[position].next)
    symbols[position].count += symbols[right].count
    symbols[position].token = symbols[position].pairToken
    symbols[position].next = symbols[right].next
    symbols[right].count = 0
    symbols[right].pairPriority = MergeRules.never
    let next = Int(symbols[position].next)
    if next >= 0 { symbols[next].previous = Int32(truncatingIfNeeded: position) }
    lookUpPair(at: position)
    let previous = Int(symbols[position].previous)
    if previous >= 0 { lookUpPair(at: previous) }
  }

  func mergeByScanning() {
    while true {
      var best = -1
      var priority = MergeRules.never
      var position = 0
      while position >= 0 {
        if symbols[position].pairPriority < priority {
          priority = symbols[position].pairPriority
          best = position
        }
        position = Int(symbols[position].next)
      }
      guard best >= 0 else { return }
      mergePair(at: best)
    }
  }

  func mergeByHeap(_ heap: inout PriorityHeap, count: Int) {
    heap.removeAll()
    for position in 0..<count { push(position, &heap) }
    while let entry = heap.removeFirst() {
      // An entry whose symbol has another pair by now is stale; the new pair has its own.
      guard symbols[entry.position].pairPriority == entry.priority else { continue }
      mergePair(at: entry.position)
      push(entry.position, &heap)
      let previous = Int(symbols[entry.position].previous)
      if previous >= 0 { push(previous, &heap) }
    }
  }

  private func push(_ position: Int, _ heap: inout PriorityHeap) {
    guard symbols[position].pairPriority != MergeRules.never else { return }
    heap.insert(priority: symbols[position].pairPriority, position: position)
  }
}

/// A binary heap of symbol positions by priority; of equal priorities the leftmost comes first.
struct PriorityHeap {
  /// Priority in the upper half, position in the lower: one comparison orders both.
  private var entries: [UInt64] = []

  /// Empties the heap, keeping its memory.
  mutating func removeAll() {
    entries.removeAll(keepingCapacity: true)
  }

  /// Inserts an entry.
  ///
  /// - Parameters:
  ///   - priority: 0 comes first.
  ///   - position: Below 2³².
  mutating func insert(priority: UInt32, position: Int) {
    let entry = UInt64(priority) << 32 | UInt64(truncatingIfNeeded: position)
    entries.append(entry)
    entries.withUnsafeMutableBufferPointer { buffer in
      guard let entries = buffer.baseAddress else { return }
      var hole = buffer.count - 1
      while hole > 0, entries[(hole - 1) / 2] > entry {
        entries[hole] = entries[(hole - 1) / 2]
        hole = (hole - 1) / 2
      }
      entries[hole] = entry
    }
  }

  /// Removes the entry that comes first, or returns nil if there is none.
  mutating func removeFirst() -> (priority: UInt32, position: Int)? {
    guard let last = entries.popLast() else { return nil }
    let first = entries.first ?? last
    entries.withUnsafeMutableBufferPointer { buffer in
      guard let entries = buffer.baseAddress, !buffer.isEmpty else { return }
      let count = buffer.count
      var hole = 0
      while true {
        var child = 2 * hole + 1
        guard child < count else { break }
        if child + 1 < count, entries[child + 1] < entries[child] { child += 1 }
        guard entries[child] < last else { break }
        entries[hole] = entries[child]
        hole = child
      }
      entries[hole] = last
    }
    return (
      UInt32(truncatingIfNeeded: first >> 32), Int(truncatingIfNeeded: first & 0xFFFF_FFFF)
    )
  }
}

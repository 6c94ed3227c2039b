/// Finds a token by its bytes: an open-addressing hash table over a ``PieceTable``.
struct PieceIndex: Sendable {
  /// The pieces that are looked up.
  let pieces: PieceTable
  /// The upper half of a piece's hash and, below it, its id plus one; 0 where a slot is free.
  private var slots: [UInt64]
  /// Random, so that nobody can write pieces or texts that collide.
  private let seed: UInt64
  /// Length in bytes of the longest piece.
  private let longest: Int
  /// Whether two tokens have the same bytes, so that one of them is not entered.
  private var hasClashes = false

  private static let tagMask: UInt64 = 0xFFFF_FFFF_0000_0000

  /// An index without entries.
  init(_ pieces: PieceTable) {
    self.pieces = pieces
    var capacity = 16
    while capacity < pieces.count + pieces.count / 2 { capacity *= 2 }
    slots = [UInt64](repeating: 0, count: capacity)
    seed = UInt64.random(in: 0...UInt64.max)
    longest = pieces.withPointers { _, offsets in
      var longest = 0
      for id in 0..<pieces.count { longest = max(longest, Int(offsets[id + 1] - offsets[id])) }
      return longest
    }
  }

  /// Enters the tokens for which `accepts` is true; empty pieces never are.
  ///
  /// - Parameters:
  ///   - accepts: `[pieces]`, by id.
  ///   - clash: Told of a token whose bytes another one has taken; it is not entered.
  mutating func insert(
    where accepts: (_ id: Int) -> Bool, clash: (_ taken: Int, _ id: Int) -> Void
  ) {
    let (seed, mask, count) = (seed, slots.count - 1, pieces.count)
    var clashes = false
    slots.withUnsafeMutableBufferPointer { slots in
      guard let slots = slots.baseAddress else { return }
      pieces.withPointers { bytes, offsets in
        for id in 0..<count {
          let start = Int(offsets[id])
          let length = Int(offsets[id + 1]) - start
          guard length > 0, accepts(id) else { continue }
          let hash = ByteString.hash(bytes + start, length, seed: seed)
          let tag = hash & PieceIndex.tagMask
          var slot = Int(truncatingIfNeeded: hash) & mask
          var taken: Int?
          while slots[slot] != 0, taken == nil {
            if slots[slot] & PieceIndex.tagMask == tag {
              let other = Int(truncatingIfNeeded: slots[slot] & ~PieceIndex.tagMask) - 1
              let from = Int(offsets[other])
              if Int(offsets[other + 1]) - from == length,
                ByteString.equal(bytes + from, bytes + start, length)
              {
                taken = other
              }
            }
            slot = (slot + 1) & mask
          }
          if let taken {
            clashes = true
            clash(taken, id)
          } else {
            slots[slot] = tag | UInt64(id + 1)
          }
        }
      }
    }
    hasClashes = hasClashes || clashes
  }

  /// Whether ``find(_:_:)`` is sure to answer this id; false means only that it has to be asked.
  func holds(_ text: UnsafePointer<UInt8>, _ count: Int, at id: Int) -> Bool {
    !hasClashes && id < pieces.count && pieces.holds(text, count, at: id)
  }

  /// The token that stands for exactly these bytes, or -1.
  func find(_ text: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    guard count > 0, count <= longest else { return -1 }
    let hash = ByteString.hash(text, count, seed: seed)
    let tag = hash & PieceIndex.tagMask
    let mask = slots.count - 1
    return slots.withUnsafeBufferPointer { slots in
      guard let slots = slots.baseAddress else { return -1 }
      var slot = Int(truncatingIfNeeded: hash) & mask
      while slots[slot] != 0 {
        if slots[slot] & PieceIndex.tagMask == tag {
          let id = Int(truncatingIfNeeded: slots[slot] & ~PieceIndex.tagMask) - 1
          if pieces.holds(text, count, at: id) { return Int32(id) }
        }
        slot = (slot + 1) & mask
      }
      return -1
    }
  }

  /// The token that stands for exactly these bytes, or -1.
  func find(_ text: [UInt8]) -> Int32 {
    text.withUnsafeBufferPointer { text in
      text.baseAddress.map { find($0, text.count) } ?? -1
    }
  }
}

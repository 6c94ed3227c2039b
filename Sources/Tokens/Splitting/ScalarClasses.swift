/// Which scalars a pattern cannot tell apart: a few classes, looked up by scalar.
struct ScalarClasses: Sendable {
  /// Number of classes; the one after the last stands for the end of the text.
  let count: Int
  /// By byte below 0x80: its class.
  let ascii: [UInt8]
  /// Which of the pattern's sets a class belongs to, as bits.
  let members: [UInt64]
  /// Where the ranges named in the pattern begin and end above ASCII, ascending from 0.
  private let bounds: [UInt32]
  /// `[bounds, 32]`: the class of a scalar of a category from one bound to the next.
  private let table: [UInt8]

  /// Most sets that a pattern may have.
  static let mostSets = 64

  /// - Returns: Nil if the pattern tells too many scalars apart.
  init?(_ sets: [ScalarSet]) {
    guard sets.count <= ScalarClasses.mostSets else { return nil }
    var cuts: Set<UInt32> = [0]
    for range in sets.flatMap(\.ranges) {
      cuts.insert(range.lowerBound)
      cuts.insert(range.upperBound + 1)
    }
    let bounds = cuts.sorted()
    guard bounds.count <= 2048 else { return nil }
    var known: [UInt64: UInt8] = [:]
    var members: [UInt64] = []
    func number(_ scalar: UInt32, _ inRange: [Bool], _ category: Int) -> UInt8? {
      var signature: UInt64 = 0
      for (position, set) in sets.enumerated()
      where (inRange[position] || set.categories >> UInt32(category) & 1 == 1) != set.isNegated {
        signature |= 1 << UInt64(position)
      }
      if let number = known[signature] { return number }
      guard members.count < 250 else { return nil }
      known[signature] = UInt8(members.count)
      members.append(signature)
      return UInt8(members.count - 1)
    }
    func ranges(_ scalar: UInt32) -> [Bool] {
      sets.map { $0.ranges.contains { $0.contains(scalar) } }
    }
    var ascii: [UInt8] = []
    for byte in UInt8(0)..<0x80 {
      let scalar = UInt32(byte)
      guard
        let number = number(
          scalar, ranges(scalar), ScalarCategory.number(Unicode.Scalar(byte)))
      else { return nil }
      ascii.append(number)
    }
    var table: [UInt8] = []
    for bound in bounds {
      let inRange = ranges(bound)
      for category in 0..<32 {
        guard let number = number(bound, inRange, min(category, ScalarCategory.count - 1)) else {
          return nil
        }
        table.append(number)
      }
    }
    self.bounds = bounds
    self.table = table
    self.ascii = ascii
    self.members = members
    count = members.count
  }

  /// The class of a scalar.
  func of(_ scalar: UInt32) -> UInt8 {
    let category =
      scalar == ScalarReader.replacement
      ? ScalarCategory.otherSymbol
      : Unicode.Scalar(scalar).map(ScalarCategory.number) ?? ScalarCategory.otherSymbol
    guard bounds.count > 1 else { return table[category] }
    return bounds.withUnsafeBufferPointer { bounds in
      var (low, high) = (0, bounds.count)
      while high - low > 1 {
        let middle = (low + high) / 2
        if bounds[middle] <= scalar { low = middle } else { high = middle }
      }
      return table[low * 32 + category]
    }
  }
}

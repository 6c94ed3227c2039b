/// Comparing and hashing runs of bytes, a word at a time.
enum ByteString {
  /// Whether two runs of `count` bytes are the same.
  static func equal(
    _ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, _ count: Int
  ) -> Bool {
    let leftWords = UnsafeRawPointer(left)
    let rightWords = UnsafeRawPointer(right)
    var offset = 0
    while offset + 8 <= count {
      if leftWords.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        != rightWords.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      {
        return false
      }
      offset += 8
    }
    while offset < count {
      if left[offset] != right[offset] { return false }
      offset += 1
    }
    return true
  }

  /// 64 well-mixed bits: words of the text times odd constants, folded to the middle.
  ///
  /// - Parameters:
  ///   - text: `[count]`.
  ///   - count: At least 1.
  ///   - seed: Another seed is another hash function.
  /// - Returns: The same bits for the same bytes and seed.
  static func hash(_ text: UnsafePointer<UInt8>, _ count: Int, seed: UInt64) -> UInt64 {
    let words = UnsafeRawPointer(text)
    var state = seed ^ UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
    var first: UInt64
    var last: UInt64
    if count >= 8 {
      var offset = 0
      while offset + 16 < count {
        let word = words.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        state = fold(state ^ word, 0xA076_1D64_78BD_642F)
        offset += 8
      }
      first = words.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      last = words.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
    } else if count >= 4 {
      first = UInt64(words.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
      last = UInt64(words.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
    } else {
      first = UInt64(text[0]) | UInt64(text[count / 2]) << 8 | UInt64(text[count - 1]) << 16
      last = first
    }
    first ^= 0xE703_7ED1_A0B4_28DB ^ state
    last ^= 0x8EBC_6AF0_9C88_C6E3 &+ state
    return fold(fold(first, last), 0x5897_65C6_1F2B_7A3D)
  }

  private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
  }
}

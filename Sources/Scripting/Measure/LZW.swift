/// The size of a text after LZW ([Welch 1984](https://doi.org/10.1109/MC.1984.1659158)).
enum LZW {
  /// Bits of the codes, each as wide as the number of entries that the table has by then asks for,
  /// over bits of the text; nil of no bytes.
  static func share(of bytes: [UInt8]) -> Double? {
    guard let first = bytes.first else { return nil }
    var table: [Int: Int] = [:]  // code and byte → code
    var size = 256
    var bits = 0
    var code = Int(first)
    for byte in bytes.dropFirst() {
      let key = code << 8 | Int(byte)
      if let longer = table[key] {
        code = longer
        continue
      }
      bits += width(size)
      table[key] = size
      size += 1
      code = Int(byte)
    }
    bits += width(size)
    return Double(bits) / Double(8 * bytes.count)
  }

  /// Bits that number `count` codes.
  private static func width(_ count: Int) -> Int {
    Int.bitWidth - (count - 1).leadingZeroBitCount
  }
}

/// The alphabet in which byte-level BPE vocabularies are stored.
///
/// Printable Latin-1 stands for itself; the other 68 bytes, in order, are U+0100 to U+0143. As in
/// GPT-2's `encoder.py:bytes_to_unicode`.
enum ByteAlphabet {
  /// The byte that each scalar below U+0144 stands for; -1 for those outside the alphabet.
  private static let byteOfScalar: [Int16] = {
    var table = [Int16](repeating: -1, count: 0x144)
    var next = 0x100
    for byte in 0..<256 {
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: table[byte] = Int16(byte)
      default:
        table[next] = Int16(byte)
        next += 1
      }
    }
    return table
  }()

  /// The scalar that a byte is written as.
  static func scalar(of byte: UInt8) -> UInt32 {
    UInt32(byteOfScalar.firstIndex(of: Int16(byte)) ?? 0)
  }

  /// Decodes text of the alphabet.
  ///
  /// - Parameters:
  ///   - source: UTF-8, `[count]`.
  ///   - count: Length of the source in bytes.
  ///   - target: Room for `count` bytes.
  /// - Returns: The number of bytes written, or nil if the text is not of the alphabet.
  static func decode(
    _ source: UnsafePointer<UInt8>, _ count: Int, into target: UnsafeMutablePointer<UInt8>
  ) -> Int? {
    byteOfScalar.withUnsafeBufferPointer { table in
      guard let table = table.baseAddress else { return nil }
      var position = 0
      var written = 0
      while position < count {
        let lead = Int(source[position])
        var scalar = lead
        position += 1
        if lead >= 0x80 {
          guard lead >= 0xC2, lead <= 0xC5, position < count, source[position] & 0xC0 == 0x80
          else { return nil }
          scalar = (lead & 0x1F) << 6 | Int(source[position] & 0x3F)
          position += 1
        }
        guard scalar < 0x144, table[scalar] >= 0 else { return nil }
        target[written] = UInt8(truncatingIfNeeded: table[scalar])
        written += 1
      }
      return written
    }
  }

  /// The bytes that pieces stand for.
  ///
  /// Control and user-defined tokens are stored as plain text, and so is a piece with a scalar
  /// outside the alphabet.
  static func decode(_ pieces: PieceTable, _ kinds: [Vocabulary.Kind]) -> PieceTable {
    var offsets: [UInt32] = [0]
    offsets.reserveCapacity(pieces.count + 1)
    let decoded = [UInt8](unsafeUninitializedCapacity: pieces.bytes.count) { target, total in
      guard let target = target.baseAddress else { return }
      total = pieces.withPointers { bytes, starts in
        kinds.withUnsafeBufferPointer { kinds in
          var written = 0
          for id in 0..<pieces.count {
            let source = bytes + Int(starts[id])
            let count = Int(starts[id + 1] - starts[id])
            if !kinds[id].isPlainText, let shorter = decode(source, count, into: target + written) {
              written += shorter
            } else {
              (target + written).update(from: source, count: count)
              written += count
            }
            offsets.append(UInt32(truncatingIfNeeded: written))
          }
          return written
        }
      }
    }
    // An empty buffer never ran the loop: every piece of it is empty.
    while offsets.count <= pieces.count { offsets.append(0) }
    return PieceTable(bytes: decoded, offsets: offsets)
  }
}

/// A line `left right` of a vocabulary's merges, decoded.
struct MergeLine {
  /// The bytes of both halves together.
  private(set) var bytes: [UInt8] = []
  /// Length in bytes of the left half.
  private(set) var leftCount = 0
  /// Length in bytes of both halves.
  private(set) var count = 0

  /// Decodes the next line; false if it is not two halves with a space between them.
  ///
  /// - Parameters:
  ///   - line: `[length]`.
  ///   - length: Its length in bytes.
  ///   - cut: Length of the left half, or nil if the first space ends it.
  ///   - isAlphabet: Whether it is written in the alphabet.
  /// - Returns: Whether it was decoded.
  mutating func read(
    _ line: UnsafePointer<UInt8>, _ length: Int, cut: Int? = nil, isAlphabet: Bool = true
  ) -> Bool {
    // A half may not be empty, so a space at the start is no separator.
    var space = cut ?? 1
    if cut == nil { while space < length, line[space] != 0x20 { space += 1 } }
    guard space > 0, space + 1 < length else { return false }
    if bytes.count < length { bytes = [UInt8](repeating: 0, count: 2 * length) }
    let halves: (Int, Int)? = bytes.withUnsafeMutableBufferPointer { target in
      guard let target = target.baseAddress else { return nil }
      guard isAlphabet else {
        target.update(from: line, count: space)
        (target + space).update(from: line + space + 1, count: length - space - 1)
        return (space, length - space - 1)
      }
      guard let left = ByteAlphabet.decode(line, space, into: target),
        let right = ByteAlphabet.decode(
          line + space + 1, length - space - 1, into: target + left)
      else { return nil }
      return (left, right)
    }
    guard let (left, right) = halves else { return false }
    leftCount = left
    count = left + right
    return true
  }
}

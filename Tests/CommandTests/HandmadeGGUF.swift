import Foundation

/// A GGUF v3 file laid down byte by byte: strings and counts as metadata, one F32 tensor.
struct HandmadeGGUF {
  private(set) var bytes = Data()

  /// Writes a file with one tensor `[2, 32]` of zeros and this metadata.
  init(strings: [(String, String)], counts: [(String, UInt32)], tokens: [String]) {
    bytes.append(Data("GGUF".utf8))
    append(UInt32(3))
    append(UInt64(1))
    append(UInt64(strings.count + counts.count + 1))
    for (key, value) in strings {
      append(key)
      append(UInt32(8))
      append(value)
    }
    for (key, value) in counts {
      append(key)
      append(UInt32(4))
      append(value)
    }
    append("tokenizer.ggml.tokens")
    append(UInt32(9))
    append(UInt32(8))
    append(UInt64(tokens.count))
    tokens.forEach { append($0) }
    append("output.weight")
    append(UInt32(2))
    append(UInt64(32))
    append(UInt64(2))
    append(UInt32(0))
    append(UInt64(0))
    bytes.append(Data(count: (32 - bytes.count % 32) % 32))
    bytes.append(Data(count: 2 * 32 * 4))
  }

  private mutating func append(_ number: some FixedWidthInteger) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  private mutating func append(_ text: String) {
    append(UInt64(text.utf8.count))
    bytes.append(Data(text.utf8))
  }
}

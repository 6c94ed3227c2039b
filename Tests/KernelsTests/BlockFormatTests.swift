import Foundation
import Kernels
import TestSupport
import Testing

@Suite("Block formats")
struct BlockFormatTests {
  /// What gguf-py decoded.
  private struct Recording: Decodable {
    struct Format: Decodable {
      let blocks: Data
      let values: Data
    }
    let formats: [String: Format]
  }

  /// Hashes of what gguf-py decoded from random bytes.
  private struct Hashes: Decodable {
    struct Format: Decodable {
      let blocks: Int
      /// Of the bits of all elements, NaNs being one.
      let fnv1a: String
      let first: [Double]
    }
    let seed: UInt64
    let formats: [String: Format]
  }

  private func decode(_ format: BlockFormat, _ blocks: [UInt8], shift: Int = 0) -> [Float] {
    let count = blocks.count / format.blockBytes * format.blockSize
    let shifted = [UInt8](repeating: 0, count: shift) + blocks
    return shifted.withUnsafeBytes { bytes in
      Array(unsafeUninitializedCapacity: count) { values, filled in
        if let source = bytes.baseAddress, let target = values.baseAddress {
          format.decode(source + shift, count: count, into: target)
        }
        filled = count
      }
    }
  }

  /// The elements whose bits differ; a NaN that arithmetic made may have any sign and payload.
  private func differences(_ found: [Float], _ expected: [Float], copies: Bool) -> [Int] {
    zip(found, expected).enumerated()
      .filter { _, pair in
        let (value, reference) = pair
        return value.bitPattern != reference.bitPattern
          && (copies || !(value.isNaN && reference.isNaN))
      }
      .map(\.offset)
  }

  @Test("decoding equals gguf-py bit for bit, special scales included")
  func matchesRecording() throws {
    let recording = try Golden.recorded("block-formats.json", as: Recording.self)
    let hashed = Set(try Golden.recorded("block-hashes.json", as: Hashes.self).formats.keys)
    #expect(hashed.isDisjoint(with: recording.formats.keys))
    let found = hashed.union(recording.formats.keys).union(["Q8_K"])
    #expect(found.sorted() == BlockFormat.stored.map(\.name).sorted())
    for format in BlockFormat.stored where recording.formats[format.name] != nil {
      let item = try #require(recording.formats[format.name])
      let expected = item.values.withUnsafeBytes { bytes in
        stride(from: 0, to: bytes.count, by: 4)
          .map { offset in
            Float(
              bitPattern: UInt32(
                littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
          }
      }
      #expect(expected.contains { $0.isNaN } && expected.contains { $0.isInfinite })
      let found = decode(format, Array(item.blocks))
      #expect(found.count == expected.count)
      let wrong = differences(found, expected, copies: format.blockSize == 1)
      #expect(wrong.isEmpty, "\(format.name): element \(wrong.first ?? 0)")
    }
  }

  @Test("random bytes decode to what gguf-py makes of them, every entry of the grids included")
  func matchesHashes() throws {
    let recording = try Golden.recorded("block-hashes.json", as: Hashes.self)
    for format in BlockFormat.stored {
      guard let item = recording.formats[format.name] else { continue }
      var generator = SeededGenerator(seed: recording.seed &+ UInt64(format.rawValue))
      let values = decode(format, generator.bytes(item.blocks * format.blockBytes))
      for (value, expected) in zip(values, item.first) where !expected.isNaN {
        #expect(Double(value) == expected, "\(format.name)")
      }
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325
      for value in values {
        hash = (hash ^ UInt64(value.isNaN ? 0x7fc0_0000 : value.bitPattern)) &* 0x100_0000_01b3
      }
      #expect(String(hash, radix: 16) == item.fnv1a, "\(format.name)")
    }
  }

  @Test("a Q8_K block is a float32 scale and 256 signed bytes")
  func wideBytes() {
    var block = [UInt8](repeating: 0, count: 292)
    withUnsafeBytes(of: Float(0.3).bitPattern.littleEndian) {
      block.replaceSubrange(0..<4, with: $0)
    }
    for index in 0..<256 { block[4 + index] = UInt8(index) }
    let found = decode(.q8_K, block)
    #expect(found == (0..<256).map { 0.3 * Float(Int8(bitPattern: UInt8($0))) })
  }

  @Test("blocks decode alike at any alignment and one at a time", arguments: BlockFormat.allCases)
  func alignment(format: BlockFormat) {
    var generator = SeededGenerator(seed: 7)
    let blocks = format.randomBlocks(format.blockSize * 5, limit: 1, using: &generator)
    let whole = decode(format, blocks)
    for shift in 1..<4 { #expect(decode(format, blocks, shift: shift) == whole) }
    let single = (0..<5)
      .flatMap { index in
        decode(format, Array(blocks[index * format.blockBytes..<(index + 1) * format.blockBytes]))
      }
    #expect(single == whole)
    #expect(Set(whole).count >= 3, "random blocks decode to various values")
  }

  @Test("random blocks keep to the limit they were asked for", arguments: BlockFormat.allCases)
  func randomBlocks(format: BlockFormat) {
    var generator = SeededGenerator(seed: 3)
    let count = format.blockSize * max(2, 512 / format.blockSize)
    let values = decode(format, format.randomBlocks(count, limit: 0.25, using: &generator))
    let largest = values.map { abs($0) }.max() ?? 0
    #expect(largest > 0.1 && largest < 1, "\(format.name): \(largest)")
  }

  @Test("no elements need no bytes", arguments: BlockFormat.allCases)
  func empty(format: BlockFormat) {
    #expect(format.byteCount(0) == 0)
    #expect(decode(format, []).isEmpty)
  }

  @Test("every half float is converted exactly")
  func halves() {
    let bytes = (0..<65_536).flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    let found = decode(.f16, bytes)
    for bits in 0..<65_536 {
      let (exponent, fraction) = (bits >> 10 & 31, Float(bits & 1023))
      let magnitude: Float =
        switch exponent {
        case 0: fraction * 0x1p-24
        case 31: fraction == 0 ? .infinity : .nan
        default: (1024 + fraction) * Float(sign: .plus, exponent: exponent - 25, significand: 1)
        }
      let value = found[bits]
      guard (value.isNaN && magnitude.isNaN) || abs(value) == magnitude,
        (value.sign == .minus) == (bits & 0x8000 != 0)
      else {
        Issue.record("half \(bits) is \(value) (expected ±\(magnitude))")
        return
      }
    }
  }

  @Test("every 8-bit float is converted exactly")
  func eighths() {
    let found = decode(.f8_E4M3, (0..<256).map { UInt8($0) })
    for bits in 0..<256 {
      let (exponent, fraction) = (bits >> 3 & 15, Float(bits & 7))
      let magnitude: Float =
        exponent == 0
        ? fraction * 0x1p-9
        : bits & 127 == 127
          ? .nan : (8 + fraction) * Float(sign: .plus, exponent: exponent - 10, significand: 1)
      let value = found[bits]
      #expect((value.isNaN && magnitude.isNaN) || abs(value) == magnitude, "\(bits)")
      #expect((value.sign == .minus) == (bits >= 128), "\(bits)")
    }
    #expect(found[0x7e] == 448)
  }

  @Test("formats are named as GGUF tools name them, known or not")
  func names() {
    #expect(BlockFormat.allCases.map(\.name).contains("Q4_K"))
    #expect(BlockFormat.name(of: 23) == "IQ4_XS")
    #expect(BlockFormat.name(of: 4000) == "type 4000")
  }
}

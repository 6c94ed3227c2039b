import Foundation
public import Kernels

extension BlockFormat {
  /// Random elements in this format, uniform and roughly between `-limit` and `limit`.
  ///
  /// Quantized formats get random quants under scales that fit, so that every bit of a block
  /// matters to what it decodes to.
  ///
  /// - Parameters:
  ///   - count: Number of elements, a multiple of the block size.
  ///   - limit: The largest magnitude, from about 1e-2 to 1e3.
  ///   - generator: Where the bits come from.
  /// - Returns: `byteCount(count)` bytes.
  public func randomBlocks(
    _ count: Int, limit: Float, using generator: inout SeededGenerator
  ) -> [UInt8] {
    switch self {
    case .f32:
      return generator.floats(count, limit: limit).withUnsafeBytes { Array($0) }
    case .f16:
      return generator.floats(count, limit: limit).flatMap { half($0) }
    case .bf16:
      return generator.floats(count, limit: limit)
        .flatMap { value in
          let bits = UInt16(truncatingIfNeeded: value.bitPattern >> 16)
          return [UInt8(bits & 255), UInt8(bits >> 8)]
        }
    case .f8_E4M3:
      // Magnitudes up to the power of two below the limit, NaN left out.
      let most = UInt8(clamping: max(1, Int((log2(limit) + 7) * 8)))
      return generator.bytes(count).map { ($0 & 127) % most | $0 & 128 }
    default:
      var bytes = generator.bytes(byteCount(count))
      for start in stride(from: 0, to: bytes.count, by: blockBytes) {
        setOtherScale(&bytes, start, limit)
        for (offset, value) in scales(limit) {
          bytes.replaceSubrange(start + offset..<start + offset + 2, with: half(value))
        }
      }
      return bytes
    }
  }

  /// Where the half floats of a block lie, and values for which it spans `-limit...limit`.
  private func scales(_ limit: Float) -> [(offset: Int, value: Float)] {
    switch self {
    case .q4_0: [(0, limit / 8)]
    case .q4_1: [(0, limit / 7.5), (2, -limit)]
    case .q5_0: [(0, limit / 16)]
    case .q5_1: [(0, limit / 15.5), (2, -limit)]
    case .q8_0: [(0, limit / 128)]
    // Scales and minima are six bits wide; 32 is their mean.
    case .q4_K: [(0, limit / 7.5 / 32), (2, limit / 32)]
    case .q5_K: [(0, limit / 15.5 / 32), (2, limit / 32)]
    case .q6_K: [(208, limit / 32 / 64)]
    case .q2_K: [(80, limit / 3 / 8), (82, limit / 16)]
    case .q3_K: [(108, limit / 4 / 24)]
    case .iq1_S: [(0, limit / 15)]
    // Scales are 15.5 at most; grids reach 43 / 4, 62 / 2 and 15 times 2.
    case .iq2_XXS, .iq2_XS, .iq2_S: [(0, limit / 15.5 / 10.75)]
    case .iq3_XXS: [(0, limit / 15.5 / 31)]
    case .iq3_S: [(0, limit / 31 / 15)]
    case .iq4_NL: [(0, limit / 127)]
    case .iq4_XS: [(0, limit / 127 / 24)]
    case .tq1_0: [(52, limit)]
    case .tq2_0: [(64, limit / 2)]
    case .q8_K, .iq1_M, .mxfp4: []
    case .f32, .f16, .bf16, .f8_E4M3: []
    }
  }

  /// Sets a scale that is not a half float in two bytes of its own.
  private func setOtherScale(_ bytes: inout [UInt8], _ start: Int, _ limit: Float) {
    switch self {
    case .q8_K:
      withUnsafeBytes(of: (limit / 128).bitPattern.littleEndian) {
        bytes.replaceSubrange(start..<start + 4, with: $0)
      }
    case .iq1_M:
      // Four bits in the upper half of each second byte of the last eight.
      let scale = half(limit / 15)
      let digits = [scale[0] & 15, scale[0] >> 4, scale[1] & 15, scale[1] >> 4]
      for (index, digit) in digits.enumerated() {
        let at = start + 49 + 2 * index
        bytes[at] = bytes[at] & 15 | digit << 4
      }
    case .mxfp4: bytes[start] = UInt8(clamping: Int(log2(limit / 6)) + 127)
    default: break
    }
  }

  /// The two bytes of the half float next to a value towards zero.
  private func half(_ value: Float) -> [UInt8] {
    let bits = value.bitPattern
    let exponent = Int32(bits >> 23 & 255) - 112
    let magnitude =
      exponent <= 0
      ? UInt32(value.magnitude * 0x1p24)
      : exponent >= 31 ? 0x7bff : UInt32(exponent) << 10 | bits >> 13 & 0x3ff
    let encoded = UInt16(truncatingIfNeeded: bits >> 16 & 0x8000 | magnitude)
    return [UInt8(encoded & 255), UInt8(encoded >> 8)]
  }
}

import CKernels

/// Naive twins of the products with rounded activations.
extension Reference {
  /// 32 activations rounded to integers: `x = scale * code`.
  struct RoundedBlock {
    let scale: Float
    let codes: [Int]

    /// Rounds to magnitudes up to `most`; a block that is not finite has a NaN scale.
    init(_ x: [Float], most: Float) {
      let top = x.reduce(Float(0)) { $1.isFinite ? max($0, $1.magnitude) : .nan }
      guard top >= 0x1p-100 else {
        scale = top.isNaN ? .nan : 0
        codes = x.map { _ in 0 }
        return
      }
      let factor = most / top
      scale = top / most
      codes = x.map { Int(($0 * factor).rounded(.toNearestOrEven)) }
    }
  }

  /// 32 weights of a block: `weight = scales[run] * (code - zero) + offset`.
  struct WeightTile {
    var codes: [Int] = []
    /// One, or one for each 16 weights.
    var scales: [Float]
    var zero = 0
    /// None, one, or one for each 16 weights.
    var offsets: [Float] = []
  }

  /// What ``PackedMatrix`` computes, bit for bit; see ``Arithmetic``.
  public static func multiply(
    _ matrix: WeightMatrix, _ input: UnsafePointer<Float>, count: Int,
    into output: UnsafeMutablePointer<Float>, arithmetic: Arithmetic
  ) {
    guard arithmetic != .exact, matrix.format.blockSize > 1 else {
      multiply(matrix, input, count: count, into: output)
      return
    }
    let isNarrow = arithmetic == .fast && matrix.format.codeBits <= 5
    let blocks = (0..<count)
      .map { row in
        stride(from: 0, to: matrix.columns, by: 32)
          .map { first in
            RoundedBlock(
              (0..<32).map { input[row * matrix.columns + first + $0] },
              most: isNarrow ? 127 : 32767)
          }
      }
    // Sums of bytes times 5-bit codes fill 16 bits after 16 inputs.
    let runs = matrix.format.hasHalfScales || (isNarrow && matrix.format.codeBits == 5) ? 2 : 1
    for index in 0..<matrix.rows {
      let tiles = matrix.tiles(index)
      for row in 0..<count {
        var sum: Float = 0
        for (tile, block) in zip(tiles, blocks[row]) {
          for run in 0..<runs {
            let range = (run * 32 / runs)..<((run + 1) * 32 / runs)
            let products = range.reduce(0) { $0 + (tile.codes[$1] - tile.zero) * block.codes[$1] }
            let scale = tile.scales[tile.scales.count == 1 ? 0 : run] * block.scale
            sum.addProduct(Float(products), scale)
            guard tile.offsets.count == 2 else { continue }
            let inputs = block.scale * Float(range.reduce(0) { $0 + block.codes[$1] })
            sum.addProduct(tile.offsets[run], inputs)
          }
          if tile.offsets.count == 1, let offset = tile.offsets.first {
            sum.addProduct(offset, block.scale * Float(block.codes.reduce(0, +)))
          }
        }
        output[row * matrix.rows + index] = sum
      }
    }
  }
}

extension BlockFormat {
  /// Whether products are summed over 16 weights, most of which have a scale of their own.
  fileprivate var hasHalfScales: Bool {
    switch self {
    case .q2_K, .q3_K, .q6_K, .q8_K, .iq1_S, .iq1_M, .iq2_XXS, .iq2_XS, .iq2_S, .iq3_XXS, .iq3_S,
      .iq4_XS, .mxfp4:
      true
    default: false
    }
  }

  /// Bits of a weight's code, as products take it.
  fileprivate var codeBits: Int {
    switch self {
    case .q2_K, .tq1_0, .tq2_0: 2
    case .q4_0, .q4_1, .q4_K: 4
    case .q5_0, .q5_1, .q5_K: 5
    case .q3_K, .q6_K: 6
    case .q8_0, .iq4_NL, .q8_K, .iq1_S, .iq1_M, .iq2_XXS, .iq2_XS, .iq2_S, .iq3_XXS, .iq3_S,
      .iq4_XS,
      .mxfp4:
      8
    case .f32, .f16, .bf16, .f8_E4M3: 32
    }
  }
}

extension WeightMatrix {
  /// The codes and scales of one output, 32 inputs each, as GGUF lays them out.
  fileprivate func tiles(_ index: Int) -> [Reference.WeightTile] {
    let row = bytes + index * format.byteCount(columns)
    return (0..<columns / format.blockSize)
      .flatMap { block in
        tiles(of: (0..<format.blockBytes).map { (row + block * format.blockBytes).byte($0) })
      }
  }

  private func tiles(of block: [Int]) -> [Reference.WeightTile] {
    func half(_ at: Int) -> Float {
      Float(Float16(bitPattern: UInt16(block[at] | block[at + 1] << 8)))
    }
    /// Sixteen bytes hold elements 0 to 15 in their low halves and 16 to 31 in the others.
    func halves(_ at: Int) -> [Int] {
      (0..<32).map { $0 < 16 ? block[at + $0] & 15 : block[at + $0 - 16] >> 4 }
    }
    func fifth(_ at: Int, _ element: Int) -> Int { (block[at + element / 8] >> (element % 8)) & 1 }
    switch format {
    case .q4_0: return [.init(codes: halves(2), scales: [half(0)], zero: 8)]
    case .q4_1: return [.init(codes: halves(4), scales: [half(0)], offsets: [half(2)])]
    case .q5_0:
      let codes = halves(6).enumerated().map { $1 + 16 * fifth(2, $0) }
      return [.init(codes: codes, scales: [half(0)], zero: 16)]
    case .q5_1:
      let codes = halves(8).enumerated().map { $1 + 16 * fifth(4, $0) }
      return [.init(codes: codes, scales: [half(0)], offsets: [half(2)])]
    case .q8_0:
      return [
        .init(codes: (2..<34).map { Int(Int8(truncatingIfNeeded: block[$0])) }, scales: [half(0)])
      ]
    case .q4_K, .q5_K:
      let first = format == .q4_K ? 16 : 48
      return (0..<8)
        .map { group in
          let (scale, minimum) = sixBits(block, group)
          let codes = (0..<32)
            .map { element in
              let low = block[first + group / 2 * 32 + element] >> (group % 2 * 4) & 15
              let high = format == .q5_K ? (block[16 + element] >> group & 1) << 4 : 0
              return low | high
            }
          return .init(
            codes: codes, scales: [half(0) * Float(scale)], offsets: [-(half(2) * Float(minimum))])
        }
    case .q6_K:
      return (0..<8)
        .map { group in
          let codes = (0..<32)
            .map { element in
              let low = block[group / 4 * 64 + group % 2 * 32 + element] >> (group % 4 / 2 * 4) & 15
              return low | (block[128 + group / 4 * 32 + element] >> (group % 4 * 2) & 3) << 4
            }
          let scales = (0..<2)
            .map { half(208) * Float(Int8(truncatingIfNeeded: block[192 + group * 2 + $0])) }
          return .init(codes: codes, scales: scales, zero: 32)
        }
    case .q2_K:
      return (0..<8)
        .map { tile in
          let codes = (0..<32)
            .map { block[16 + tile / 4 * 32 + $0] >> (tile % 4 * 2) & 3 }
          let pairs = block[2 * tile..<2 * tile + 2]
          return .init(
            codes: codes, scales: pairs.map { half(80) * Float($0 & 15) },
            offsets: pairs.map { -(half(82) * Float($0 >> 4)) })
        }
    case .q3_K, .q8_K, .iq1_S, .iq1_M, .iq2_XXS, .iq2_XS, .iq2_S, .iq3_XXS, .iq3_S, .iq4_NL,
      .iq4_XS, .tq1_0, .tq2_0, .mxfp4:
      // What the block decodes to is tested against gguf-py.
      var codes = [Int8](repeating: 0, count: format.blockSize)
      var scales = [Float](repeating: 0, count: 16)
      ck_block_codes(Int32(format.rawValue), block.map { UInt8($0) }, &codes, &scales)
      return (0..<format.blockSize / 32)
        .map { tile in
          .init(
            codes: codes[32 * tile..<32 * tile + 32].map { Int($0) },
            scales: format.hasHalfScales
              ? [scales[2 * tile], scales[2 * tile + 1]] : [scales[2 * tile]])
        }
    case .f32, .f16, .bf16, .f8_E4M3: return []
    }
  }

  /// The 6-bit scale and minimum of a group of a Q4_K or Q5_K block.
  private func sixBits(_ block: [Int], _ group: Int) -> (scale: Int, minimum: Int) {
    let at = 4 + group
    if group < 4 { return (block[at] & 63, block[at + 4] & 63) }
    return (
      block[at + 4] & 15 | (block[at - 4] >> 6) << 4, block[at + 4] >> 4 | (block[at] >> 6) << 4
    )
  }
}

extension UnsafeRawPointer {
  fileprivate func byte(_ index: Int) -> Int { Int(load(fromByteOffset: index, as: UInt8.self)) }
}

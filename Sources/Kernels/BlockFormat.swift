import CKernels

// swift-format-ignore: AlwaysUseLowerCamelCase
// The cases are the names that GGUF tools use, so that they can be searched for.
/// How the elements of a tensor are encoded, numbered as in GGUF (`ggml_type`).
///
/// A block is the smallest run of elements that can be decoded alone; the quantized formats keep a
/// half-float scale in it. Layouts as in `ggml-org/llama.cpp:ggml/src/ggml-common.h`.
public enum BlockFormat: UInt32, Sendable, CaseIterable {
  case f32 = 0
  case f16 = 1
  case q4_0 = 2
  case q4_1 = 3
  case q5_0 = 6
  case q5_1 = 7
  case q8_0 = 8
  case q2_K = 10
  case q3_K = 11
  case q4_K = 12
  case q5_K = 13
  case q6_K = 14
  case q8_K = 15
  case iq2_XXS = 16
  case iq2_XS = 17
  case iq3_XXS = 18
  case iq1_S = 19
  case iq4_NL = 20
  case iq3_S = 21
  case iq2_S = 22
  case iq4_XS = 23
  case iq1_M = 29
  case bf16 = 30
  case tq1_0 = 34
  case tq2_0 = 35
  case mxfp4 = 39
  /// Eight bits, four of them the exponent: in safetensors only, so its number is not GGUF's.
  case f8_E4M3 = 0x1_0000

  /// The format that GGUF numbers so, or nil where it is not known.
  public init?(type: UInt32) {
    guard let format = BlockFormat(rawValue: type), format != .f8_E4M3 else { return nil }
    self = format
  }

  /// The formats that GGUF files may hold.
  public static var stored: [BlockFormat] { allCases.filter { $0 != .f8_E4M3 } }

  /// Number of elements in a block.
  public var blockSize: Int {
    switch self {
    case .f32, .f16, .bf16, .f8_E4M3: 1
    case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .iq4_NL, .mxfp4: 32
    case .q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .q8_K, .iq1_S, .iq1_M, .iq2_XXS, .iq2_XS, .iq2_S,
      .iq3_XXS, .iq3_S, .iq4_XS, .tq1_0, .tq2_0:
      256
    }
  }

  /// Number of bytes of a block.
  public var blockBytes: Int {
    switch self {
    case .f32: 4
    case .f16, .bf16: 2
    case .f8_E4M3: 1
    case .q4_0: 18
    case .q4_1: 20
    case .q5_0: 22
    case .q5_1: 24
    case .q8_0: 34
    case .q2_K: 84
    case .q3_K: 110
    case .q4_K: 144
    case .q5_K: 176
    case .q6_K: 210
    case .q8_K: 292
    case .iq1_S: 50
    case .iq1_M: 56
    case .iq2_XXS: 66
    case .iq2_XS: 74
    case .iq2_S: 82
    case .iq3_XXS: 98
    case .iq3_S: 110
    case .iq4_NL: 18
    case .iq4_XS: 136
    case .tq1_0: 54
    case .tq2_0: 66
    case .mxfp4: 17
    }
  }

  /// Bytes of `count` elements; `count` must be a multiple of `blockSize`.
  public func byteCount(_ count: Int) -> Int { count / blockSize * blockBytes }

  /// Decodes `count` elements, a multiple of `blockSize`.
  ///
  /// Bit for bit what gguf-py computes: every product and sum is rounded once to float32. Infinite
  /// and NaN scales give infinities and NaNs.
  ///
  /// - Parameters:
  ///   - bytes: `byteCount(count)` bytes, at any alignment.
  ///   - count: Number of elements; zero is allowed.
  ///   - values: Room for `count` floats; must not overlap `bytes`.
  public func decode(
    _ bytes: UnsafeRawPointer, count: Int, into values: UnsafeMutablePointer<Float>
  ) {
    precondition(count >= 0 && count % blockSize == 0, "\(count) elements are not whole blocks")
    switch self {
    case .f32: ck_decode_f32(bytes, count, values)
    case .f16: ck_decode_f16(bytes, count, values)
    case .bf16: ck_decode_bf16(bytes, count, values)
    case .f8_E4M3: ck_decode_f8_e4m3(bytes, count, values)
    case .q4_0: ck_decode_q4_0(bytes, count, values)
    case .q4_1: ck_decode_q4_1(bytes, count, values)
    case .q5_0: ck_decode_q5_0(bytes, count, values)
    case .q5_1: ck_decode_q5_1(bytes, count, values)
    case .q8_0: ck_decode_q8_0(bytes, count, values)
    case .q2_K: ck_decode_q2_k(bytes, count, values)
    case .q4_K: ck_decode_q4_k(bytes, count, values)
    case .q5_K: ck_decode_q5_k(bytes, count, values)
    case .q6_K: ck_decode_q6_k(bytes, count, values)
    case .q3_K, .q8_K, .iq1_S, .iq1_M, .iq2_XXS, .iq2_XS, .iq2_S, .iq3_XXS, .iq3_S, .iq4_NL,
      .iq4_XS, .tq1_0, .tq2_0, .mxfp4:
      ck_decode_codes(Int32(rawValue), bytes, count, values)
    }
  }

  /// The name that GGUF tools use, for example `Q4_K`.
  public var name: String { BlockFormat.name(of: rawValue) }

  /// The name of a `ggml_type`, known to this engine or not.
  public static func name(of type: UInt32) -> String {
    let names: [UInt32: String] = [
      0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 9: "Q8_1",
      10: "Q2_K", 11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 15: "Q8_K", 16: "IQ2_XXS",
      17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S",
      23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M",
      30: "BF16", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4", 40: "NVFP4",
      BlockFormat.f8_E4M3.rawValue: "F8_E4M3",
    ]
    return names[type] ?? "type \(type)"
  }
}

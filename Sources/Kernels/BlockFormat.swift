/// How the elements of a tensor are encoded, numbered as in GGUF (`ggml_type`).
public enum BlockFormat: UInt32, Sendable, CaseIterable {
  case f32 = 0
  case f16 = 1
  case q4_0 = 2
  case q4_1 = 3
  case q5_0 = 6
  case q5_1 = 7
  case q8_0 = 8
  case q4_K = 12
  case q5_K = 13
  case q6_K = 14
  case bf16 = 30

  /// Number of elements in a block.
  public var blockSize: Int { 1 }

  /// Number of bytes of a block.
  public var blockBytes: Int { 4 }

  /// Bytes of `count` elements; `count` must be a multiple of `blockSize`.
  public func byteCount(_ count: Int) -> Int { count / blockSize * blockBytes }

  /// Decodes `count` elements, a multiple of `blockSize`.
  public func decode(
    _ bytes: UnsafeRawPointer, count: Int, into values: UnsafeMutablePointer<Float>
  ) {
    for index in 0..<count {
      values[index] = bytes.loadUnaligned(fromByteOffset: index * 4, as: Float.self)
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
      30: "BF16", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
    ]
    return names[type] ?? "type \(type)"
  }
}

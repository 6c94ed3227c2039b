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
}

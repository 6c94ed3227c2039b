import CKernels

/// How products of weights and activations are computed; one for the whole of a model.
///
/// Each is one arithmetic: a row gets the same bits alone and in a batch, in prefill and token by
/// token, for any number of threads and on any machine. Weights are never rounded, and plain
/// weights (F32, F16, BF16) are always multiplied exactly.
public enum Arithmetic: String, CaseIterable, Sendable {
  /// Float32 products and sums: the error of a product is about 5e-7, relative.
  case exact
  /// Activations rounded to 16 bits, with a scale for each 32 of them: about 4e-5.
  case precise
  /// Activations rounded to 8 bits, with a scale for each 32, where the weights have 4 or 5 bits,
  /// as llama.cpp does: about 1e-2. Other weights as `precise`.
  case fast

  var number: Int32 {
    switch self {
    case .exact: Int32(CK_EXACT)
    case .precise: Int32(CK_PRECISE)
    case .fast: Int32(CK_FAST)
    }
  }
}

/// Memory for activations rounded to integers; grows to what the largest product needs.
///
/// Not for use by two tasks at once.
public final class RoundedRows {
  private var memory: UnsafeMutableRawPointer?
  private var size = 0

  /// Makes an empty one.
  public init() {}

  deinit { memory?.deallocate() }

  func reserve(_ bytes: Int) -> UnsafeMutableRawPointer? {
    if bytes > size {
      memory?.deallocate()
      memory = .allocate(byteCount: bytes, alignment: 64)
      size = bytes
    }
    return memory
  }
}

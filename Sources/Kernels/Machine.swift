import CKernels

/// What the kernels make of this machine.
public enum Machine {
  /// The instruction set in use: `avx2`, `neon` or `portable`.
  public static var kernels: String { String(cString: ck_kernels_name()) }

  /// Runs `body` without the kernels written for this machine's vector unit.
  ///
  /// The results are the same bits; this is how the tests know. Concerns calls from the same
  /// thread only.
  public static func withPortableKernels<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let before = ck_uses_portable()
    ck_use_portable(true)
    defer { ck_use_portable(before) }
    return try body()
  }
}

import CKernels

/// What the kernels make of this machine.
public enum Machine {
  /// The instruction set in use: `avx2`, `neon` or `portable`.
  public static var kernels: String { String(cString: ck_kernels_name()) }

  /// Has the allocator keep what is freed, up to some hundred megabytes, rather than give it back.
  ///
  /// Caches of keys and values come and go with every prompt; the system would clear their pages
  /// again each time. For a program to call once, at its start.
  public static func keepFreedMemory() { ck_keep_freed_memory() }

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

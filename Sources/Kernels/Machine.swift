import CKernels

/// What the kernels make of this machine.
public enum Machine {
  /// The instruction set in use: `avx512`, `avx2`, `neon` or `portable`.
  public static var kernels: String { String(cString: ck_kernels_name()) }

  /// All kinds that this machine can run, the one in use first and the portable one last.
  public static var everyKernels: [String] {
    let before = ck_passed_over_kernels()
    defer { ck_pass_over_kernels(before) }
    var names: [String] = []
    for count in 0..<8 {
      ck_pass_over_kernels(Int32(count))
      guard names.last != kernels else { break }
      names.append(kernels)
    }
    return names
  }

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
    try withKernels("portable", body)
  }

  /// Runs `body` with the kernels of a kind, or the portable ones if this machine has no such.
  public static func withKernels<Result, Failure: Error>(
    _ name: String, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let every = everyKernels
    let before = ck_passed_over_kernels()
    ck_pass_over_kernels(Int32(every.firstIndex(of: name) ?? every.count - 1))
    defer { ck_pass_over_kernels(before) }
    return try body()
  }
}

import CDigest

/// SHA-256 of bytes that come in pieces (FIPS 180-4).
///
/// Written out here because nothing else needs cryptography, and building a library of it takes
/// longer than building the rest of casthost.
struct SHA256 {
  private var hash = casthost_sha256()

  /// - Parameter portable: Whether to leave the processor's own SHA instructions alone; the result
  ///   is the same.
  init(portable: Bool = false) {
    casthost_sha256_begin(&hash, portable ? 1 : 0)
  }

  /// Takes in the next bytes.
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    let bytes = bytes.bindMemory(to: UInt8.self)
    casthost_sha256_update(&hash, bytes.baseAddress, bytes.count)
  }

  /// The hash of everything taken in, in 64 lower-case hexadecimal digits.
  func finish() -> String {
    var last = hash
    var digest = [UInt8](repeating: 0, count: 32)
    casthost_sha256_end(&last, &digest)
    let digits = Array("0123456789abcdef")
    return String(digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}

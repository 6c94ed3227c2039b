import Foundation
import TestSupport
import Testing

@testable import ModelStore

@Suite("SHA-256")
struct SHA256Tests {
  private func hash(_ pieces: [Data], portable: Bool = false) -> String {
    var hasher = SHA256(portable: portable)
    for piece in pieces { piece.withUnsafeBytes { hasher.update($0) } }
    return hasher.finish()
  }

  @Test(
    "The examples of FIPS 180-4 come out",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      (
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
          + "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
      ),
    ])
  func examples(text: String, digest: String) {
    #expect(hash([Data(text.utf8)]) == digest)
    #expect(hash([Data(text.utf8)], portable: true) == digest)
  }

  @Test("Every length around a block agrees with Python's hashlib", arguments: [false, true])
  func lengths(portable: Bool) {
    // python3 -c 'import hashlib
    // d = b"".join(hashlib.sha256(bytes(i % 251 for i in range(n))).digest() for n in range(300))
    // print(hashlib.sha256(d).hexdigest())'
    var outer = SHA256()
    for length in 0..<300 {
      let digest = hash([Data((0..<length).map { UInt8($0 % 251) })], portable: portable)
      let bytes = stride(from: 0, to: 64, by: 2)
        .compactMap { start in
          UInt8(digest.dropFirst(start).prefix(2), radix: 16)
        }
      bytes.withUnsafeBytes { outer.update($0) }
    }
    #expect(
      outer.finish() == "fa70b867db0a30acb7218d62945db0df52eb393808b30675ea9aac6b058a9a9d")
  }

  @Test("How the bytes are cut does not matter")
  func pieces() {
    let whole = Data((0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
    let digest = hash([whole])
    for size in [1, 3, 63, 64, 65, 127, 128, 500] {
      let pieces = stride(from: 0, to: whole.count, by: size)
        .map { whole[$0..<min($0 + size, whole.count)] }
      #expect(hash(pieces + [Data()]) == digest, "pieces of \(size)")
    }
  }

  @Test("A hash can be read and go on")
  func goesOn() {
    var hasher = SHA256()
    Data("ab".utf8).withUnsafeBytes { hasher.update($0) }
    #expect(hasher.finish() == hash([Data("ab".utf8)]))
    Data("c".utf8).withUnsafeBytes { hasher.update($0) }
    #expect(hasher.finish() == hash([Data("abc".utf8)]))
  }
}

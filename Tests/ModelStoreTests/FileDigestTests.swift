import Foundation
import ModelStore
import TestSupport
import Testing

@Suite("The hash of a file")
struct FileDigestTests {
  @Test(
    "The examples of FIPS 180-4 come out",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ])
  func examples(content: String, digest: String) throws {
    let scratch = try ScratchFolder()
    let file = scratch.url.appendingPathComponent("file")
    try Data(content.utf8).write(to: file)
    #expect(try sha256(of: file) == digest)
  }

  @Test("A file longer than one read is hashed whole")
  func long() throws {
    let scratch = try ScratchFolder()
    let file = scratch.url.appendingPathComponent("file")
    try Data(repeating: UInt8(ascii: "a"), count: 3_000_000).write(to: file)
    // head -c 3000000 /dev/zero | tr '\0' a | sha256sum
    #expect(
      try sha256(of: file)
        == "2a152c894398719c0570f83fac34ac03a0f6e8e474b995c2403aa5434f7b9dd4")
  }

  @Test("A file that is not there cannot be read")
  func missing() {
    let error = #expect(throws: ModelStoreError.self) {
      try sha256(of: URL(fileURLWithPath: "/no/such/file"))
    }
    #expect(error?.code == .unreadable)
  }
}

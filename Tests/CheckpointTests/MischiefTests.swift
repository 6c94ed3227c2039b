import Foundation
import TestSupport
import Testing

@testable import Checkpoint

/// Damaged files must be refused with an error or be read; they never crash and never hang.
@Suite("Damaged files")
struct MischiefTests {
  private enum Kind: String, CaseIterable { case gguf, safetensors }

  /// Opens a file and touches everything in it; returns whether it opened.
  private func explore(_ kind: Kind, _ bytes: [UInt8]) throws -> Bool {
    let file = try MappedFile.guarded(bytes)
    do {
      switch kind {
      case .gguf: try explore(GGUF(file))
      case .safetensors: try explore(Safetensors(file))
      }
      return true
    } catch {
      if !error.message.hasPrefix("mutant: ") { Issue.record("no path in: \(error.message)") }
      return false
    }
  }

  private func explore(_ file: GGUF) throws(CheckpointError) {
    for key in file.metadata.keys {
      switch file.metadata[key] {
      case .strings(let list)?: for bytes in list { #expect(bytes.count < 4096) }
      case .numbers?:
        _ = try? file.metadata.integers(key)
        _ = try? file.metadata.floats(key)
        _ = try? file.metadata.optionalBools(key)
      default: break
      }
    }
    for name in file.tensorNames { touch(try? file.tensor(name)) }
  }

  private func explore(_ file: Safetensors) throws(CheckpointError) {
    for name in file.tensorNames { touch(try? file.tensor(name)) }
  }

  private func touch(_ tensor: StoredTensor?) {
    guard let tensor else { return }
    #expect(tensor.floats().count == tensor.count)
    #expect(tensor.byteCount < 4096)
    _ = try? tensor.matrix()
  }

  private func original(_ kind: Kind) throws -> [UInt8] {
    try Golden.bytes("every-type.\(kind.rawValue)")
  }

  @Test("a file that is cut anywhere is refused")
  func truncation() throws {
    for kind in Kind.allCases {
      let bytes = try original(kind)
      #expect(try explore(kind, bytes))
      // gguf-py pads after the last tensor, 102 bytes of blocks; the padding may be missing.
      let needed = kind == .gguf ? bytes.count - 26 : bytes.count
      for count in 1..<bytes.count {
        let opened = try explore(kind, Array(bytes[..<count]))
        #expect(opened == (count >= needed), "\(kind) cut to \(count) of \(bytes.count)")
      }
    }
  }

  @Test("a file with any byte changed is refused or read")
  func changedBytes() throws {
    var generator = SeededGenerator(seed: 11)
    for kind in Kind.allCases {
      let bytes = try original(kind)
      var opened = 0
      for index in bytes.indices {
        for change in [1, 0x80, 0xff, UInt8.random(in: 1...255, using: &generator)] {
          var mutant = bytes
          mutant[index] ^= change
          if try explore(kind, mutant) { opened += 1 }
        }
      }
      #expect(opened > 100 && opened < bytes.count * 4 - 100, "\(kind): \(opened) opened")
    }
  }

  @Test("a file with hostile integers anywhere is refused or read")
  func hostileIntegers() throws {
    let hostile: [UInt64] = [0, 0xffff_ffff, 1 << 31, 1 << 62, (1 << 63) - 1, 1 << 63, .max]
    let bytes = try original(.gguf)
    var opened = 0
    for index in stride(from: 0, to: bytes.count - 8, by: 1) {
      var mutant = bytes
      let value = hostile[index % hostile.count]
      for byte in 0..<8 { mutant[index + byte] = UInt8(truncatingIfNeeded: value >> (byte * 8)) }
      if try explore(.gguf, mutant) { opened += 1 }
    }
    #expect(opened > 100 && opened < bytes.count - 100, "\(opened) opened")
  }

  @Test("pieces of a file in another order, and noise, are refused or read")
  func shuffled() throws {
    var generator = SeededGenerator(seed: 5)
    for kind in Kind.allCases {
      let bytes = try original(kind)
      for _ in 0..<1500 {
        var mutant = bytes
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
          let length = Int.random(in: 1...40, using: &generator)
          let from = Int.random(in: 0..<bytes.count - length, using: &generator)
          let to = Int.random(in: 8..<bytes.count - length, using: &generator)
          mutant.replaceSubrange(to..<to + length, with: bytes[from..<from + length])
        }
        _ = try explore(kind, mutant)
      }
      for length in 1..<300 {
        let noise = Array(bytes[..<min(8, length)]) + generator.bytes(length)
        #expect(try !explore(kind, noise))
      }
    }
  }
}

import Foundation
import TestSupport
import Testing

@testable import Checkpoint

/// Damaged files of torch.save are read or refused; they never crash and never hang.
///
/// `CASTHOST_FUZZ_SECONDS` makes it go on for that long, from `CASTHOST_FUZZ_SEED`.
@Suite("Mutated files of torch.save")
struct TorchMutationTests {
  /// Opcodes, names that are allowed and one that is not, and numbers that do not fit.
  private static let words: [[UInt8]] = texts.map { Array($0.utf8) } + numbers

  private static let texts = [
    "(", "t", "R", "Q", "]", "}", ")", "a", "e", "s", "u", "b", "0", "1", "2", "N", ".", "h\u{0}",
    "h\u{1}", "q\u{0}", "q\u{1}", "cposix\nsystem\n", "iposix\nsystem\n",
    "ctorch\nDoubleStorage\n", "ctorch._utils\n_rebuild_tensor_v2\n",
    "ctorch._utils\n_rebuild_parameter\n", "ccollections\nOrderedDict\n",
  ]

  private static let numbers: [[UInt8]] = [
    [0x8a, 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    [0x8a, 8, 0, 0, 0, 0, 0, 0, 0, 0x80], [0x4a, 0xff, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0xff],
    [0x85], [0x86], [0x87], [0x93], [0x94], [0x95], [0x8c, 1, 0x30], [0x50, 0x4b, 5, 6],
  ]

  private static func mutate(
    _ file: [UInt8], _ others: [[UInt8]], _ random: inout SeededGenerator
  ) -> [UInt8] {
    var bytes = file
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      // Most of the bytes are elements; what can go wrong lies at both ends.
      let near = Int.random(in: 0..<min(bytes.count, 600), using: &random)
      let at = Bool.random(using: &random) ? near : bytes.count - 1 - near
      let end = min(bytes.count, at + Int.random(in: 1...24, using: &random))
      switch Int.random(in: 0..<8, using: &random) {
      case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 2: bytes.removeSubrange(at..<end)
      case 3: bytes.insert(contentsOf: bytes[at..<end], at: at)
      case 4:
        let other = others.randomElement(using: &random) ?? []
        let start = Int.random(in: 0..<other.count, using: &random)
        let piece = other[start..<min(other.count, start + 40)]
        bytes.replaceSubrange(at..<min(bytes.count, at + piece.count), with: piece)
      case 5, 6:
        // In place, so that the archive around it stays whole.
        let word = words.randomElement(using: &random) ?? []
        bytes.replaceSubrange(at..<min(bytes.count, at + word.count), with: word)
      default: bytes.removeLast(Int.random(in: 0...min(2, bytes.count), using: &random))
      }
    }
    return bytes
  }

  /// Opens a file and reads all of its elements; returns how many.
  private static func explore(_ value: TorchValue) -> Int {
    switch value {
    case .tensor(let tensor):
      let floats = tensor.floats()
      #expect(floats.count == tensor.count)
      return floats.count
    case .list(let values): return values.reduce(0) { $0 + explore($1) }
    case .dictionary(let members): return members.reduce(0) { $0 + explore($1.value) }
    case .other: return 0
    }
  }

  @Test("Mutants of files that torch wrote are read or refused with the file's name")
  func mutants() throws {
    let environment = ProcessInfo.processInfo.environment
    let seconds = environment["CASTHOST_FUZZ_SECONDS"].flatMap(Double.init)
    var random = SeededGenerator(seed: environment["CASTHOST_FUZZ_SEED"].flatMap(UInt64.init) ?? 1)
    let names = [
      "evil_response_avg_diff.pt", "vec_layer_2_Llama-2-7b-chat-hf.pt", "mixed.pt", "named.pt",
      "states.pt",
    ]
    var files = try names.map { try Golden.bytes("foreign/" + $0) }
    var wide = RawTorch(
      .tensor(.storage("0", count: 4), shape: [2, 2], strides: [2, 1]),
      storages: [[UInt8](repeating: 63, count: 16)])
    wide.isWide = true
    files += [wide.bytes]
    let start = ContinuousClock.now
    var (count, opened) = (0, 0)
    while seconds.map({ ContinuousClock.now - start < .seconds($0) }) ?? (count < 4000) {
      let file = files.randomElement(using: &random) ?? []
      let mutant = TorchMutationTests.mutate(file, files, &random)
      count += 1
      guard !mutant.isEmpty else { continue }
      let began = ContinuousClock.now
      do {
        let archive = try TorchArchive(MappedFile.guarded(mutant))
        _ = TorchMutationTests.explore(archive.root)
        opened += 1
      } catch let error as CheckpointError {
        if !error.message.hasPrefix("mutant: ") { Issue.record("no path in: \(error.message)") }
      }
      if ContinuousClock.now - began > .seconds(5) { Issue.record("slow: \(mutant)") }
    }
    #expect(opened > count / 50 && opened < count)
  }
}

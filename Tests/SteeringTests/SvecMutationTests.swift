import Foundation
import TestSupport
import Testing

@testable import Steering

/// Damaged .svec files are read or refused; they never crash and never hang.
///
/// `CASTHOST_FUZZ_SECONDS` makes it go on for that long, from `CASTHOST_FUZZ_SEED`.
@Suite("Mutated .svec files")
struct SvecMutationTests {
  private static let words = [
    "{", "}", "[", "]", ",", ":", "\"", "null", "true", "NaN", "1e400", "-1", "1e-400", "\"1\":",
    "\"01\":",
    "[[1]]", "\"directions\":", "\"casthost.passport\":\"{}\",", "\"num_heads\":null,", "\\ud800",
    "\"model_type\":7,", "\"65536\":", "9223372036854775808", "\"explained_variances\":[],",
  ]

  private static func mutate(_ file: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
    var bytes = file
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      let at = Int.random(in: 0..<bytes.count, using: &random)
      let end = min(bytes.count, at + Int.random(in: 1...30, using: &random))
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.removeSubrange(at..<end)
      case 2: bytes.insert(contentsOf: bytes[at..<end], at: at)
      default:
        bytes.insert(contentsOf: (words.randomElement(using: &random) ?? "").utf8, at: at)
      }
    }
    return bytes
  }

  @Test("Mutants of small .svec files are read or refused with the file's name")
  func mutants() throws {
    let environment = ProcessInfo.processInfo.environment
    let seconds = environment["CASTHOST_FUZZ_SECONDS"].flatMap(Double.init)
    var random = SeededGenerator(seed: environment["CASTHOST_FUZZ_SEED"].flatMap(UInt64.init) ?? 1)
    let files = [
      #"{"model_type": "llama", "directions": {"1": [0.5, -1e-3], "2": [3, 4]}, "#
        + #""explained_variances": {"1": 0.5, "2": 1}}"#,
      #"{"model_type": "llama", "directions": {"0": [[1, 2]], "1": [[3, 4]]}}"#,
    ]
    let folder = try TemporaryFolder()
    let start = ContinuousClock.now
    var (count, opened) = (0, 0)
    while seconds.map({ ContinuousClock.now - start < .seconds($0) }) ?? (count < 2000) {
      let file = files[count % files.count]
      let mutant = SvecMutationTests.mutate(Array(file.utf8), &random)
      count += 1
      let path = try folder.write(mutant, as: "x.svec")
      let began = ContinuousClock.now
      do {
        let vector = try ControlVectorFile.read(path, called: "mutant.svec")
        if vector.layers.isEmpty || vector.width == 0 { Issue.record("empty: \(mutant)") }
        opened += 1
      } catch let error as SteeringError {
        let named = ["mutant.svec: ", "vector: "].contains { error.message.hasPrefix($0) }
        if !named { Issue.record("no name in: \(error.message)") }
      }
      if ContinuousClock.now - began > .seconds(5) { Issue.record("slow: \(mutant)") }
    }
    #expect(opened > count / 50 && opened < count)
  }
}

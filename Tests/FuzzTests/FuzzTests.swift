import Foundation
import Fuzzers
import TestSupport
import Testing

/// Damaged and hostile files are read or refused: soon, in bounded memory, without a crash.
///
/// `CASTHOST_FUZZ_SECONDS` makes each run go on for that long, from `CASTHOST_FUZZ_SEED`;
/// `CASTHOST_FUZZ` names the one that is to run.
@Suite("Readers under attack")
struct FuzzTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let seconds = environment["CASTHOST_FUZZ_SECONDS"].flatMap(Double.init)
  private static let chosen = Fuzzer.all.filter {
    (environment["CASTHOST_FUZZ"] ?? $0.name) == $0.name
  }

  /// Whether a file was read; nil is a finding, which is recorded with the file.
  private func isRead(_ bytes: [UInt8], _ fuzzer: Fuzzer) -> Bool? {
    func report(_ what: String) {
      Issue.record("\(fuzzer.name): \(what): \(Data(bytes).base64EncodedString())")
    }
    let began = ContinuousClock.now
    do {
      let message = try fuzzer.attempt(bytes)
      let time = ContinuousClock.now - began
      if time > .seconds(10) { report("took \(time)") }
      return message == nil
    } catch {
      report("\(error)")
      return nil
    }
  }

  @Test("what mutants are made of is read", arguments: chosen.map(\.name))
  func seeds(name: String) throws {
    let fuzzer = try #require(Fuzzer.all.first { $0.name == name })
    #expect(!fuzzer.seeds.isEmpty)
    for seed in fuzzer.seeds {
      #expect(isRead(seed, fuzzer) == true, "\(String(decoding: seed.prefix(200), as: UTF8.self))")
    }
  }

  @Test("mutants are read or refused", arguments: chosen.map(\.name))
  func mutants(name: String) throws {
    let fuzzer = try #require(Fuzzer.all.first { $0.name == name })
    let mutation = Mutation(fuzzer)
    var random = SeededGenerator(
      seed: FuzzTests.environment["CASTHOST_FUZZ_SEED"].flatMap(UInt64.init) ?? 1)
    let start = ContinuousClock.now
    var (tried, read) = (0, 0)
    while FuzzTests.seconds.map({ ContinuousClock.now - start < .seconds($0) })
      ?? (tried < fuzzer.rounds)
    {
      tried += 1
      if isRead(mutation.mutant(using: &random), fuzzer) == true { read += 1 }
    }
    #expect(read > 0 && read < tried, "\(read) of \(tried)")
    guard FuzzTests.seconds != nil, let peak = MemoryUse.peak else { return }
    print("\(name): \(tried) mutants, \(read) read, at most \(peak >> 20) MB")
    #expect(peak < 1 << 30)
  }

  @Test("a file that is cut anywhere is read or refused", arguments: chosen.map(\.name))
  func cuts(name: String) throws {
    let fuzzer = try #require(Fuzzer.all.first { $0.name == name })
    // Small files at every byte, large ones at a hundred.
    let small = fuzzer.seeds.sorted { $0.count < $1.count }.prefix(2)
    for seed in small {
      for count in stride(from: 0, to: seed.count, by: max(1, seed.count / 1500)) {
        #expect(isRead(Array(seed[..<count]), fuzzer) != nil)
      }
    }
  }
}

/// What the process has used of the machine's memory.
enum MemoryUse {
  /// Most bytes that it held at once; nil where the system does not say.
  static var peak: Int? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
    else { return nil }
    return line.split(separator: " ").compactMap { Int($0) }.first.map { $0 << 10 }
  }
}

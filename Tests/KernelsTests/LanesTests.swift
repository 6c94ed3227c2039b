import Kernels
import Synchronization
import Testing

@Suite struct LanesTests {
  @Test(
    "Every part runs exactly once, for few and many parts and threads",
    arguments: [1, 2, 3, 8, 64])
  func everyPartOnce(threads: Int) {
    let lanes = Lanes(count: threads)
    #expect(lanes.count == threads)
    for parts in [0, 1, 2, 7, 100, 1000] {
      let counts = Counters(parts)
      lanes.run(parts) { counts.add($0) }
      #expect(counts.values == [Int](repeating: 1, count: parts))
    }
  }

  @Test("A pool of no threads is a pool of one")
  func noThreads() {
    #expect(Lanes(count: 0).count == 1)
    #expect(Lanes(count: -5).count == 1)
  }

  @Test("A run inside a part does all its parts and does not deadlock")
  func nested() {
    let lanes = Lanes(count: 3)
    let counts = Counters(8 * 5)
    for _ in 0..<50 {
      lanes.run(8) { outer in
        lanes.run(5) { inner in counts.add(outer * 5 + inner) }
      }
    }
    #expect(counts.values == [Int](repeating: 50, count: 40))
  }

  @Test("Several threads may run parts on one pool at once")
  func concurrentCallers() async {
    let lanes = Lanes(count: 2)
    let counts = Counters(4 * 10)
    await withTaskGroup(of: Void.self) { group in
      for caller in 0..<4 {
        group.addTask {
          for _ in 0..<200 { lanes.run(10) { counts.add(caller * 10 + $0) } }
        }
      }
    }
    #expect(counts.values == [Int](repeating: 200, count: 40))
  }

  @Test("What the parts wrote is there when the run returns, thousands of times over")
  func writesAreSeen() {
    let lanes = Lanes(count: 2)
    var values = [Int](repeating: 0, count: 64)
    values.withUnsafeMutableBufferPointer { values in
      for round in 1...5000 {
        lanes.run(64) { values[$0] += round }
        if values.contains(where: { $0 != values[0] }) {
          Issue.record("round \(round): \(Array(values))")
          return
        }
      }
    }
    #expect(values[0] == 5000 * 5001 / 2)
  }

  @Test("Pools come and go, used or not, asleep or awake")
  func createAndDestroy() async throws {
    for count in 1...8 {
      _ = Lanes(count: count)
      let lanes = Lanes(count: count)
      let counts = Counters(16)
      lanes.run(16) { counts.add($0) }
      if count == 8 {
        // Long enough for the workers to fall asleep and be woken again.
        try await Task.sleep(for: .milliseconds(50))
        lanes.run(16) { counts.add($0) }
      }
      #expect(counts.values.reduce(0, +) == (count == 8 ? 32 : 16))
    }
  }
}

/// Counters that any thread may advance.
private final class Counters: Sendable {
  private let counts: Mutex<[Int]>

  init(_ count: Int) { counts = Mutex([Int](repeating: 0, count: count)) }

  func add(_ index: Int) { counts.withLock { $0[index] += 1 } }

  var values: [Int] { counts.withLock { $0 } }
}

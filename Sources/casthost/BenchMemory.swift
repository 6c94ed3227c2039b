import Foundation
import Kernels

/// A buffer far larger than any cache, to read from.
struct BenchMemory: ~Copyable {
  static let byteCount = 256 << 20
  private static let parts = 32
  private let base: UnsafeMutableRawPointer

  /// Allocates the buffer and touches every page of it.
  init() {
    base = .allocate(byteCount: Self.byteCount, alignment: 2 << 20)
    #if os(Linux)
    _ = madvise(base, Self.byteCount, Int32(MADV_HUGEPAGE))
    #endif
    memset(base, 1, Self.byteCount)
  }

  deinit { base.deallocate() }

  /// Reads the buffer once on all lanes and returns GB/s.
  ///
  /// Each part is searched for a byte that it does not hold: the library's search reads whole
  /// vectors, and its result is needed, so that no compiler leaves the reading out.
  func read(on lanes: Lanes) throws -> Double {
    let size = Self.byteCount / Self.parts
    let (base, found) = (base, Tensor(count: Self.parts))
    let time = seconds {
      lanes.run(Self.parts) { part in
        if memchr(base + part * size, 2, size) != nil { found.base[part] = 1 }
      }
    }
    guard found.values.allSatisfy({ $0 == 0 }) else {
      throw CommandFailure(.failure, "bench: the memory read is not the memory written.")
    }
    return Double(Self.byteCount) / time / 1e9
  }

  /// What a sample of ``read(on:)`` counts.
  static func counts(_ lanes: Lanes) -> String {
    "\(lanes.count) threads read \(byteCount >> 20) MiB once"
  }
}

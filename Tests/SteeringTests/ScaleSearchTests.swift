import Foundation
import Testing

@testable import Steering

@Suite("The scale of a divergence")
struct ScaleSearchTests {
  /// Scales tried until the cost is within 1 % of 1 nat; nil where it takes more than 60.
  private func tries(_ cost: (Double) -> Double) -> Int? {
    var search = ScaleSearch(wanted: 1)
    for tried in 1...60 {
      let scale = search.next
      search.note(scale, costs: cost(Double(scale)))
      if search.isDone(0.01) {
        let found = cost(Double(search.best.scale))
        #expect(found == search.best.divergence && abs(found - 1) <= 0.01, "\(found)")
        return tried
      }
    }
    return nil
  }

  @Test(
    "a square is found at the third scale, and no shape takes more than 40",
    arguments: [1e-6, 1e-3, 0.3, 1, 2, 40, 1e4])
  func shapes(unit: Double) throws {
    let square = try #require(tries { $0 * $0 * unit })
    #expect(square <= (unit < 0.01 ? 12 : 3), "\(square)")
    let shapes: [(Double) -> Double] = [
      { unit * $0 }, { unit * pow($0, 4) }, { 3 * (1 - exp(-unit * $0 * $0)) },
      { unit * $0 < 1 ? 1e-9 * $0 : 1e3 * (unit * $0 - 1) }, { exp(min(unit * $0, 600)) - 1 },
    ]
    for (number, shape) in shapes.enumerated() {
      let count = try #require(tries(shape), "shape \(number)")
      #expect(count <= (number == 3 ? 40 : 16), "shape \(number): \(count)")
    }
  }

  @Test("a jump over the wanted divergence ends where two scales are as near as they can be")
  func jump() {
    var search = ScaleSearch(wanted: 1)
    for _ in 1...60 where !search.isDone(0.01) {
      search.note(search.next, costs: search.next < 3 ? 0.5 : 4)
    }
    #expect(search.isDone(0.01))
    #expect(abs(search.best.scale - 3) < 1e-4)
  }
}

import Engine
import Kernels
import TestSupport
import Transformer

/// Opens sessions on tiny random models.
enum TinySession {
  /// A session on a model of a family, with two lanes.
  static func open(_ family: String = "llama") throws -> Session {
    try open(TinyModel(architecture: family))
  }

  /// A session on a model with other sizes than the usual ones.
  static func open(_ tiny: TinyModel) throws -> Session {
    let path = try tiny.write(to: TemporaryFolder().file("tiny.gguf"))
    return Session(try Model(path: path, lanes: Lanes(count: 2)))
  }

  /// Random ids of the tiny vocabulary, none of a control token.
  static func tokens(_ count: Int, seed: UInt64) -> [Int32] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in Int32.random(in: 3..<290, using: &generator) }
  }
}

extension [Float] {
  /// The elements as bits, so that equal means the same to the last bit.
  var bits: [UInt32] { map(\.bitPattern) }
}

extension Tensor {
  /// A row as bits.
  func rowBits(_ index: Int) -> [UInt32] {
    (0..<columns).map { row(index)[$0].bitPattern }
  }
}

/// A hook made of a closure that sees the residual stream after block 0.
final class FirstBlockHook: ResidualHook {
  private let body: (ResidualRows) throws -> Void

  init(_ body: @escaping (ResidualRows) throws -> Void) { self.body = body }

  func wants(_ site: Site) -> Bool { site == Site(LayerIndex(0)) }

  func visit(_ rows: ResidualRows, at site: Site) throws { try body(rows) }
}

/// An intervention made of a closure that makes each sequence's hook.
struct MadeIntervention: Intervention {
  let treatsPrefixesAlike: Bool
  let make: (SequencePlace) -> any ResidualHook

  func hooks(for place: SequencePlace) -> [any ResidualHook] { [make(place)] }

  /// Adds one number to the positions below a threshold and another to those from it on.
  static func step(at threshold: Int) -> MadeIntervention {
    MadeIntervention(treatsPrefixesAlike: true) { _ in
      FirstBlockHook { rows in
        for index in 0..<rows.count {
          let amount: Float = rows.firstPosition + index < threshold ? 0.5 : -0.25
          for column in 0..<rows.width { rows.row(index)[column] += amount }
        }
      }
    }
  }

  /// Adds to each row a number that depends on how many rows the sequence's hook saw before and on
  /// how long the prompt is; `saw` is told which positions of which row of the call were visited.
  static func counting(
    saw: @escaping (_ row: Int, _ positions: Range<Int>) -> Void = { _, _ in }
  ) -> MadeIntervention {
    MadeIntervention(treatsPrefixesAlike: false) { place in
      var count = 0
      return FirstBlockHook { rows in
        saw(place.row, rows.firstPosition..<rows.firstPosition + rows.count)
        for index in 0..<rows.count {
          let amount = Float(count % 7 - 3) * 0.125 + Float(place.prompt.count) / 256
          for column in stride(from: 0, to: rows.width, by: 2) { rows.row(index)[column] += amount }
          count += 1
        }
      }
    }
  }
}

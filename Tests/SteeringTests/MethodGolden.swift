import Foundation
import Kernels
import TestSupport
import Testing
import Transformer

@testable import Steering

/// What numpy and scikit-learn make of random activations; see `record_steering_methods.py`.
struct MethodGolden: Decodable {
  let width: Int
  let positive: Data
  let negative: Data
  let reference: Data
  let general: Data
  let rows: Data
  let fewPositive: Data
  let fewNegative: Data
  let crossCovariance: [String: Data]
  let manyPositive: Data
  let manyNegative: Data
  let manyWidth: Int
  let streamed: [String: Data]
  let headsWidth: Int
  let headsPositive: [Data]
  let headsNegative: [Data]
  let headsDirections: [Data]
  let headsKept: [[Double]]
  let leace: Data
  let leaceFew: Data
  let conceptors: [String: Data]
  let vectors: Data
  let weights: [Double]
  let layer: Int
  let dareSeed: UInt64
  let combinations: [String: Data]
  let direction: Data
  let operators: [String: Data]

  static func recorded() throws -> MethodGolden {
    try Golden.recorded("steering-methods.json", as: MethodGolden.self)
  }

  func input(_ positive: Data, _ negative: Data, width: Int? = nil) -> BuildMethod.Input {
    BuildMethod.Input(
      layer: LayerIndex(0),
      positive: Golden.tensor(positive, width: width ?? self.width),
      negative: Golden.tensor(negative, width: width ?? self.width), seed: 0)
  }

  var input: BuildMethod.Input { input(positive, negative) }
}

/// The largest difference of two lists of elements.
func furthest(_ left: some Sequence<Float>, _ right: some Sequence<Float>) -> Float {
  zip(left, right).reduce(0) { max($0, abs($1.0 - $1.1)) }
}

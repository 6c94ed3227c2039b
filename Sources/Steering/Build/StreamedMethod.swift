import Engine
import Kernels
import Transformer

/// How a method computes its direction from sums, where it does not need all rows at once.
struct StreamedMethod: Sendable {
  /// The sums that it needs.
  enum Need: Sendable {
    /// Means of the sides.
    case means
    /// The sides' covariances.
    case withinSides
    /// Second moments of the pairs' differences, as they are.
    case differences
    /// Second moments of the differences, each with a sign drawn from the seed.
    case signedDifferences
  }

  let need: Need
  /// Whether the sign is repeng's, which takes a second look at all pairs.
  var isSignedByMajority = false
  let direction: @Sendable (BuildSums) throws -> [Double]

  /// The methods that need no rows; `logistic` weighs every row anew at each step, and
  /// `cross_covariance`, `iti` and functions look at projections of all of them.
  static let all: [String: StreamedMethod] = [
    "mean_diff": StreamedMethod(need: .means) { $0.differenceOfMeans },
    "mean_diff_unpaired": StreamedMethod(need: .means) { $0.differenceOfMeans },
    "mean_center": StreamedMethod(need: .means) { sums in
      let general = sums.reference.count > 0 ? sums.reference.mean : sums.meanOfBoth
      return RowMath.difference(sums.positive.mean, general)
    },
    "random": StreamedMethod(need: .means) { sums in
      var random = RandomSource(seed: sums.seed, stream: sums.layer.number + 1)
      let drawn = (0..<sums.positive.width).map { _ in random.normal() }
      let factor = RowMath.norm(sums.differenceOfMeans) / RowMath.norm(drawn)
      return drawn.map { $0 * factor }
    },
    "random_orthogonal": StreamedMethod(need: .means) { sums in
      var random = RandomSource(seed: sums.seed, stream: sums.layer.number + 1)
      let drawn = (0..<sums.positive.width).map { _ in random.normal() }
      return RowMath.orthogonal(drawn, to: sums.differenceOfMeans)
    },
    "lda": StreamedMethod(need: .withinSides) { sums in
      try Discriminant.direction(
        sums.differenceOfMeans,
        scatter: sums.positive.scatter.combined(with: sums.negative.scatter, +),
        fourth: sums.positive.centredFourth + sums.negative.centredFourth,
        count: sums.positive.count + sums.negative.count, sums.layer)
    },
    "pca_center": StreamedMethod(need: .differences, isSignedByMajority: true) { sums in
      PrincipalComponent.direction(ofProduct: sums.differences.product)
    },
    "pca_diff": StreamedMethod(need: .differences, isSignedByMajority: true) { sums in
      PrincipalComponent.direction(ofProduct: sums.differences.scatter)
    },
    "pca_uncentered": StreamedMethod(need: .differences) { sums in
      let component = PrincipalComponent.direction(ofProduct: sums.differences.product)
      let along = RowMath.dot(component, sums.differences.mean)
      return along < 0 ? component.map { -$0 } : component
    },
    "lat": StreamedMethod(need: .signedDifferences, isSignedByMajority: true) { sums in
      PrincipalComponent.direction(ofProduct: sums.differences.scatter)
    },
  ]
}

/// The sums of one layer's activations.
final class BuildSums {
  let layer: LayerIndex
  let seed: UInt64
  let positive: RunningMoments
  let negative: RunningMoments
  let reference: RunningMoments
  let differences: RunningMoments
  /// Σ ‖h‖ over both sides.
  private(set) var lengths = 0.0
  private let need: StreamedMethod.Need
  private var signs: RandomSource

  init(_ layer: LayerIndex, width: Int, _ need: StreamedMethod.Need, seed: UInt64) {
    self.layer = layer
    self.seed = seed
    self.need = need
    signs = RandomSource(seed: seed, stream: 0)
    var isWithin = false
    var isOfPairs = false
    switch need {
    case .means: break
    case .withinSides: isWithin = true
    case .differences, .signedDifferences: isOfPairs = true
    }
    positive = RunningMoments(width: width, keepsSquares: isWithin)
    negative = RunningMoments(width: width, keepsSquares: isWithin)
    reference = RunningMoments(width: width, keepsSquares: false)
    differences = RunningMoments(width: width, keepsSquares: isOfPairs, isShifted: false)
  }

  /// Bytes that the sums of one layer take.
  static func bytes(_ need: StreamedMethod.Need, width: Int) -> Int {
    switch need {
    case .means: 0
    case .withinSides: 2 * RunningMoments.bytes(width: width)
    case .differences, .signedDifferences: RunningMoments.bytes(width: width)
    }
  }

  func add(_ input: BuildMethod.Input) {
    positive.add(input.positive)
    negative.add(input.negative)
    for side in [input.positive, input.negative] {
      for row in 0..<side.rows { lengths += RowMath.norm(RowMath.row(side, row)) }
    }
    guard need == .differences || need == .signedDifferences else { return }
    for row in RowMath.differences(input) {
      let turns = need == .signedDifferences && signs.next() & 1 == 1
      differences.add(turns ? row.map { -$0 } : row)
    }
  }

  /// Mean of the positive rows minus mean of the negative ones.
  var differenceOfMeans: [Double] { RowMath.difference(positive.mean, negative.mean) }

  /// Mean of the rows of both sides.
  var meanOfBoth: [Double] {
    let (up, down) = (Double(positive.count), Double(negative.count))
    return zip(positive.mean, negative.mean).map { ($0 * up + $1 * down) / (up + down) }
  }

  /// Mean length of both sides' rows.
  var meanLength: Double { lengths / Double(max(1, positive.count + negative.count)) }
}

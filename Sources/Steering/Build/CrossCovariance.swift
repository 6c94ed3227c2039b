import Kernels

/// The discriminant of jukofyork's control vectors.
///
/// With P and N the sides minus a baseline, the eigenvectors of (PᵀN + NᵀP)/2 are candidates, each
/// as long as the mean projection of P on it. Of those whose discriminant ratio, the variance
/// between the sides over that within them, is at least ½, the best are summed as long as each
/// raises the sum's ratio by more than ½.
enum CrossCovariance {
  /// The least ratio of a candidate, and the least gain of one that is added.
  static let leastRatio = 0.5

  /// Which of the two vectors is wanted.
  enum Part {
    /// From the middle of the sides to the mean of the positive one.
    case axis
    /// From the baseline to the middle of the sides.
    case debias
  }

  /// `[width]`; zero where no candidate is good enough.
  static func direction(_ input: BuildMethod.Input, _ part: Part) -> [Float] {
    let (up, down) = (baselined(input, input.positive), baselined(input, input.negative))
    let width = input.width
    var product = SquareMatrix(diagonal: 0, size: width)
    for (p, n) in zip(up, down) {
      for row in 0..<width where p[row] != 0 {
        for column in 0..<width { product[row, column] += p[row] * n[column] }
      }
    }
    var symmetric = product
    for row in 0..<width {
      for column in 0..<width {
        symmetric[row, column] = (product[row, column] + product[column, row]) / 2
      }
    }
    let eigen = SymmetricEigen(symmetric)
    let largest = eigen.values.reduce(0) { max($0, abs($1)) }
    var candidates: [(ratio: Double, direction: [Double])] = []
    // What rounding leaves of a zero eigenvalue is no direction.
    for index in eigen.values.indices where abs(eigen.values[index]) > 1e-12 * largest {
      let axis = eigen.vector(index)
      let sides = (Projection(up, axis), Projection(down, axis))
      let ratio = Projection.ratio(sides.0, sides.1)
      if ratio >= leastRatio { candidates.append((ratio, axis.map { $0 * sides.0.mean })) }
    }
    candidates.sort { $0.ratio > $1.ratio }
    var sum = Array(repeating: 0.0, count: width)
    var best = (ratio: 0.0, unit: sum, up: 0.0, down: 0.0)
    for candidate in candidates {
      let trial = zip(sum, candidate.direction).map { $0 + $1 }
      let length = RowMath.norm(trial)
      guard length > 0 else { continue }
      let unit = trial.map { $0 / length }
      let sides = (Projection(up, unit), Projection(down, unit))
      let ratio = Projection.ratio(sides.0, sides.1)
      guard ratio > best.ratio + leastRatio else { continue }
      best = (ratio, unit, sides.0.mean, sides.1.mean)
      sum = trial
    }
    let middle = (best.up + best.down) / 2
    let length = part == .axis ? best.up - middle : middle
    return best.unit.map { Float($0 * length) }
  }

  /// The rows minus the baseline: the reference's rows where there is one for each pair, its mean
  /// where there are others, else the mean of both sides.
  private static func baselined(_ input: BuildMethod.Input, _ side: Tensor) -> [[Double]] {
    let rows = RowMath.rows(side)
    guard let reference = input.reference else {
      let mean = RowMath.mean(RowMath.rows(input.positive) + RowMath.rows(input.negative))
      return rows.map { RowMath.difference($0, mean) }
    }
    let neutral = RowMath.rows(reference)
    if input.isPaired, neutral.count == rows.count {
      return zip(rows, neutral).map { RowMath.difference($0, $1) }
    }
    let mean = RowMath.mean(neutral)
    return rows.map { RowMath.difference($0, mean) }
  }
}

/// Projections of one side's rows on a direction.
private struct Projection {
  let count: Double
  let mean: Double
  /// Sum of the squared distances from the mean.
  let spread: Double

  init(_ rows: [[Double]], _ direction: [Double]) {
    let values = rows.map { RowMath.dot($0, direction) }
    count = Double(values.count)
    let mean = values.reduce(0, +) / count
    self.mean = mean
    spread = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
  }

  /// Variance between two sides over that within them; 0 where there is none within.
  static func ratio(_ left: Projection, _ right: Projection) -> Double {
    let middle =
      (left.mean * left.count + right.mean * right.count) / (left.count + right.count)
    let (fromLeft, fromRight) = (left.mean - middle, right.mean - middle)
    let between = left.count * fromLeft * fromLeft + right.count * fromRight * fromRight
    let within = left.spread + right.spread
    return within > 0 ? between / within : 0
  }
}

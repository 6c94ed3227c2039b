import Kernels

/// Arithmetic on rows of activations, in float64.
enum RowMath {
  static func row(_ tensor: Tensor, _ index: Int) -> [Double] {
    UnsafeBufferPointer(start: tensor.row(index), count: tensor.columns).map { Double($0) }
  }

  static func rows(_ tensor: Tensor) -> [[Double]] {
    (0..<tensor.rows).map { row(tensor, $0) }
  }

  /// Positive minus negative, row by row.
  static func differences(_ input: BuildMethod.Input) -> [[Double]] {
    (0..<input.pairs)
      .map { pair in
        let (up, down) = (input.positive.row(pair), input.negative.row(pair))
        return (0..<input.width).map { Double(up[$0]) - Double(down[$0]) }
      }
  }

  /// Mean of the positive rows minus mean of the negative ones.
  static func differenceOfMeans(_ input: BuildMethod.Input) -> [Double] {
    zip(mean(rows(input.positive)), mean(rows(input.negative))).map { $0 - $1 }
  }

  static func mean(_ rows: [[Double]]) -> [Double] {
    guard var sum = rows.first else { return [] }
    for row in rows.dropFirst() {
      for index in sum.indices { sum[index] += row[index] }
    }
    return sum.map { $0 / Double(rows.count) }
  }

  /// The rows without their mean.
  static func centred(_ rows: [[Double]]) -> [[Double]] {
    let mean = mean(rows)
    return rows.map { zip($0, mean).map { $0 - $1 } }
  }

  static func difference(_ left: [Double], _ right: [Double]) -> [Double] {
    zip(left, right).map { $0 - $1 }
  }

  static func dot(_ left: [Double], _ right: [Double]) -> Double {
    var sum = 0.0
    for index in left.indices { sum += left[index] * right[index] }
    return sum
  }

  static func norm(_ x: [Double]) -> Double { dot(x, x).squareRoot() }

  /// What of x is at right angles to an axis, brought to the axis' length.
  static func orthogonal(_ x: [Double], to axis: [Double]) -> [Double] {
    let square = dot(axis, axis)
    guard square > 0 else { return axis }
    let factor = dot(x, axis) / square
    let rest = zip(x, axis).map { $0 - factor * $1 }
    let length = square.squareRoot() / norm(rest)
    return rest.map { $0 * length }
  }

  static func floats(_ x: [Double]) -> [Float] { x.map { Float($0) } }

  /// At length 1; zero stays zero.
  static func unit(_ x: [Double]) -> [Float] {
    let length = norm(x)
    return x.map { Float(length > 0 ? $0 / length : 0) }
  }

  /// rows · rowsᵀ.
  static func gram(_ rows: [[Double]]) -> [[Double]] {
    var gram = rows.map { _ in Array(repeating: 0.0, count: rows.count) }
    for row in rows.indices {
      for other in row..<rows.count {
        let product = dot(rows[row], rows[other])
        gram[row][other] = product
        gram[other][row] = product
      }
    }
    return gram
  }

  /// Σ weight · row.
  static func combine(_ rows: [[Double]], _ weights: [Double]) -> [Double] {
    var sum = Array(repeating: 0.0, count: rows.first?.count ?? 0)
    for (row, weight) in zip(rows, weights) {
      for index in sum.indices { sum[index] += weight * row[index] }
    }
    return sum
  }

  /// Solves a symmetric, positive definite system by Cholesky's factorisation.
  ///
  /// - Parameters:
  ///   - matrix: `[n, n]`; only the lower half is read.
  ///   - right: `[n]`.
  /// - Returns: The solution, or nil for a matrix that is not positive definite in float64.
  /// - Complexity: O(n³).
  static func solve(_ matrix: [[Double]], _ right: [Double]) -> [Double]? {
    var lower = matrix
    for row in lower.indices {
      for column in 0...row {
        var sum = lower[row][column]
        for index in 0..<column { sum -= lower[row][index] * lower[column][index] }
        if row == column {
          guard sum > 0, sum.isFinite else { return nil }
          lower[row][row] = sum.squareRoot()
        } else {
          lower[row][column] = sum / lower[column][column]
        }
      }
    }
    var solution = right
    for row in lower.indices {
      for column in 0..<row { solution[row] -= lower[row][column] * solution[column] }
      solution[row] /= lower[row][row]
    }
    for row in lower.indices.reversed() {
      for later in row + 1..<lower.count { solution[row] -= lower[later][row] * solution[later] }
      solution[row] /= lower[row][row]
    }
    return solution
  }
}

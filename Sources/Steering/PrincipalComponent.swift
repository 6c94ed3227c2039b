import Engine
import Kernels

/// The first principal component, through the top eigenvector of the small Gram matrix.
enum PrincipalComponent {
  /// The unit direction of largest second moment of `rows`, `[pairs][width]`.
  ///
  /// Works on rows·rowsᵀ, `[pairs, pairs]`, and is the same on every run. The sign is repeng's: more pairs must have the larger projection on
  /// their positive side. In a tie, where repeng keeps the sign that its
  /// library happens to give, the largest element is positive.
  static func first(of rows: [[Double]], signedBy input: BuildMethod.Input) -> [Float] {
    let width = input.width
    let weights = topEigenvector(gram(rows))
    var direction = Array(repeating: 0.0, count: width)
    for (row, weight) in zip(rows, weights) {
      for index in 0..<width { direction[index] += weight * row[index] }
    }
    let norm = direction.reduce(0.0) { $0 + $1 * $1 }.squareRoot()
    guard norm > 0 else { return Array(repeating: 0, count: width) }
    if let largest = direction.max(by: { abs($0) < abs($1) }), largest < 0 {
      direction = direction.map { -$0 }
    }
    let unit = direction.map { Float($0 / norm) }
    var balance = 0
    for pair in 0..<input.pairs {
      let up = VectorMath.dot(input.positive.row(pair), unit, width)
      let down = VectorMath.dot(input.negative.row(pair), unit, width)
      balance += up > down ? 1 : up < down ? -1 : 0
    }
    return balance < 0 ? unit.map { -$0 } : unit
  }

  private static func gram(_ rows: [[Double]]) -> [[Double]] {
    var gram = rows.map { _ in Array(repeating: 0.0, count: rows.count) }
    for row in rows.indices {
      for other in row..<rows.count {
        var sum = 0.0
        let (left, right) = (rows[row], rows[other])
        for index in left.indices { sum += left[index] * right[index] }
        gram[row][other] = sum
        gram[other][row] = sum
      }
    }
    return gram
  }

  /// The eigenvector of the largest eigenvalue of a symmetric matrix without negative ones, by
  /// power iteration from its longest row, until no element moves by more than 1e-13.
  ///
  /// - Complexity: O(iterations × rows²), at most 4,000 iterations: two eigenvalues that differ
  ///   by 1 % are separated to 1e-17, closer ones define no direction worth the name.
  static func topEigenvector(_ matrix: [[Double]]) -> [Double] {
    guard let longest = matrix.indices.max(by: { matrix[$0][$0] < matrix[$1][$1] }),
      var vector = normalized(matrix[longest])
    else { return matrix.map { _ in 1 } }
    for _ in 0..<4_000 {
      let product = matrix.map { row in zip(row, vector).reduce(0.0) { $0 + $1.0 * $1.1 } }
      guard let next = normalized(product) else { break }
      let change = zip(next, vector).reduce(0.0) { max($0, abs($1.0 - $1.1)) }
      vector = next
      if change < 1e-13 { break }
    }
    return vector
  }

  private static func normalized(_ x: [Double]) -> [Double]? {
    let norm = x.reduce(0.0) { $0 + $1 * $1 }.squareRoot()
    return norm > 0 ? x.map { $0 / norm } : nil
  }
}

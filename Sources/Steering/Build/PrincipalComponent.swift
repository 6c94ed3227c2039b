import Engine
import Kernels

/// The first principal component, through the top eigenvector of the small Gram matrix.
enum PrincipalComponent {
  /// The unit direction of largest second moment of `rows`, `[pairs][width]`; zero for zeros.
  ///
  /// Works on rows·rowsᵀ, `[pairs, pairs]`, and is the same on every run. The largest element is
  /// positive.
  static func direction(of rows: [[Double]]) -> [Double] {
    signed(RowMath.combine(rows, topEigenvector(RowMath.gram(rows))))
  }

  /// The same of rows that were not kept, from Σ x xᵀ, `[width, width]`.
  static func direction(ofProduct product: SquareMatrix) -> [Double] {
    signed(topEigenvector((0..<product.size).map { product.row($0) }))
  }

  /// At length 1, the largest element positive.
  private static func signed(_ direction: [Double]) -> [Double] {
    let norm = RowMath.norm(direction)
    guard norm > 0, let largest = direction.max(by: { abs($0) < abs($1) }) else {
      return direction
    }
    return direction.map { $0 / (largest < 0 ? -norm : norm) }
  }

  /// The same, with repeng's sign.
  ///
  /// More pairs must have the larger projection on their positive side. In a tie, where repeng
  /// keeps the sign that its library happens to give, the largest element is positive.
  static func first(of rows: [[Double]], signedBy input: BuildMethod.Input) -> [Float] {
    let unit = RowMath.floats(direction(of: rows))
    guard unit.count == input.width else { return Array(repeating: 0, count: input.width) }
    return balance(of: unit, input) < 0 ? unit.map { -$0 } : unit
  }

  /// Number of pairs whose positive side projects further, minus that of those the other way round.
  static func balance(of unit: [Float], _ input: BuildMethod.Input) -> Int {
    var balance = 0
    for pair in 0..<input.pairs {
      let up = VectorMath.dot(input.positive.row(pair), unit, input.width)
      let down = VectorMath.dot(input.negative.row(pair), unit, input.width)
      balance += up > down ? 1 : up < down ? -1 : 0
    }
    return balance
  }

  /// The eigenvector of the largest eigenvalue of a symmetric matrix without negative ones, by
  /// power iteration until no element moves by more than 1e-13.
  ///
  /// It starts from the longest row and a part of every direction: the row alone may be at right
  /// angles to the eigenvector, or one of the others.
  ///
  /// - Complexity: O(iterations × rows²), at most 4,000 iterations: two eigenvalues that differ
  ///   by 1 % are separated to 1e-17, closer ones define no direction worth the name.
  static func topEigenvector(_ matrix: [[Double]]) -> [Double] {
    guard let longest = matrix.indices.max(by: { matrix[$0][$0] < matrix[$1][$1] }),
      let start = normalized(matrix[longest])
    else { return matrix.map { _ in 1 } }
    var random = RandomSource(seed: 1)
    let share = 0.1 / Double(matrix.count).squareRoot()
    var vector = start.map { $0 + share * random.normal() }
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

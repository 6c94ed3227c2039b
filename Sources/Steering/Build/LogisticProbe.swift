import Kernels

/// The direction of a logistic regression that tells the two sides apart.
///
/// Minimises ½‖w‖² + C Σ log(1 + exp(−y w·x)) over rows x from which the mean of all rows is taken,
/// y = ±1, C = 1, without an intercept; as scikit-learn's `LogisticRegression(fit_intercept=False)`.
enum LogisticProbe {
  /// Rows of both sides together: the Gram matrix of more takes too long to factorise.
  static let mostRows = 4_096
  private static let steps = 100

  /// w at length 1.
  ///
  /// - Throws: ``SteeringError`` for more than ``mostRows`` rows, or where Newton's method finds no
  ///   minimum.
  static func direction(_ input: BuildMethod.Input) throws(SteeringError) -> [Float] {
    let labels =
      Array(repeating: 1.0, count: input.positive.rows)
      + Array(repeating: -1.0, count: input.negative.rows)
    guard labels.count <= mostRows else {
      throw SteeringError(
        .badOption,
        "vector.build: method 'logistic' got \(labels.count) activations (expected at most "
          + "\(mostRows)). Take fewer pairs, or position = 'last'.")
    }
    let rows = RowMath.centred(RowMath.rows(input.positive) + RowMath.rows(input.negative))
    // w is a combination of the rows, so all of this happens in as many dimensions as there are
    // rows: w = Σ a·x, and f = K·a are the margins.
    let gram = RowMath.gram(rows)
    var weights = Array(repeating: 0.0, count: rows.count)
    var margins = weights
    var loss = objective(weights, margins, labels)
    for _ in 0..<steps {
      guard let full = newtonStep(gram, margins, labels) else { break }
      var share = 1.0
      var next = full
      var nextMargins = multiply(gram, next)
      var nextLoss = objective(next, nextMargins, labels)
      while !(nextLoss <= loss), share > 1e-6 {
        share /= 2
        next = zip(weights, full).map { $0 + share * ($1 - $0) }
        nextMargins = multiply(gram, next)
        nextLoss = objective(next, nextMargins, labels)
      }
      guard nextLoss <= loss else { break }
      let gain = loss - nextLoss
      (weights, margins, loss) = (next, nextMargins, nextLoss)
      if gain <= 1e-13 * max(loss, 1e-300) { return RowMath.unit(RowMath.combine(rows, weights)) }
    }
    let direction = RowMath.combine(rows, weights)
    guard RowMath.norm(direction) > 0 else {
      throw SteeringError(
        .zeroDirection,
        "vector.build: method 'logistic' found no direction at layer \(input.layer) (expected two "
          + "sides that differ). Check the pairs.")
    }
    return RowMath.unit(direction)
  }

  /// Where Newton's method would go: a = (I + W K)⁻¹ (W f + g), made symmetric with √W.
  private static func newtonStep(
    _ gram: [[Double]], _ margins: [Double], _ labels: [Double]
  ) -> [Double]? {
    let roots = margins.map { (sigmoid($0) * sigmoid(-$0)).squareRoot() }
    guard roots.allSatisfy({ $0 > 0 }) else { return nil }
    var matrix = gram
    for row in matrix.indices {
      for column in 0...row { matrix[row][column] *= roots[row] * roots[column] }
      matrix[row][row] += 1
    }
    let right = margins.indices.map { index in
      let gradient = labels[index] * sigmoid(-labels[index] * margins[index])
      return roots[index] * margins[index] + gradient / roots[index]
    }
    return RowMath.solve(matrix, right).map { zip($0, roots).map { $0 * $1 } }
  }

  private static func objective(
    _ weights: [Double], _ margins: [Double], _ labels: [Double]
  ) -> Double {
    zip(margins, labels)
      .reduce(RowMath.dot(weights, margins) / 2) { $0 + softplus(-$1.1 * $1.0) }
  }

  private static func multiply(_ matrix: [[Double]], _ x: [Double]) -> [Double] {
    matrix.map { RowMath.dot($0, x) }
  }

  /// 1 / (1 + e⁻ˣ).
  static func sigmoid(_ x: Double) -> Double { 1 / (1 + ScalarMath.exponential(-x)) }

  /// log(1 + eˣ).
  static func softplus(_ x: Double) -> Double {
    max(x, 0) + ScalarMath.logarithm(1 + ScalarMath.exponential(-abs(x)))
  }
}

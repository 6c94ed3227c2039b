import Kernels
import Transformer

/// The attention heads that know best what the pairs differ in, and where each is to be moved.
///
/// Inference-time intervention ([Li et al. 2023](https://arxiv.org/abs/2306.03341)).
/// Each head of each layer gets a logistic probe on four fifths of the pairs, judged by its accuracy
/// on the last fifth; the best heads are kept. A head's direction is the difference of its means
/// over all pairs at length 1, times the standard deviation σ of all its activations along it, so
/// that a scale of 15 is the paper's α.
enum HeadProbes {
  /// The method's name.
  static let method = "iti"
  /// How many heads the paper keeps.
  static let usual = 48

  /// Directions of all heads of each layer, one after the other, zero for those that are not kept.
  ///
  /// - Parameters:
  ///   - inputs: A layer each, `[pairs, heads × headWidth]` of each side.
  ///   - heads: Number of heads of a layer.
  ///   - keep: How many heads of all layers are kept.
  /// - Returns: A direction for each input, and which heads were kept, with their accuracies.
  /// - Throws: ``SteeringError`` for too few pairs, or more heads than there are.
  static func directions(
    _ inputs: [BuildMethod.Input], heads: Int, keep: Int
  ) throws(SteeringError) -> (directions: [[Float]], passport: [Passport.Head]) {
    guard let first = inputs.first, first.pairs >= 5 else {
      throw SteeringError(
        .badOption,
        "vector.build: method 'iti' got \(inputs.first?.pairs ?? 0) pairs (expected at least 5: "
          + "four fifths train the probes, the rest judges them). Give more pairs.")
    }
    guard (1...inputs.count * heads).contains(keep) else {
      throw SteeringError(
        .badOption,
        "vector.build: heads = \(keep) (expected 1 to \(inputs.count * heads): \(inputs.count) "
          + "layers of \(heads) heads). Keep fewer, or build at more layers.")
    }
    let width = first.width / heads
    var judged: [(input: Int, head: Int, accuracy: Double)] = []
    for (index, input) in inputs.enumerated() {
      for head in 0..<heads {
        judged.append((index, head, accuracy(input, head * width..<(head + 1) * width)))
      }
    }
    // Equal accuracies: lower layers and heads first.
    let kept = judged.enumerated()
      .sorted { ($1.element.accuracy, $0.offset) < ($0.element.accuracy, $1.offset) }
      .prefix(keep).map(\.element)
    var directions = inputs.map { Array(repeating: Float(0), count: $0.width) }
    for item in kept {
      let columns = item.head * width..<(item.head + 1) * width
      directions[item.input].replaceSubrange(columns, with: shift(inputs[item.input], columns))
    }
    let passport = kept.map {
      Passport.Head(layer: inputs[$0.input].layer.number, head: $0.head, accuracy: $0.accuracy)
    }
    return (directions, passport)
  }

  /// σ times the difference of means at length 1; zeros where the sides do not differ.
  private static func shift(_ input: BuildMethod.Input, _ columns: Range<Int>) -> [Float] {
    let (up, down) = (rows(input.positive, columns), rows(input.negative, columns))
    let gap = RowMath.difference(RowMath.mean(up), RowMath.mean(down))
    let length = RowMath.norm(gap)
    guard length > 0 else { return Array(repeating: 0, count: columns.count) }
    let unit = gap.map { $0 / length }
    let values = (up + down).map { RowMath.dot($0, unit) }
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    return unit.map { Float($0 * variance.squareRoot()) }
  }

  /// Share of the last fifth of the pairs' sides that a probe on the others tells rightly.
  private static func accuracy(_ input: BuildMethod.Input, _ columns: Range<Int>) -> Double {
    let (up, down) = (rows(input.positive, columns), rows(input.negative, columns))
    let train = up.count - (up.count + 4) / 5
    let probe = InterceptProbe(positive: Array(up[..<train]), negative: Array(down[..<train]))
    let right =
      up[train...].count { probe.margin($0) > 0 } + down[train...].count { probe.margin($0) <= 0 }
    return Double(right) / Double(2 * (up.count - train))
  }

  private static func rows(_ tensor: Tensor, _ columns: Range<Int>) -> [[Double]] {
    (0..<tensor.rows)
      .map { row in
        let values = tensor.row(row)
        return columns.map { Double(values[$0]) }
      }
  }
}

/// A logistic regression with an intercept, ½‖w‖² + Σ log(1 + exp(−y (w·x + b))), by Newton's method
/// in as many dimensions as a row has; as scikit-learn's with C = 1.
struct InterceptProbe {
  /// w and, last, b.
  private(set) var weights: [Double]

  init(positive: [[Double]], negative: [[Double]]) {
    let rows = (positive + negative).map { $0 + [1] }
    let labels =
      Array(repeating: 1.0, count: positive.count) + Array(repeating: -1.0, count: negative.count)
    let width = rows[0].count
    weights = Array(repeating: 0, count: width)
    var loss = InterceptProbe.loss(weights, rows, labels)
    for _ in 0..<100 {
      var gradient = weights
      gradient[width - 1] = 0
      var curvature = SquareMatrix(diagonal: 1, size: width)
      // The intercept is not held back; so little keeps a probe without any rows near it solvable.
      curvature[width - 1, width - 1] = 1e-12
      for (row, label) in zip(rows, labels) {
        let margin = label * RowMath.dot(weights, row)
        let wrong = LogisticProbe.sigmoid(-margin)
        for index in 0..<width { gradient[index] -= label * wrong * row[index] }
        curvature.addLowerSquare(of: row, by: wrong * (1 - wrong))
      }
      guard let step = curvature.solve(gradient) else { break }
      var share = 1.0
      var next = weights
      var nextLoss = loss
      repeat {
        next = zip(weights, step).map { $0 - share * $1 }
        nextLoss = InterceptProbe.loss(next, rows, labels)
        share /= 2
      } while !(nextLoss <= loss) && share > 1e-6
      guard nextLoss <= loss else { break }
      let gain = loss - nextLoss
      (weights, loss) = (next, nextLoss)
      if gain <= 1e-13 * max(loss, 1e-300) { break }
    }
  }

  /// w·x + b.
  func margin(_ row: [Double]) -> Double {
    var sum = weights[row.count]
    for index in row.indices { sum += weights[index] * row[index] }
    return sum
  }

  private static func loss(
    _ weights: [Double], _ rows: [[Double]], _ labels: [Double]
  ) -> Double {
    let held = weights.dropLast().reduce(0) { $0 + $1 * $1 } / 2
    return zip(rows, labels)
      .reduce(held) { total, item in
        total + LogisticProbe.softplus(-item.1 * RowMath.dot(weights, item.0))
      }
  }
}

import Engine
public import Kernels
public import Transformer

/// How a direction is computed from activations.
public struct BuildMethod: Sendable {
  /// The activations that a method works on.
  public struct Input {
    /// The layer.
    public let layer: LayerIndex
    /// `[pairs, width]` of the positive sides.
    public let positive: Tensor
    /// `[pairs, width]` of the negative sides, in the same order.
    public let negative: Tensor
    /// Where the method's random numbers start.
    public let seed: UInt64

    /// Elements of an activation.
    public var width: Int { positive.columns }
    /// Number of pairs.
    public var pairs: Int { positive.rows }
  }

  /// The name in recipes.
  public let name: String
  /// What it computes and where that comes from, one sentence.
  public let about: String
  /// Computes `[width]`.
  public let direction: @Sendable (Input) -> [Float]

  /// The methods, in the order in which help lists them.
  public static let all: [BuildMethod] = [
    BuildMethod(
      name: "mean_diff",
      about: "Mean of positive minus negative (CAA, arXiv 2312.06681)."
    ) { input in
      differenceOfMeans(input).map { Float($0) }
    },
    BuildMethod(
      name: "pca_center",
      about: "First component of both sides, each pair centred (repeng); unit length."
    ) { input in
      // Rows ±(p − n)/2 have mean zero, so this is the uncentred component of the differences.
      PrincipalComponent.first(of: differences(input), signedBy: input)
    },
    BuildMethod(
      name: "pca_diff",
      about: "First component of the differences, their mean removed (repeng); unit length."
    ) { input in
      PrincipalComponent.first(of: centred(differences(input)), signedBy: input)
    },
    BuildMethod(
      name: "random",
      about: "A Gaussian direction as long as the mean difference: the control."
    ) { input in
      var random = RandomSource(seed: input.seed, stream: input.layer.number + 1)
      let direction = (0..<input.width).map { _ in random.normal() }
      let length = norm(differenceOfMeans(input)) / norm(direction)
      return direction.map { Float($0 * length) }
    },
  ]

  /// Finds a method by its name.
  ///
  /// - Throws: ``SteeringError`` with code `badOption`, which lists the names.
  public static func named(_ name: String) throws(SteeringError) -> BuildMethod {
    if let method = all.first(where: { $0.name == name }) { return method }
    throw SteeringError(
      .badOption,
      "vector.build: no method '\(name)' (expected \(all.map(\.name).joined(separator: ", ")), "
        + "or a function). Choose one of them.")
  }

  // MARK: Shared arithmetic, in float64

  private static func differenceOfMeans(_ input: Input) -> [Double] {
    var sum = Array(repeating: 0.0, count: input.width)
    for pair in 0..<input.pairs {
      let (up, down) = (input.positive.row(pair), input.negative.row(pair))
      for index in 0..<input.width { sum[index] += Double(up[index]) - Double(down[index]) }
    }
    return sum.map { $0 / Double(max(1, input.pairs)) }
  }

  private static func differences(_ input: Input) -> [[Double]] {
    (0..<input.pairs)
      .map { pair in
        let (up, down) = (input.positive.row(pair), input.negative.row(pair))
        return (0..<input.width).map { Double(up[$0]) - Double(down[$0]) }
      }
  }

  private static func centred(_ rows: [[Double]]) -> [[Double]] {
    guard let width = rows.first?.count else { return rows }
    let mean = (0..<width)
      .map { column in
        rows.reduce(0.0) { $0 + $1[column] } / Double(rows.count)
      }
    return rows.map { zip($0, mean).map { $0 - $1 } }
  }

  private static func norm(_ x: [Double]) -> Double {
    x.reduce(0.0) { $0 + $1 * $1 }.squareRoot()
  }
}

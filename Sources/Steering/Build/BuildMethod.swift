import Engine
public import Kernels
public import Transformer

/// How a direction is computed from activations.
public struct BuildMethod: Sendable {
  /// The activations that a method works on.
  public struct Input {
    /// The layer.
    public let layer: LayerIndex
    /// `[rows, width]` of the positive sides.
    public let positive: Tensor
    /// `[rows, width]` of the negative sides; of pairs, in the same order.
    public let negative: Tensor
    /// `[rows, width]` of texts that show neither side; for `mean_center`.
    public var reference: Tensor?
    /// Whether row i of both sides belongs together.
    public var isPaired = true
    /// Where the method's random numbers start.
    public let seed: UInt64

    /// Elements of an activation.
    public var width: Int { positive.columns }
    /// Number of pairs.
    public var pairs: Int { min(positive.rows, negative.rows) }
  }

  /// What a method asks of its activations.
  public enum Need: Sendable {
    /// One row of each side of each pair.
    case pairs
    /// Rows of both sides, however many: pairs, or every token.
    case rows
    /// One pair, a row for every token of it; the direction has as many rows.
    case tokens
  }

  /// The name in recipes.
  public let name: String
  /// What it computes and where that comes from, one sentence.
  public let about: String
  /// What it asks of its activations.
  public var need = Need.pairs
  /// Computes `[width]`, or `[tokens × width]` for ``Need/tokens``.
  public let direction: @Sendable (Input) throws -> [Float]

  /// The methods, in the order in which help lists them.
  public static let all: [BuildMethod] = [
    BuildMethod(
      name: "mean_diff",
      about: "Mean of positive minus negative (CAA, arXiv 2312.06681)."
    ) { input in
      RowMath.floats(RowMath.mean(RowMath.differences(input)))
    },
    BuildMethod(
      name: "mean_diff_unpaired",
      about: "Mean of the positive minus mean of the negative rows (DiffMean, arXiv 2310.06824).",
      need: .rows
    ) { input in
      RowMath.floats(RowMath.differenceOfMeans(input))
    },
    BuildMethod(
      name: "act_add",
      about: "One pair, token by token, the shorter side padded (ActAdd, arXiv 2308.10248).",
      need: .tokens
    ) { input in
      RowMath.floats(RowMath.differences(input).flatMap { $0 })
    },
    BuildMethod(
      name: "pca_center",
      about: "First component of both sides, each pair centred (repeng); unit length."
    ) { input in
      // Rows ±(p − n)/2 have mean zero, so this is the uncentred component of the differences.
      PrincipalComponent.first(of: RowMath.differences(input), signedBy: input)
    },
    BuildMethod(
      name: "pca_diff",
      about: "First component of the differences, their mean removed (repeng); unit length."
    ) { input in
      PrincipalComponent.first(
        of: RowMath.centred(RowMath.differences(input)), signedBy: input)
    },
    BuildMethod(
      name: "pca_uncentered",
      about:
        "First component of ± the differences, along their mean (steering-vectors); unit length."
    ) { input in
      let rows = RowMath.differences(input)
      let component = PrincipalComponent.direction(of: rows)
      let along = RowMath.dot(component, RowMath.mean(rows))
      return RowMath.floats(along < 0 ? component.map { -$0 } : component)
    },
    BuildMethod(
      name: "lat",
      about: "First component of the differences, each in a random order (RepE, arXiv 2310.01405)."
    ) { input in
      var random = RandomSource(seed: input.seed, stream: 0)
      let rows = RowMath.differences(input)
        .map { row in random.next() & 1 == 0 ? row : row.map { -$0 } }
      return PrincipalComponent.first(of: RowMath.centred(rows), signedBy: input)
    },
    BuildMethod(
      name: "logistic",
      about:
        "Weights of a logistic probe on centred rows, no intercept, L2 with C = 1; unit length.",
      need: .rows
    ) { input in
      try LogisticProbe.direction(input)
    },
    BuildMethod(
      name: "lda",
      about: "Covariance within the sides, shrunk (Ledoit–Wolf), inverse times the difference of "
        + "means; unit length.",
      need: .rows
    ) { input in
      try Discriminant.direction(input)
    },
    BuildMethod(
      name: "mean_center",
      about: "Mean of the positive rows minus the mean of general text (arXiv 2312.03813).",
      need: .rows
    ) { input in
      let general =
        input.reference.map { RowMath.mean(RowMath.rows($0)) }
        ?? RowMath.mean(RowMath.rows(input.positive) + RowMath.rows(input.negative))
      let mean = RowMath.mean(RowMath.rows(input.positive))
      return RowMath.floats(zip(mean, general).map { $0 - $1 })
    },
    BuildMethod(
      name: "cross_covariance",
      about: "Sum of the best eigenvectors of the cross-covariance of both sides minus a baseline, "
        + "as long as the sides are apart from their middle (jukofyork)."
    ) { input in
      CrossCovariance.direction(input, .axis)
    },
    BuildMethod(
      name: "cross_covariance_debias",
      about: "The same direction, as long as the middle of the sides is from the baseline."
    ) { input in
      // Without one, the baseline is the middle, and nothing lies between them.
      guard input.reference != nil else {
        throw SteeringError(
          .badOption,
          "vector.build: method 'cross_covariance_debias' got no reference (expected texts of "
            + "neither side). Give them as reference = {…}.")
      }
      return CrossCovariance.direction(input, .debias)
    },
    BuildMethod(
      name: HeadProbes.method,
      about:
        "The attention heads that a probe reads the sides from best, each moved by its σ along "
        + "the difference of means (ITI, arXiv 2306.03341)."
    ) { input in
      // All layers compete; the builder asks `HeadProbes` itself.
      throw SteeringError(
        .badOption, "vector.build: method 'iti' has no direction of layer \(input.layer) alone.")
    },
    BuildMethod(
      name: "random",
      about: "A Gaussian direction as long as the mean difference: the control.", need: .rows
    ) { input in
      var random = RandomSource(seed: input.seed, stream: input.layer.number + 1)
      let direction = (0..<input.width).map { _ in random.normal() }
      let length =
        RowMath.norm(RowMath.differenceOfMeans(input)) / RowMath.norm(direction)
      return direction.map { Float($0 * length) }
    },
    BuildMethod(
      name: "random_orthogonal",
      about: "A Gaussian direction at right angles to the mean difference and as long: a control.",
      need: .rows
    ) { input in
      var random = RandomSource(seed: input.seed, stream: input.layer.number + 1)
      let difference = RowMath.differenceOfMeans(input)
      let drawn = (0..<input.width).map { _ in random.normal() }
      return RowMath.floats(RowMath.orthogonal(drawn, to: difference))
    },
  ]

  /// The methods that may be given texts of neither side.
  static let takingReference = ["mean_center", "cross_covariance", "cross_covariance_debias"]

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
}

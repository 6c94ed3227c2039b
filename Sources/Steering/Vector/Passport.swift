/// How a vector was made; kept in its file, shown as `vector.info`.
public struct Passport: Sendable, Hashable, Codable {
  /// The build method, or the operation that combined two vectors.
  public var method: String?
  /// The model's name.
  public var model: String?
  /// `general.architecture` of the model.
  public var architecture: String?
  /// SHA-256 of the checkpoint, hexadecimal.
  public var modelHash: String?
  /// How products were computed: `exact`, `precise` or `fast`.
  public var arithmetic: String?
  /// The buffer that was read: `residual`, `attention`, `mlp`, `residual_mid` or `heads`.
  public var site: String?
  /// The token rule.
  public var position: String?
  /// How layers are numbered.
  public var layerConvention: String? = "layer n is the output of block n, counted from 0"
  /// The tool whose file the vector was read from, by the name of its ``VectorConvention``.
  public var origin: String?
  /// What became of that file's layers, in words.
  public var conversion: String?
  /// What was odd about that file, a sentence each.
  public var remarks: [String]?
  /// Number of contrast pairs.
  public var pairs: Int?
  /// Where the pairs came from.
  public var dataset: String?
  /// Seed of the random numbers that the method drew.
  public var seed: UInt64?
  /// Mean length of the residual stream at each layer, by its number; scales in units of `norm`
  /// are multiples of it.
  public var residualNorms: [String: Double]?
  /// Standard deviation of the activations' projections on each layer's direction, by its number;
  /// scales in units of `sigma` are multiples of it.
  public var projectionDeviations: [String: Double]?
  /// How well the direction separates the pairs it was built from, by layer number.
  public var separation: [String: Separation]?
  /// Share of the variance that each direction explains, by layer number, where its tool said so.
  public var explainedVariances: [String: Double]?
  /// Mean projection of the negative side on each layer's direction at length 1, by its number.
  public var negativeProjections: [String: Double]?
  /// `shuffled` for a control whose pairs' sides were exchanged at random.
  public var labels: String?
  /// The attention heads that are steered, best first; of `iti`.
  public var heads: [Head]?
  /// Number of pairs, the first ones, that separation and deviation were measured on, where that is
  /// not all of them.
  public var measuredPairs: Int?
  /// Version of casthost that built the vector.
  public var version: String?

  /// An attention head.
  public struct Head: Sendable, Hashable, Codable {
    /// 0-based block.
    public var layer: Int
    /// 0-based head of the block.
    public var head: Int
    /// Share of held-out activations that its probe told rightly.
    public var accuracy: Double
  }

  /// An empty passport.
  public init() {}

  /// That of a vector whose layers come from two.
  func joined(_ other: Passport) -> Passport {
    func both<Value>(_ left: [String: Value]?, _ right: [String: Value]?) -> [String: Value]? {
      left.flatMap { left in right.map { left.merging($0) { first, _ in first } } }
    }
    var passport = combined("join", other)
    passport.residualNorms = both(residualNorms, other.residualNorms)
    passport.projectionDeviations = both(projectionDeviations, other.projectionDeviations)
    passport.negativeProjections = both(negativeProjections, other.negativeProjections)
    passport.explainedVariances = both(explainedVariances, other.explainedVariances)
    passport.separation = both(separation, other.separation)
    return passport
  }

  func combined(_ operation: String, _ other: Passport) -> Passport {
    var passport = self
    passport.method = "\(operation)(\(method ?? "unknown"), \(other.method ?? "unknown"))"
    passport.separation = nil
    passport.projectionDeviations = nil
    passport.negativeProjections = nil
    passport.explainedVariances = nil
    passport.measuredPairs = nil
    passport.heads = nil
    passport.pairs = nil
    passport.seed = nil
    if other.model != model { passport.model = nil }
    if other.modelHash != modelHash { passport.modelHash = nil }
    if other.arithmetic != arithmetic { passport.arithmetic = nil }
    if other.site != site { passport.site = nil }
    if other.origin != origin { passport.origin = nil }
    if other.conversion != conversion { passport.conversion = nil }
    let others = (other.remarks ?? []).filter { remarks?.contains($0) != true }
    if !others.isEmpty { passport.remarks = (remarks ?? []) + others }
    if other.labels != labels { passport.labels = labels ?? other.labels }
    if other.dataset != dataset { passport.dataset = nil }
    return passport
  }
}

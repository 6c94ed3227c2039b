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
  /// The buffer that was read: `residual`, `attention`, `mlp` or `residual_mid`.
  public var site: String?
  /// The token rule.
  public var position: String?
  /// How layers are numbered.
  public var layerConvention: String? = "layer n is the output of block n, counted from 0"
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
  /// Version of casthost that built the vector.
  public var version: String?

  /// An empty passport.
  public init() {}

  func combined(_ operation: String, _ other: Passport) -> Passport {
    var passport = self
    passport.method = "\(operation)(\(method ?? "unknown"), \(other.method ?? "unknown"))"
    passport.separation = nil
    passport.projectionDeviations = nil
    passport.pairs = nil
    passport.seed = nil
    if other.model != model { passport.model = nil }
    if other.modelHash != modelHash { passport.modelHash = nil }
    if other.arithmetic != arithmetic { passport.arithmetic = nil }
    if other.dataset != dataset { passport.dataset = nil }
    return passport
  }
}

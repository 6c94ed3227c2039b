/// What one metric says of a vector, next to what it says of the vector's controls.
///
/// Three null hypotheses are put to the test, and the largest p value counts, so that the vector
/// must do more than each of them explains (an intersection-union test, which keeps the level
/// without correction, [Berger 1982](https://doi.org/10.1080/00401706.1982.10487790)):
/// a direction drawn at random does as much; the same data with their labels exchanged at random
/// do as much; and over items the effect is as often negative as positive.
public struct Evidence: Sendable {
  /// How it is measured and what counts.
  public struct Options: Sendable {
    /// What speaks for an effect.
    public var alternative = Alternative.greater
    /// Confidence of the interval.
    public var confidence = 0.95
    /// Resamples of the bootstrap.
    public var resamples = 2_000
    /// Random sign changes, where there are too many to try all.
    public var flips = 9_999

    /// More is an effect; an interval of 95 %.
    public init() {}
  }

  /// The mean change over items.
  public let effect: Double
  /// Where the mean over all items of the kind may lie.
  public let interval: Interval
  /// The rank among random directions of equal norm; nil without controls.
  public let random: TestResult?
  /// The rank among vectors of exchanged labels; nil without controls.
  public let shuffled: TestResult?
  /// Changes of sign over items.
  public let items: TestResult
  /// What the controls did.
  public let randomEffects: [Double]
  /// What the vectors of exchanged labels did.
  public let shuffledEffects: [Double]
  /// What speaks for an effect.
  public let alternative: Alternative

  /// The largest of the p values.
  public var p: Double { [random?.p, shuffled?.p, items.p].compactMap { $0 }.max() ?? 1 }

  /// Weighs a vector's changes on items against the mean changes of its controls.
  ///
  /// - Parameters:
  ///   - changes: For each item, the metric under the vector minus without it; at least one.
  ///   - random: The mean change under each random direction.
  ///   - shuffled: The mean change under each vector of exchanged labels.
  ///   - options: What counts.
  ///   - source: Where resamples and sign changes come from.
  public init(
    changes: [Double], random: [Double], shuffled: [Double] = [], _ options: Options = Options(),
    using source: inout some RandomNumberGenerator
  ) {
    effect = Moments.mean(changes)
    alternative = options.alternative
    interval = Bootstrap.interval(
      of: changes, level: options.confidence, count: options.resamples, using: &source,
      Moments.mean)
    items = Permutation.signFlips(
      changes, options.alternative, count: options.flips, using: &source)
    randomEffects = random
    shuffledEffects = shuffled
    self.random =
      random.isEmpty ? nil : Permutation.rank(effect, among: random, options.alternative)
    self.shuffled =
      shuffled.isEmpty ? nil : Permutation.rank(effect, among: shuffled, options.alternative)
  }
}

/// Whether an effect stands out from its controls, and why, in one line.
public struct Verdict: Sendable, Hashable {
  /// Whether it does.
  public let standsOut: Bool
  /// The line.
  public let line: String

  /// Judges.
  ///
  /// - Parameters:
  ///   - evidence: What was measured.
  ///   - adjusted: Its p value, adjusted for the other metrics.
  ///   - metrics: How many there are.
  ///   - level: The chance of a wrong call that is put up with.
  ///   - unit: What follows the effect, as `nats`; may be empty.
  ///   - orders: The effect with the answers in either order; fewer than two say nothing.
  public init(
    _ evidence: Evidence, adjusted: Double, of metrics: Int = 1, level: Double, unit: String,
    orders: [Double] = []
  ) {
    let strength = evidence.alternative == .less ? -1.0 : evidence.effect < 0 ? -1 : 1
    let sign = evidence.alternative == .greater ? 1 : strength
    let turned = orders.count > 1 ? orders.first { $0 * sign <= 0 } : nil
    standsOut = adjusted <= level && turned == nil
    let suffix = unit.isEmpty ? "" : " " + unit
    var text = standsOut ? "stands out: " : "does not stand out: "
    text += (evidence.effect < 0 ? "" : "+") + Verdict.text(evidence.effect) + suffix
    text += " [\(Verdict.text(evidence.interval.lower)), \(Verdict.text(evidence.interval.upper))]"
    let ranks = [
      (evidence.randomEffects, "random directions"), (evidence.shuffledEffects, "shuffled labels"),
    ]
    .filter { !$0.0.isEmpty }
    .map { controls, name in
      let limit = evidence.alternative.evidence(evidence.effect)
      let passed = controls.count { evidence.alternative.evidence($0) < limit }
      return "\(passed) of \(controls.count) \(name)"
    }
    let place =
      switch evidence.alternative {
      case .greater: "above"
      case .less: "below"
      case .twoSided: "further from 0 than"
      }
    if !ranks.isEmpty { text += ", \(place) " + ranks.joined(separator: " and ") }
    text += ", p = \(Verdict.text(adjusted, digits: 2))"
    if metrics > 1 { text += " (Holm, \(metrics) metrics)" }
    if let turned {
      text += ", but \(Verdict.text(turned)) with the answers in one of the two orders"
    } else if !standsOut, evidence.alternative.evidence(evidence.effect) < 0 {
      text += ", for it goes the other way"
    } else if !standsOut, evidence.items.p == evidence.p {
      text += ", for it changes sign from question to question"
    }
    line = text
  }

  /// A number with some significant digits, at least two decimals of it where it is below 10.
  static func text(_ value: Double, digits: Int = 3) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
    var (scale, least) = (1.0, 1.0)
    for _ in 1..<digits { least *= 10 }
    while abs(value) * scale < least, scale < 1e15 { scale *= 10 }
    let rounded = (value * scale).rounded() / scale
    return rounded == rounded.rounded() && abs(rounded) < 1e15
      ? "\(Int(rounded))" : "\(rounded)"
  }
}

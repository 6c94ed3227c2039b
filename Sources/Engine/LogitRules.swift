import Kernels

/// How the next token is drawn from the logits; the rules act in the order of the properties.
public struct SamplingOptions: Sendable, Hashable {
  /// Logits of tokens that have occurred are divided by this; 1 is off.
  ///
  /// Negative logits are multiplied by it ([Keskar et al. 2019](https://arxiv.org/abs/1909.05858)).
  public var repetitionPenalty: Float = 1
  /// 0 takes the most likely token; other values divide the logits.
  public var temperature: Float = 0
  /// Only the k most likely tokens; 0 is off.
  public var topK = 0
  /// Only the most likely tokens that together reach this probability; 1 is off.
  ///
  /// Nucleus sampling ([Holtzman et al. 2020](https://arxiv.org/abs/1904.09751)).
  public var topP: Float = 1
  /// Only tokens at least this likely relative to the most likely one; 0 is off.
  ///
  /// Min-p sampling ([Nguyen et al. 2024](https://arxiv.org/abs/2407.01082)).
  public var minP: Float = 0
  /// Where the random numbers start.
  public var seed: UInt64 = 0
  /// Which of the seed's streams is drawn from; different ones are unrelated.
  public var stream = 0

  /// Greedy decoding.
  public init() {}

  /// The first option that is out of range, as a sentence, or nil.
  public var fault: String? {
    func outside(_ name: String, _ value: Float, _ range: String) -> String {
      "\(name): \(value) is out of range (expected \(range))."
    }
    if !(repetitionPenalty > 0 && repetitionPenalty.isFinite) {
      return outside("repetition_penalty", repetitionPenalty, "above 0")
    }
    if !(temperature >= 0 && temperature.isFinite) {
      return outside("temperature", temperature, "0 or above")
    }
    if topK < 0 { return outside("top_k", Float(topK), "0 or above") }
    if !(topP > 0 && topP <= 1) { return outside("top_p", topP, "above 0, at most 1") }
    if !(minP >= 0 && minP < 1) { return outside("min_p", minP, "0 or above, below 1") }
    return nil
  }
}

/// Draws tokens for one sequence.
struct Sampler {
  private let options: SamplingOptions
  private var random: RandomSource
  private var seen: Set<Int32>

  init(_ options: SamplingOptions, prompt: [Int32]) {
    self.options = options
    random = RandomSource(seed: options.seed, stream: options.stream)
    seen = options.repetitionPenalty == 1 ? [] : Set(prompt)
  }

  /// Picks the next token; changes the logits.
  ///
  /// Ties go to the lower id.
  mutating func pick(_ logits: UnsafeMutableBufferPointer<Float>) -> Int32 {
    for token in seen {
      let logit = logits[Int(token)]
      logits[Int(token)] =
        logit > 0 ? logit / options.repetitionPenalty : logit * options.repetitionPenalty
    }
    let token =
      (options.temperature == 0 ? nil : draw(candidates(logits))) ?? Sampler.mostLikely(logits)
    if options.repetitionPenalty != 1 { seen.insert(token) }
    return token
  }

  static func mostLikely(_ logits: UnsafeMutableBufferPointer<Float>) -> Int32 {
    guard let base = logits.baseAddress else { return 0 }
    return Int32(Elementwise.indexOfLargest(base, count: logits.count))
  }

  private typealias Candidate = (token: Int32, weight: Double)

  /// The tokens that the rules leave, most likely first, with weights relative to the first.
  private func candidates(_ logits: UnsafeMutableBufferPointer<Float>) -> [Candidate] {
    let top = logits[Int(Sampler.mostLikely(logits))]
    var kept = logits.indices.compactMap { index -> (Int32, Float)? in
      let logit = (logits[index] - top) / options.temperature
      // Below e⁻⁵⁰ of the most likely token nothing is ever drawn.
      return logit > -50 ? (Int32(index), logit) : nil
    }
    kept.sort { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }
    if options.topK > 0 { kept = Array(kept.prefix(options.topK)) }
    var weighted = kept.map { Candidate($0.0, ScalarMath.exponential(Double($0.1))) }
    if options.topP < 1 {
      let goal = Double(options.topP) * weighted.reduce(0) { $0 + $1.weight }
      var sum = 0.0
      let cut = weighted.firstIndex { candidate in
        sum += candidate.weight
        return sum >= goal
      }
      weighted = Array(weighted.prefix((cut ?? weighted.count - 1) + 1))
    }
    return weighted.filter { $0.weight >= Double(options.minP) }
  }

  /// Draws one; nil where there is none, since a penalty has made a logit infinite.
  private mutating func draw(_ candidates: [Candidate]) -> Int32? {
    var target = random.uniform() * candidates.reduce(0) { $0 + $1.weight }
    for candidate in candidates {
      target -= candidate.weight
      if target < 0 { return candidate.token }
    }
    return candidates.last?.token
  }
}

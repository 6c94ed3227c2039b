import Testing

@testable import Engine

@Suite("Drawing tokens")
struct SamplerTests {
  /// Frequencies of tokens in many draws.
  private func frequencies(_ adjust: (inout SamplingOptions) -> Void) -> [Double] {
    var options = SamplingOptions()
    options.temperature = 1
    options.seed = 11
    adjust(&options)
    var sampler = Sampler(options, prompt: [])
    var counts = [0.0, 0, 0, 0]
    // Probabilities 0.5, 0.25, 0.15, 0.1 as logits.
    let logits: [Float] = [-0.693147, -1.386294, -1.897120, -2.302585]
    for _ in 0..<20_000 {
      var copy = logits
      let token = copy.withUnsafeMutableBufferPointer { sampler.pick($0) }
      counts[Int(token)] += 1.0 / 20_000
    }
    return counts
  }

  private func expect(_ found: [Double], _ expected: [Double]) {
    // Four standard deviations of a share of 20,000 draws are below 0.0142.
    for (left, right) in zip(found, expected) { #expect(abs(left - right) < 0.0142) }
  }

  @Test("tokens come as often as their probability says, after each rule")
  func shares() {
    expect(frequencies { _ in }, [0.5, 0.25, 0.15, 0.1])
    expect(frequencies { $0.topK = 2 }, [2.0 / 3, 1.0 / 3, 0, 0])
    expect(frequencies { $0.topP = 0.7 }, [2.0 / 3, 1.0 / 3, 0, 0])
    expect(frequencies { $0.minP = 0.29 }, [0.5 / 0.9, 0.25 / 0.9, 0.15 / 0.9, 0])
    let cold = [0.25, 0.0625, 0.0225, 0.01].map { $0 / 0.345 }
    expect(frequencies { $0.temperature = 0.5 }, cold)
  }

  @Test("temperature 0 takes the most likely token, ties the lower id")
  func greedy() {
    var sampler = Sampler(SamplingOptions(), prompt: [])
    var logits: [Float] = [1, 3, 3, 2]
    #expect(logits.withUnsafeMutableBufferPointer { sampler.pick($0) } == 1)
  }

  @Test("the repetition penalty makes seen tokens less likely, prompt included")
  func repetition() {
    var options = SamplingOptions()
    options.repetitionPenalty = 2
    var sampler = Sampler(options, prompt: [1])
    var logits: [Float] = [2, 3, -1]
    #expect(logits.withUnsafeMutableBufferPointer { sampler.pick($0) } == 0)
    #expect(logits == [2, 1.5, -1])
    logits = [2, 3, 1.2]
    #expect(logits.withUnsafeMutableBufferPointer { sampler.pick($0) } == 1)
    logits = [2, 3, 1.8]
    #expect(logits.withUnsafeMutableBufferPointer { sampler.pick($0) } == 2)
  }

  @Test("a penalty that makes a logit infinite leaves a token to take")
  func infinite() {
    var options = SamplingOptions()
    options.temperature = 1
    options.repetitionPenalty = 1e-38
    #expect(options.fault == nil)
    var sampler = Sampler(options, prompt: [1])
    var logits: [Float] = [0, 5, 1]
    #expect(logits.withUnsafeMutableBufferPointer { sampler.pick($0) } == 1)
  }

  @Test("a seed repeats the draws, another stream has others")
  func seeds() {
    func draws(_ stream: Int) -> [UInt64] {
      var random = RandomSource(seed: 5, stream: stream)
      return (0..<8).map { _ in random.next() }
    }
    #expect(draws(0) == draws(0) && draws(0) != draws(1))
  }

  @Test("SplitMix64 gives the published numbers")
  func published() {
    // From Vigna's reference implementation, seed 1234567.
    var random = RandomSource(seed: 1_234_567)
    #expect(random.next() == 6_457_827_717_110_365_317)
    #expect(random.next() == 3_203_168_211_198_807_973)
  }

  @Test("options out of range are named with the range", arguments: 0..<5)
  func faults(index: Int) {
    var options = SamplingOptions()
    switch index {
    case 0: options.temperature = -1
    case 1: options.topP = 0
    case 2: options.minP = 1
    case 3: options.repetitionPenalty = .nan
    default: options.topK = -3
    }
    #expect(options.fault?.contains("expected") == true)
    #expect(SamplingOptions().fault == nil)
  }
}

import Kernels
import TestSupport
import Testing
import Transformer

@testable import Engine

@Suite("Variants of steering scored together")
struct VariantScoringTests {
  /// Two groups that begin alike, an equal pair, and a stranger; all begin with ten tokens.
  static let prompts: [[Int32]] = {
    let head = TinySession.tokens(10, seed: 1)
    let (left, right) = (TinySession.tokens(30, seed: 2), TinySession.tokens(8, seed: 3))
    return [
      head + left + [5, 6], head + left + [7], head + right + [8, 9, 10],
      head + left + [7], head + right + [11], head + TinySession.tokens(3, seed: 4),
    ]
  }()
  static let completions: [[Int32]] = [[7], [8, 9, 10], [11, 12]]

  private func session(_ family: String = "llama", threads: Int = 2) throws -> Session {
    var tiny = TinyModel(architecture: family)
    tiny.blocks = 6
    let path = try tiny.write(to: TemporaryFolder().file("tiny.gguf"))
    return Session(try Model(path: path, lanes: Lanes(count: threads)))
  }

  /// What a completion's log-probability is when its sequence is computed alone.
  private func alone(
    _ session: Session, _ prompt: [Int32], _ completion: [Int32], row: Int,
    _ interventions: [any Intervention]
  ) throws -> Float {
    let hooks = try interventions.hooks(for: SequencePlace(row: row, prompt: prompt))
    let hidden = try session.decoder.step([
      Segment(
        cache: KVCache(session.model.sizes), tokens: prompt + completion.dropLast(), hooks: hooks,
        readout: .rows(from: prompt.count - 1))
    ])
    let values = try session.logProbabilities(of: completion, after: hidden, from: 0)
    return values[0] + values.dropFirst().reduce(0, +)
  }

  private func expectTwins(
    _ session: Session, _ variants: [[any Intervention]], common: [any Intervention] = [],
    prompts: [[Int32]] = Self.prompts, completions: [[Int32]] = Self.completions
  ) throws {
    let scores = try session.score(
      prompts, completions: completions, variants: variants, common: common)
    try #require(scores.count == variants.count)
    for (variant, own) in variants.enumerated() {
      for (row, prompt) in prompts.enumerated() {
        let expected = try completions.map {
          try alone(session, prompt, $0, row: row, common + own)
        }
        let found = (0..<completions.count).map { scores[variant].row(row)[$0] }
        #expect(found.bits == expected.bits, "variant \(variant), prompt \(row)")
      }
    }
  }

  /// Steerings of every kind: layers, first positions from both ends, parts of a block, none.
  static var mix: [[any Intervention]] {
    var inner = Nudge([2], 0.25, from: 12)
    inner.until = 20
    var attention = Nudge([3], 0.5)
    attention.part = .attention
    var mlp = Nudge([0], 0.25)
    mlp.part = .mlp
    return [
      [Nudge([4], 0.5)], [Nudge([1], -0.25)], [], [Nudge([4], 0.125, from: 1)],
      [Nudge([2, 5], 0.5, from: -1)], [Nudge([3], 0.5, from: 41)], [Nudge([0], 0)], [inner],
      [Nudge([1], 0.5, from: -4)], [Nudge([5], 0.5)], [attention], [mlp],
      [Nudge([3], 0.25, from: 5), Nudge([1], 0.25, from: 9)], [Nudge([-1], 0.125)],
      [Nudge([2], 0.5, from: 9_000)],
    ]
  }

  @Test(
    "each score has the bits of its sequence alone",
    arguments: ["llama", "qwen2", "gemma3"], [1, 2])
  func twins(family: String, threads: Int) throws {
    try expectTwins(session(family, threads: threads), Self.mix)
  }

  @Test("each variant alone, and one prompt alone, go the same way")
  func single() throws {
    let session = try session()
    for variant in Self.mix {
      try expectTwins(session, [variant])
      try expectTwins(session, [variant, []], prompts: [Self.prompts[0]])
    }
  }

  @Test("steering that all variants have in common acts before their own")
  func common() throws {
    let session = try session()
    try expectTwins(session, Self.mix, common: [Nudge([2], 0.25)])
    try expectTwins(session, Self.mix, common: [Nudge([4], 0.25, from: -2)])
    let limited = MadeIntervention.step(at: 12)
    try expectTwins(session, [[], [Nudge([1], 0.25)]], common: [limited])
  }

  @Test("hooks that keep state are computed for each sequence, beside variants that do not")
  func stateful() throws {
    let session = try session()
    var remembers = Nudge([1], 0.5, from: 12)
    remembers.remembers = true
    try expectTwins(
      session, [[MadeIntervention.counting()], [Nudge([4], 0.5)], [remembers], []])
    try expectTwins(session, [[], [Nudge([4], 0.5)]], common: [MadeIntervention.counting()])
  }

  @Test("little memory, long prompts and many completions change nothing", arguments: [1, 60_000])
  func slices(bytes: Int) throws {
    let session = try session()
    session.keptBytes = bytes
    let many = (0..<40).map { TinySession.tokens([1, 30, 3][$0 % 3], seed: UInt64(900 + $0)) }
    let long = [TinySession.tokens(600, seed: 77), TinySession.tokens(20, seed: 78)]
    try expectTwins(
      session, [[Nudge([4], 0.5)], [Nudge([1], 0.5)], [], [Nudge([2], 0.5, from: -3)]],
      prompts: Self.prompts + long, completions: many)
    let limit = session.parts(
      of: [Variant(0, [Nudge([4], 0.5)], long), Variant(1, [Nudge([1], 0.5)], long)], long, many)
    #expect(limit.count > 2, "the work is cut")
  }

  @Test("progress counts each prompt once for every variant")
  func progress() throws {
    var seen: [Int] = []
    _ = try session()
      .score(
        Self.prompts, completions: Self.completions,
        variants: Self.mix + [[MadeIntervention.counting()]], progress: { seen.append($0) })
    #expect(seen.last == Self.prompts.count * (Self.mix.count + 1))
    #expect(seen == seen.sorted())
  }

  // MARK: How much is computed

  /// Rows times blocks of a score.
  private func work(
    _ variants: [[any Intervention]], prompts: [[Int32]] = Self.prompts,
    completions: [[Int32]] = [[7]]
  ) throws -> Decoder.Work {
    let session = try session()
    _ = try session.score(prompts, completions: completions, variants: variants)
    return session.work
  }

  @Test("blocks below a variant's layer, and tokens that prompts share, are computed once")
  func allPositions() throws {
    // The prompts begin with 10 common tokens; three have 30 more, two have 8 more.
    let tokens = 10 + 30 + (2 + 1 + 1) + 8 + (3 + 1) + 3
    #expect(try work([[]]) == Decoder.Work(blockRows: tokens * 6, headRows: 6))
    // One variant: the blocks up to its layer without it, those above with it.
    #expect(try work([[Nudge([3], 1)]]).blockRows == tokens * 6)
    let strengths = (1...9).map { [Nudge([3], Float($0))] }
    #expect(try work(strengths) == Decoder.Work(blockRows: tokens * (4 + 9 * 2), headRows: 54))
    let grid = (0..<6).flatMap { layer in (1...3).map { [Nudge([layer], Float($0))] } }
    #expect(try work(grid).blockRows == tokens * (6 + 3 * (5 + 4 + 3 + 2 + 1 + 0)))
  }

  @Test("variants that act on the response only compute one token of each prompt")
  func response() throws {
    let tokens = 10 + 30 + (2 + 1 + 1) + 8 + (3 + 1) + 3
    let strengths = (1...9).map { [Nudge([3], Float($0), from: -1)] }
    // Without them: whole but for the last token of each prompt, which passes through four blocks.
    let plain = (tokens - 6) * 6 + 6 * 4
    #expect(try work(strengths).blockRows == plain + 9 * 6 * 2)
    // Beside a variant without steering, everything is whole and nothing is computed twice.
    #expect(try work(strengths + [[], [Nudge([1], 0)]]).blockRows == tokens * 6 + 9 * 6 * 2)
    // Completions go on from the same layer.
    let longer = try work(strengths, completions: [[7, 8, 9]]).blockRows
    #expect(longer == plain + 9 * 6 * 2 + 6 * 2 * 4 + 9 * 6 * 2 * 2)
  }

  @Test("variants that never act cost nothing beside the prompts without them")
  func neutral() throws {
    let never = Nudge([2], 1, from: 9_000)
    let plain = try work([[]])
    #expect(try work([[], [Nudge([1], 0)], [never], [Nudge([0], 0), never]]) == plain)
  }
}

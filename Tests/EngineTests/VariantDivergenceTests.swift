import Kernels
import TestSupport
import Testing
import Transformer

@testable import Engine

@Suite("Variants of steering compared with none, together")
struct VariantDivergenceTests {
  private func session(_ family: String = "llama") throws -> Session {
    var tiny = TinyModel(architecture: family)
    tiny.blocks = 6
    let path = try tiny.write(to: TemporaryFolder().file("tiny.gguf"))
    return Session(try Model(path: path, lanes: Lanes(count: 2)))
  }

  private func expectAlone(
    _ session: Session, _ variants: [[any Intervention]], common: [any Intervention] = []
  ) throws {
    let prompts = VariantScoringTests.prompts
    var seen: [Int] = []
    let found = try session.divergences(
      prompts, variants: variants, common: common, progress: { seen.append($0) })
    for (variant, own) in variants.enumerated() {
      for (row, prompt) in prompts.enumerated() {
        let expected = try session.divergence(
          prompt, from: prompt.count - 1, interventions: own, common: common)
        #expect(found[variant][row] == expected, "variant \(variant), prompt \(row)")
      }
    }
    #expect(seen.last == variants.count * prompts.count && seen == seen.sorted())
    #expect(found.joined().contains { $0.kl > 1e-6 }, "something is steered")
  }

  @Test("each divergence has the bits of its prompt alone", arguments: ["llama", "gemma3"])
  func twins(family: String) throws {
    try expectAlone(session(family), VariantScoringTests.mix)
  }

  @Test(
    "what follows each prompt has the logits of the prompt alone",
    arguments: ["llama", "gemma3"], [false, true])
  func nextToken(family: String, checked: Bool) throws {
    let session = try session(family)
    session.checksSharing = checked
    let prompts = VariantScoringTests.prompts
    var remembers = Nudge([1], 0.5, from: 12)
    remembers.remembers = true
    let mixes: [[any Intervention]] = [[], [Nudge([2], 0.5)], [remembers]]
    for acting in mixes {
      var seen: Set<Int> = []
      try session.forEachNextToken(after: prompts, interventions: acting) { row, logits, total in
        let expected = try session.logits(prompts[row], interventions: acting)
        #expect(Array(logits) == expected.values, "prompt \(row)")
        #expect(total == Elementwise.logSumExp(expected.base, count: expected.columns))
        seen.insert(row)
      }
      #expect(seen == Set(prompts.indices))
    }
    #expect(throws: ModelError.self) { try session.forEachNextToken(after: [[]]) { _, _, _ in } }
  }

  @Test("what all have in common acts with and without the variants")
  func common() throws {
    let session = try session()
    try expectAlone(session, VariantScoringTests.mix, common: [Nudge([2], 0.25)])
    try expectAlone(session, [[Nudge([1], 0.25)]], common: [MadeIntervention.step(at: 12)])
  }

  @Test("hooks that keep state are computed for each prompt, beside variants that do not")
  func stateful() throws {
    let session = try session()
    var remembers = Nudge([1], 0.5, from: 12)
    remembers.remembers = true
    try expectAlone(session, [[Nudge([4], 0.5)], [remembers], []])
    try expectAlone(session, [[Nudge([4], 0.5)]], common: [MadeIntervention.counting()])
  }

  @Test("little memory changes nothing", arguments: [1, 60_000])
  func slices(bytes: Int) throws {
    let session = try session()
    session.keptBytes = bytes
    try expectAlone(session, VariantScoringTests.mix)
  }

  @Test("an empty prompt is refused, no prompts and no variants are nothing")
  func edges() throws {
    let session = try session()
    #expect(throws: ModelError.self) { try session.divergences([[]], variants: [[]]) }
    #expect(try session.divergences([], variants: [[]]) == [[]])
    #expect(try session.divergences([[1, 2]], variants: []).isEmpty)
  }

  @Test("--check-cache finds a variant that acts before it says so")
  func check() throws {
    let session = try session()
    session.checksSharing = true
    try expectAlone(session, VariantScoringTests.mix)
    var liar = Nudge([1], 0.5)
    liar.claimedLayer = 4
    #expect(throws: ModelError.self) {
      try session.divergences(VariantScoringTests.prompts, variants: [[liar]])
    }
  }
}

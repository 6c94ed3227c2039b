import Kernels
import TestSupport
import Testing
import Transformer

@testable import Engine

@Suite("Shared computation is checked when asked")
struct SharingCheckTests {
  private let session: Session
  private let prompts = VariantScoringTests.prompts

  init() throws {
    var tiny = TinyModel(architecture: "llama")
    tiny.blocks = 6
    let path = try tiny.write(to: TemporaryFolder().file("tiny.gguf"))
    session = Session(try Model(path: path, lanes: Lanes(count: 2)))
    session.checksSharing = true
  }

  private func score(_ variants: [[any Intervention]]) throws -> [[Float]] {
    try session
      .score(prompts, completions: [[7], [8, 9]], variants: variants)
      .map(\.values)
  }

  private func observe(_ intervention: Nudge) throws {
    try session.observe(
      prompts, from: prompts.map { $0.count - 1 }, interventions: [intervention],
      with: { _ in [KeptRows([Site(LayerIndex(3))], 0..<0, session.model.sizes)] })
  }

  private func generate(_ interventions: [[any Intervention]]) throws -> [[Int32]] {
    let requests = interventions.map { own in
      var request = GenerationRequest(prompt: prompts[0])
      request.maxTokens = 3
      request.interventions = own
      return request
    }
    return try session.generate(requests).map(\.tokens)
  }

  /// What is thrown for an intervention that says something untrue of itself.
  private func complaint(_ body: () throws -> some Any) -> String {
    let error = #expect(throws: ModelError.self) { try body() }
    #expect(error?.code == .sharingDiffers)
    return error?.message ?? ""
  }

  @Test("where interventions say the truth, nothing is found, and results are as without the check")
  func truth() throws {
    let nudges = [[Nudge([4], 0.5)], [Nudge([1], 0.5, from: -1)], []]
    let checked = try score(nudges)
    let work = session.work.blockRows
    session.checksSharing = false
    #expect(try score(nudges) == checked)
    #expect(session.work.blockRows - work < work / 3, "the check computes everything alone")
    session.checksSharing = true
    try observe(Nudge([0], 0.5))
    let texts = try generate(nudges)
    session.checksSharing = false
    #expect(try generate(nudges) == texts)
  }

  @Test("hooks that keep state are not run a second time")
  func stateful() throws {
    var visits = 0
    let counting = MadeIntervention.counting { _, _ in visits += 1 }
    _ = try score([[counting]])
    // A visit for each prompt and completion, and one for the second completion's first token.
    #expect(visits == prompts.count * 3)
  }

  @Test("an intervention that acts below the layer that it names is found")
  func layers() throws {
    var nudge = Nudge([1, 4], 0.5)
    nudge.claimedLayer = 4
    let found = complaint { try score([[], [nudge]]) }
    #expect(found.contains("variant 1, prompt 0, completion 0"), "\(found)")
  }

  @Test("an intervention that acts before the position that it names is found")
  func positions() throws {
    var nudge = Nudge([1], 0.5, from: 5)
    nudge.claimedPosition = 20
    #expect(complaint { try score([[nudge], []]) }.contains("variant 0"))
    #expect(complaint { try generate([[nudge], []]) }.contains("generate: row 0"))
  }

  @Test("an intervention that treats beginnings differently and denies it is found")
  func prefixes() throws {
    var nudge = Nudge([0], 0.5, from: 4)
    nudge.dependsOnLength = true
    #expect(complaint { try score([[nudge]]) }.contains("variant 0"))
    let found = complaint { try observe(nudge) }
    #expect(found.contains("position") && found.contains("layer 3"), "\(found)")
  }
}

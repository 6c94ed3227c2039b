import Kernels
import TestSupport
import Testing
import Tokens
import Transformer

@testable import Engine

/// Adds a constant at layer 0 to the positions of a range that is counted from the prompt's end,
/// and counts the rows that it saw.
private final class Push: Intervention, ResidualHook {
  let treatsPrefixesAlike: Bool
  private let first: Int
  private(set) var rows = 0

  init(from first: Int, alike: Bool) {
    self.first = first
    treatsPrefixesAlike = alike
  }

  func hooks(for place: SequencePlace) -> [any ResidualHook] { [self] }

  func wants(_ site: Site) -> Bool { site == Site(LayerIndex(0)) }

  func visit(_ rows: ResidualRows, at site: Site) {
    self.rows += rows.count
    for row in 0..<rows.count where rows.firstPosition + row >= first {
      for index in 0..<rows.width { rows.row(row)[index] += 0.125 }
    }
  }
}

@Suite("What prompts begin with is computed once")
struct SharedPrefixesTests {
  private let session: Session
  /// Groups with long common beginnings, equal prompts, one that begins another, and strangers.
  private let prompts: [[Int32]]
  private let completions: [[Int32]] = [[7], [8, 9, 10], [11, 12]]

  init() throws {
    let path = try TinyModel.write(architecture: "llama", in: TemporaryFolder())
    session = Session(try Model(path: path, lanes: Lanes(count: 2)))
    let system: [Int32] = (0..<40).map { Int32($0 % 30) }
    var all: [[Int32]] = []
    for question in 0..<4 {
      let asked: [Int32] = system + (0..<12).map { Int32((question * 17 + $0 * 5) % 90) }
      for answer in 0..<4 { all.append(asked + [Int32(60 + answer), 3]) }
      if question == 0 { all.append(asked) }
    }
    all.append(all[0])
    all.append([5, 6])
    all.append([99, 98, 97, 96])
    prompts = all
  }

  private func alone(_ interventions: [any Intervention]) throws -> [[Float]] {
    try prompts.map {
      try session.score([$0], completions: completions, interventions: interventions).values
    }
  }

  private func together(_ interventions: [any Intervention]) throws -> [[Float]] {
    let scores = try session.score(
      prompts, completions: completions, interventions: interventions)
    return (0..<scores.rows)
      .map { row in
        Array(UnsafeBufferPointer(start: scores.row(row), count: scores.columns))
      }
  }

  @Test("scores together are scores alone, bit for bit, and fewer rows are computed")
  func twins() throws {
    let plain = try alone([])
    #expect(try together([]) == plain)
    let (one, many) = (Push(from: 45, alike: true), Push(from: 45, alike: true))
    let pushed = try alone([one])
    #expect(try together([many]) == pushed)
    #expect(pushed != plain, "the intervention acts")
    #expect(many.rows * 2 < one.rows, "\(many.rows) rows together, \(one.rows) alone")
  }

  @Test("an intervention that keeps state sees every row of every prompt and completion")
  func stateful() throws {
    let push = Push(from: 45, alike: false)
    let scores = try together([push])
    #expect(scores == (try alone([Push(from: 45, alike: false)])))
    let tokens: Int = prompts.map(\.count).reduce(0, +)
    let rest: Int = completions.map(\.count).reduce(0, +) - completions.count
    #expect(push.rows == completions.count * tokens + prompts.count * rest)
  }

  @Test("blocks above the last one that is observed are not run")
  func observed() throws {
    var tiny = TinyModel(architecture: "llama")
    tiny.blocks = 6
    let session = try TinySession.open(tiny)
    var seen = 0
    func observe(_ interventions: [any Intervention]) throws -> Int {
      let before = session.work.blockRows
      try session.observe(
        prompts, from: prompts.map { $0.count - 1 }, interventions: interventions,
        with: { _ in [FirstBlockHook { seen += $0.count }] })
      return session.work.blockRows - before
    }
    let rows = try observe([])
    #expect(rows >= seen && rows < prompts.map(\.count).reduce(0, +) / 2, "one block")
    #expect(try observe([Nudge([3], 0.5)]) == rows * 4, "steering that is asked for acts")
    #expect(try observe([Nudge([3], 0)]) == rows)
  }

  @Test("many completions are scored as each alone")
  func manyCompletions() throws {
    var many: [[Int32]] = []
    for index: Int32 in 0..<150 { many.append([index % 90, index * 3 % 90, index % 7]) }
    let scores = try session.score(Array(prompts[..<2]), completions: many)
    for column in [0, 63, 64, 149] {
      let one = try session.score(Array(prompts[..<2]), completions: [many[column]])
      #expect(one.row(0)[0] == scores.row(0)[column] && one.row(1)[0] == scores.row(1)[column])
    }
  }

  @Test("groups keep most of what they share, and hold no more than their limit")
  func groups() {
    let groups = PromptGroup.groups(of: prompts, sharable: prompts.map(\.count))
    #expect(groups.flatMap(\.rows).sorted() == Array(prompts.indices))
    for group in groups {
      let first = prompts[group.rows[0]]
      for row in group.rows {
        #expect(group.shared < prompts[row].count, "something is left to compute")
        #expect(PromptGroup.commonLength(first, prompts[row]) >= min(group.shared, first.count))
      }
    }
    #expect(groups.count < prompts.count / 2)
    let equal = Array(repeating: prompts[0], count: 200)
    let limited = PromptGroup.groups(of: equal, sharable: equal.map(\.count))
    #expect(limited.map(\.rows.count).max() == PromptGroup.largest)
  }
}

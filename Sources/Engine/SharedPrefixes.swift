import Transformer

/// A prompt that is ready to be finished: its first tokens have been computed.
struct PreparedPrompt {
  /// 0-based row of the call.
  let row: Int
  /// Keys and values of the first tokens; this prompt's own.
  let cache: KVCache
  /// The tokens that are left; at least one.
  let rest: [Int32]
}

extension Session {
  /// Hands out prompts in batches, computing what several of them begin with only once.
  ///
  /// Prompts are sorted; those that follow each other and begin alike form a group. What all
  /// begin with is computed first, then what each group begins with, then `body` finishes the
  /// prompts of as many groups as fill a step. A row's bits do not depend on any of this.
  ///
  /// - Parameters:
  ///   - prompts: Token ids, none empty.
  ///   - sharable: For each prompt, how many of its first tokens need not be seen by `body`.
  ///   - interventions: What acts on the shared tokens; if one keeps state for each sequence,
  ///     nothing is shared.
  ///   - body: Finishes a batch; called in the order of the sorted prompts.
  /// - Throws: `ModelError`; what an intervention or `body` throws.
  func forEachBatch(
    of prompts: [[Int32]], sharable: [Int], interventions: [any Intervention],
    _ body: ([PreparedPrompt]) throws -> Void
  ) throws {
    let mayShare = interventions.allSatisfy(\.treatsPrefixesAlike)
    let groups =
      mayShare
      ? PromptGroup.groups(of: prompts, sharable: sharable)
      : prompts.indices.map { PromptGroup(rows: [$0], shared: 0) }
    let trunk = KVCache(model.sizes)
    let common = groups.map(\.shared).min() ?? 0
    let first = groups.first?.rows.first ?? 0
    let last = groups.last?.rows.last ?? 0
    let length =
      prompts.count > 1 && mayShare
      ? min(common, PromptGroup.commonLength(prompts[first], prompts[last])) : 0
    if length > 0 {
      _ = try decoder.step([try stem(trunk, prompts[first], to: length, first, interventions)])
    }
    var start = 0
    while start < groups.count {
      var end = start
      var tokens = 0
      while end < groups.count, end == start || tokens < batchTokens {
        tokens += groups[end].rows
          .reduce(0) {
            $0 + max(leastTokens, prompts[$1].count - groups[end].shared)
          }
        end += 1
      }
      try body(
        prepare(Array(groups[start..<end]), prompts, trunk: trunk, interventions))
      start = end
    }
  }

  /// Computes what each group begins with, and forks it for the group's prompts.
  private func prepare(
    _ groups: [PromptGroup], _ prompts: [[Int32]], trunk: KVCache,
    _ interventions: [any Intervention]
  ) throws -> [PreparedPrompt] {
    let caches = groups.map { _ in trunk.fork() }
    let stems = try zip(groups, caches)
      .compactMap { group, cache -> Segment? in
        guard group.rows.count > 1, group.shared > cache.length else { return nil }
        let row = group.rows[0]
        return try stem(cache, prompts[row], to: group.shared, row, interventions)
      }
    if !stems.isEmpty { _ = try decoder.step(stems) }
    return zip(groups, caches)
      .flatMap { group, cache in
        group.rows.map { row in
          PreparedPrompt(
            row: row, cache: cache.fork(), rest: Array(prompts[row][cache.length...]))
        }
      }
  }

  private func stem(
    _ cache: KVCache, _ prompt: [Int32], to length: Int, _ row: Int,
    _ interventions: [any Intervention]
  ) throws -> Segment {
    let place = SequencePlace(row: row, prompt: prompt)
    return Segment(
      cache: cache, tokens: Array(prompt[cache.length..<length]),
      hooks: try interventions.hooks(for: place), readout: .none)
  }
}

/// Prompts that begin with the same tokens.
struct PromptGroup {
  /// The most prompts of a group: each has a cache of its own while a batch is computed.
  static let largest = 64
  /// 0-based rows of the call.
  var rows: [Int]
  /// Number of first tokens that all of them have, or that the only one need not see.
  var shared: Int

  /// Sorts prompts and groups neighbours; a group grows while it keeps most of what it shares.
  static func groups(of prompts: [[Int32]], sharable: [Int]) -> [PromptGroup] {
    let order = prompts.indices.sorted { left, right in
      prompts[left] == prompts[right]
        ? left < right : prompts[left].lexicographicallyPrecedes(prompts[right])
    }
    var groups: [PromptGroup] = []
    for row in order {
      let limit = min(sharable[row], prompts[row].count - 1)
      if let group = groups.last, let neighbour = group.rows.last {
        let alike = min(limit, group.shared, commonLength(prompts[neighbour], prompts[row]))
        if alike > 0, alike * 4 >= group.shared * 3, group.rows.count < largest {
          groups[groups.count - 1].rows.append(row)
          groups[groups.count - 1].shared = alike
          continue
        }
      }
      groups.append(PromptGroup(rows: [row], shared: limit))
    }
    return groups
  }

  /// Number of first tokens that two prompts have in common.
  static func commonLength(_ left: [Int32], _ right: [Int32]) -> Int {
    zip(left, right).prefix { $0 == $1 }.count
  }
}

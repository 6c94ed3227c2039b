import Transformer

extension Session {
  /// Hands out prompts in batches, computing what several of them begin with only once.
  ///
  /// Prompts are sorted; those that follow each other and begin alike form a group. What all
  /// begin with is computed first, then what each group begins with, then `body` finishes the
  /// prompts of as many groups as fill a batch. A row's bits do not depend on any of this.
  ///
  /// - Parameters:
  ///   - prompts: Token ids.
  ///   - sharable: For each prompt, how many of its first tokens need not be seen by `body`.
  ///   - interventions: What acts on the prompts; where one treats prefixes differently, only what
  ///     lies before its first position is shared.
  ///   - limit: How much makes a batch.
  ///   - compute: Computes stretches that prompts share.
  ///   - body: Finishes a batch: the rest of each prompt, its cache grown to where that begins;
  ///     called in the order of the sorted prompts.
  /// - Throws: `ModelError`; what an intervention, `compute` or `body` throws.
  func forEachBatch(
    of prompts: [[Int32]], sharable: [Int], interventions: [any Intervention],
    limit: BatchLimit = BatchLimit(), compute: ([Stretch]) throws -> Void,
    _ body: ([Stretch]) throws -> Void
  ) throws {
    let unlike = interventions.filter { !$0.isSharable }
    let sharable = prompts.indices.map { row in
      min(
        sharable[row],
        unlike.firstPosition(in: SequencePlace(row: row, prompt: prompts[row])))
    }
    let groups = PromptGroup.groups(of: prompts, sharable: sharable)
    let common = PromptGroup.commonLength(of: groups, prompts)
    var trunk: Stretch?
    if common > 0 {
      let stretch = Stretch(
        Array(prompts[0][..<common]), of: Array(prompts.indices), after: nil,
        cache: KVCache(model.sizes))
      try compute([stretch])
      trunk = stretch
    }
    var start = 0
    while start < groups.count {
      var (end, filled) = (start, 0)
      while end < groups.count, end == start || filled < limit.tokens {
        filled += groups[end].rows
          .reduce(0) { $0 + limit.cost(prompts[$1].count - groups[end].shared) }
        end += 1
      }
      try body(prepare(groups[start..<end], prompts, after: trunk, compute))
      start = end
    }
  }

  /// Computes what each group begins with, and forks it for the group's prompts.
  private func prepare(
    _ groups: ArraySlice<PromptGroup>, _ prompts: [[Int32]], after trunk: Stretch?,
    _ compute: ([Stretch]) throws -> Void
  ) throws -> [Stretch] {
    func fork(_ stretch: Stretch?) -> KVCache { stretch?.cache.fork() ?? KVCache(model.sizes) }
    let start = trunk?.end ?? 0
    let stems = groups.map { group in
      group.rows.count > 1 && group.shared > start
        ? Stretch(
          Array(prompts[group.rows[0]][start..<group.shared]), of: group.rows, after: trunk,
          cache: fork(trunk)) : trunk
    }
    let own = stems.compactMap { $0 === trunk ? nil : $0 }
    if !own.isEmpty { try compute(own) }
    return zip(groups, stems)
      .flatMap { group, stem in
        group.rows.map { row in
          Stretch(
            Array(prompts[row][(stem?.end ?? 0)...]), of: [row], after: stem, cache: fork(stem))
        }
      }
  }

  /// Computes stretches that prompts share, and reads nothing out.
  ///
  /// Interventions that do not treat prefixes alike must begin to act after the stretches.
  func extend(
    _ stretches: [Stretch], of prompts: [[Int32]], _ interventions: [any Intervention],
    through last: LayerIndex? = nil
  ) throws {
    _ = try decoder.step(
      stretches.map { stretch in
        let place = SequencePlace(row: stretch.row, prompt: prompts[stretch.row])
        return Segment(
          cache: stretch.cache, tokens: stretch.tokens,
          hooks: try interventions.filter(\.isSharable).hooks(for: place), readout: .none)
      }, through: last)
  }
}

import Kernels
import Transformer

/// Scores completions of prompts under several variants of steering.
struct VariantScoring {
  private let session: Session
  private let prompts: [[Int32]]
  private let completions: [[Int32]]
  /// The completions to score, and those of them that have more than one token.
  private let columns: [Int]
  private let longer: [Int]
  /// Those that go on from the same layer are next to each other.
  private let variants: [Variant]
  private let interventions: [any Intervention]
  private let run: VariantRun
  private let scores: [Tensor]
  private let readFirst: ReadFirst?

  /// Reads the logits after a prompt's last token, once for the variants that have them in common:
  /// those that spare the prompt before all others.
  typealias ReadFirst = (
    _ variants: [Variant], _ row: Int, _ logits: UnsafeMutableBufferPointer<Float>, _ total: Double
  ) throws -> Void

  /// One prompt to be scored under one variant, with the completions that have to be computed.
  private typealias Job = (variant: Variant, leaf: Stretch, tails: [Stretch])
  private typealias Run = (variant: Variant, stretch: Stretch)

  /// Prepares to score.
  ///
  /// - Parameters:
  ///   - session: The model.
  ///   - prompts: Token ids.
  ///   - completions: Token ids.
  ///   - columns: The completions to score.
  ///   - variants: What is compared.
  ///   - common: What acts on all variants alike, before their own interventions.
  ///   - scores: `[prompts, completions]` for each variant of the call.
  ///   - readFirst: What is read of the logits after each prompt; nil: the completions' first tokens.
  init(
    _ session: Session, _ prompts: [[Int32]], _ completions: [[Int32]], columns: Range<Int>,
    _ variants: [Variant], common: [any Intervention], into scores: [Tensor],
    readFirst: ReadFirst? = nil
  ) {
    self.session = session
    self.prompts = prompts
    self.completions = completions
    self.readFirst = readFirst
    self.columns = Array(columns)
    longer = columns.filter { completions[$0].count > 1 }
    self.variants = variants.sorted {
      ($0.entry?.number ?? -1, $0.index) < ($1.entry?.number ?? -1, $1.index)
    }
    interventions = common
    run = VariantRun(session, prompts, common: common, self.variants)
    self.scores = scores
  }

  /// Fills in the scores.
  ///
  /// - Parameters:
  ///   - limit: How many tokens are kept at once.
  ///   - done: Called with the number of prompts that have been scored since the last call, each
  ///     once for every variant.
  /// - Throws: `ModelError`; what a hook or `done` throws.
  func fill(_ limit: Session.BatchLimit, done: (Int) throws -> Void) throws {
    try session.forEachBatch(
      of: prompts, sharable: prompts.map { $0.count - 1 }, interventions: interventions,
      limit: limit,
      compute: { _ = try run.unsteered($0, readout: .none) }
    ) { leaves in
      let (read, hidden) = try run.unsteered(leaves, readout: .last)
      try noteFirst(hidden, read.map { leaf in (variants.filter { $0.spares(leaf) }, leaf) })
      let tails = leaves.map { leaf in self.tails(of: leaf) }
      for slice in Session.BatchLimit().batches(of: Array(tails.joined()), \.tokens.count) {
        let (read, hidden) = try run.unsteered(Array(slice), readout: .rows(from: 0))
        try noteRest(hidden, read.map { tail in (variants.filter { $0.spares(tail) }, tail) })
      }
      try scoreSteered(leaves, tails, done)
    }
  }

  // MARK: Under variants

  /// The completions of a prompt that have more than one token, but for the last one, after which
  /// nothing is read.
  private func tails(of leaf: Stretch) -> [Stretch] {
    longer.map { column in
      Stretch(
        completions[column].dropLast(), of: leaf.rows, after: leaf, cache: leaf.cache,
        completion: column)
    }
  }

  private func scoreSteered(
    _ leaves: [Stretch], _ tails: [[Stretch]], _ done: (Int) throws -> Void
  ) throws {
    var jobs: [Job] = []
    for variant in variants {
      for (leaf, tails) in zip(leaves, tails) {
        let covered = tails.filter { variant.covers($0) }
        if variant.covers(leaf) || !covered.isEmpty { jobs.append((variant, leaf, covered)) }
      }
    }
    try done(variants.count * leaves.count - jobs.count)
    var start = 0
    while start < jobs.count {
      let (end, steps) = batch(of: jobs[start...])
      for step in steps[..<2] where !step.isEmpty { _ = try run.steered(step, readout: .none) }
      if !steps[2].isEmpty {
        let hidden = try run.steered(steps[2], readout: .last)
        try noteFirst(hidden, steps[2].map { ([$0.variant], $0.stretch) })
      }
      let rest = jobs[start..<end]
        .flatMap { job in job.tails.map { (variant: job.variant, stretch: $0) } }
      for slice in Session.BatchLimit().batches(of: rest, \.stretch.tokens.count) {
        let hidden = try run.steered(Array(slice), readout: .rows(from: 0))
        try noteRest(hidden, slice.map { ([$0.variant], $0.stretch) })
      }
      run.forget(except: jobs[end - 1].variant, leaves: leaves)
      try done(end - start)
      start = end
    }
    run.forget()
  }

  /// As many of the first jobs as fill a step, and what has to be computed for them, in three
  /// steps: what all prompts begin with, what groups of them begin with, and the rest.
  private func batch(of jobs: ArraySlice<Job>) -> (end: Int, steps: [[Run]]) {
    let limit = Session.BatchLimit()
    var steps: [[Run]] = [[], [], []]
    var (end, filled) = (jobs.startIndex, 0)
    while end < jobs.endIndex, filled < limit.tokens {
      let (variant, leaf, _) = jobs[end]
      for (depth, stretch) in leaf.path.enumerated() where variant.covers(stretch) {
        let step = stretch === leaf ? 2 : depth
        // Jobs of a variant, and of a group, follow each other.
        if let last = steps[step].last, last.variant.index == variant.index,
          last.stretch === stretch
        {
          continue
        }
        if run.isKnown(stretch, under: variant) { continue }
        steps[step].append((variant, stretch))
        filled += limit.cost(run.tokenCount(of: stretch, under: variant))
      }
      if !variant.covers(leaf) { filled += limit.cost(0) }
      end += 1
    }
    return (end, steps)
  }

  // MARK: Reading scores

  /// Sets the log-probabilities of the completions' first tokens, one row of `hidden` for each
  /// prompt.
  private func noteFirst(_ hidden: Tensor, _ rows: [(variants: [Variant], leaf: Stretch)]) throws {
    try session.forEachLogits(of: hidden, rows: 0..<rows.count) { index, logits, total in
      let (variants, leaf) = rows[index]
      if let readFirst { return try readFirst(variants, leaf.row, logits, total) }
      for column in columns {
        let logit = logits[try session.checked(completions[column][0])]
        for variant in variants {
          scores[variant.index].row(leaf.row)[column] = Float(Double(logit) - total)
        }
      }
    }
  }

  /// Adds the log-probabilities of the completions' other tokens.
  private func noteRest(_ hidden: Tensor, _ tails: [(variants: [Variant], tail: Stretch)]) throws {
    var first = 0
    for (variants, tail) in tails {
      guard let column = tail.completion else { continue }
      let targets = Array(completions[column].dropFirst())
      let sum = try session.logProbabilities(of: targets, after: hidden, from: first).reduce(0, +)
      for variant in variants { scores[variant.index].row(tail.row)[column] += sum }
      first += targets.count
    }
  }
}

import Engine
import Statistics
import Steering
import Transformer

/// Goes through an evaluation: settings are chosen on some items, by every vector for itself, and
/// what is reported is measured on the others.
struct EvaluationRun {
  /// A vector at a setting; no vector: the model as it is.
  private struct Job {
    let vector: ControlVector?
    let setting: EvaluationRequest.Setting
    /// Whether the vector is added at scale 0, computed as any other: nothing may change.
    var isZero = false
  }

  /// What came of a job.
  private struct Measured {
    /// `[metric][item]`.
    var values: [[Double]]
    /// For answers, the log-odds in each of the two orders, `[order][item]`; empty without answers.
    var orders: [[Double]]
    /// The mean of p₊ + p₋; nil without answers.
    var mass: Double?
  }

  private let request: EvaluationRequest
  private let library: ModelLibrary
  private let call: Call
  private let scripted: [any Intervention]
  private var done = 0
  private var total = 0

  /// Variants that are scored in one go.
  private static let chunk = 512

  init(_ request: EvaluationRequest, _ library: ModelLibrary, _ call: Call) throws {
    self.request = request
    self.library = library
    self.call = call
    scripted = try library.hooks.interventions(for: request.model)
  }

  // MARK: The course of it

  mutating func run() throws -> [Evaluation] {
    request.model.uses += 1
    let isChosen = request.settings.count > 1
    let choosing = request.items.filter {
      isChosen && ContentHash.share(of: $0.key) < request.validation
    }
    let reported = request.items.filter {
      !isChosen || ContentHash.share(of: $0.key) >= request.validation
    }
    guard reported.count >= 5, !isChosen || choosing.count >= 3 else {
      throw LuaError(
        .script,
        "evaluate: \(choosing.count) items to choose a setting on and \(reported.count) to report "
          + "(at least 3 and 5 expected). Give more items, or one setting only")
    }
    let (vectors, starts) = candidates()
    let zeroCount = addsNothingAtZero ? request.subjects.count : 0
    total = reported.count * (1 + vectors.count + zeroCount)
    if isChosen { total += choosing.count * (1 + vectors.count * request.settings.count) }
    let settings = try choose(for: vectors, on: choosing)
    let jobs = zip(vectors, settings).map { Job(vector: $0, setting: request.settings[$1]) }
    let subjects = starts.map { jobs[$0] }
    let zeros = subjects.prefix(zeroCount)
      .map { Job(vector: $0.vector, setting: $0.setting, isZero: true) }
    // All in one go: what lies before the first steered token is computed once for all of them.
    let measured = try measure([unsteered] + jobs + zeros, on: reported)
    let (base, found, atZero) = (
      measured[0], measured[1...].prefix(jobs.count), measured.suffix(zeroCount)
    )
    let costs = try request.measuresCost ? divergences(of: subjects, on: reported) : nil
    library.access.progress("evaluating", max(total, 1), max(total, 1))
    return request.subjects.indices.map { index in
      let range = starts[index]..<(index + 1 < starts.count ? starts[index + 1] : vectors.count)
      return evaluation(
        of: index, base, Array(Array(found)[range]), settings[range],
        counts: (choosing.count, reported.count),
        zero: zeroCount > 0 ? largestChange(of: Array(atZero)[index], from: base) : nil,
        cost: costs?[index])
    }
  }

  private var unsteered: Job { Job(vector: nil, setting: request.settings[0]) }

  private var addsNothingAtZero: Bool {
    ["add", "add_keep_norm"].contains(request.steer.fields["op"]?.text ?? "add")
  }

  /// All vectors: each subject, then its random and its shuffled controls; and where each begins.
  private func candidates() -> (vectors: [ControlVector], starts: [Int]) {
    var vectors: [ControlVector] = []
    var starts: [Int] = []
    for (index, subject) in request.subjects.enumerated() {
      starts.append(vectors.count)
      vectors.append(subject.vector)
      var seeds = RandomSource(seed: request.seed ^ randomSalt, stream: index)
      let seed = seeds.next()
      vectors += (0..<request.randomCount)
        .map { subject.vector.randomControl(seed: seed, stream: $0) }
      vectors += subject.shuffled
    }
    return (vectors, starts)
  }

  /// The setting that is best for each vector by the first metric; all choose by the same rule.
  private mutating func choose(
    for vectors: [ControlVector], on items: [ScoredItem]
  ) throws -> [Int] {
    guard request.settings.count > 1 else { return vectors.map { _ in 0 } }
    let jobs = vectors.flatMap { vector in
      request.settings.map { Job(vector: vector, setting: $0) }
    }
    let measured = try measure([unsteered] + jobs, on: items)
    let base = measured[0]
    let found = Array(measured[1...])
    let leastMass = (base.mass ?? 0) * request.minimumMass
    return vectors.indices.map { vector in
      let own = found[vector * request.settings.count..<(vector + 1) * request.settings.count]
      // Where all settings break the model, the one that breaks it least.
      let isWhole = own.contains { ($0.mass ?? 1) >= leastMass }
      let scores = own.map { one in
        guard isWhole else { return one.mass ?? 0 }
        guard (one.mass ?? 1) >= leastMass else { return -Double.infinity }
        return request.weighing.alternative.evidence(
          Moments.mean(one.values[0]) - Moments.mean(base.values[0]))
      }
      return scores.indices.max { (scores[$0], -$0) < (scores[$1], -$1) } ?? 0
    }
  }

  // MARK: Measuring

  private mutating func measure(_ jobs: [Job], on items: [ScoredItem]) throws -> [Measured] {
    guard !items.isEmpty else { return [] }
    var found: [Measured] = []
    for start in stride(from: 0, to: jobs.count, by: EvaluationRun.chunk) {
      let part = Array(jobs[start..<min(start + EvaluationRun.chunk, jobs.count)])
      let steerings = try part.map { try self.steerings(of: $0) }
      let acting = zip(part, steerings)
        .map { job, steerings -> [any Intervention] in
          job.isZero ? steerings.map { ZeroScale(steering: $0) } : steerings
        }
      let scores = try answers(items, acting)
      // A recipe's own metrics make steerings of their own.
      if request.scoresAnswers { for steering in steerings.joined() { try steering.checkActed() } }
      for (index, job) in part.enumerated() {
        found.append(try measured(job, items, scores.isEmpty ? [] : scores[index]))
      }
    }
    return found
  }

  private mutating func answers(
    _ items: [ScoredItem], _ variants: [[any Intervention]]
  ) throws -> [[AnswerScore]] {
    guard request.scoresAnswers else { return [] }
    let forms = items.flatMap(\.forms)
    let before = done
    let model = request.model
    let (library, total) = (self.library, self.total)
    let scores = try model.session.answerScores(
      forms, variants: variants.map { $0 + scripted }, common: common
    ) { count in
      library.access.progress(
        "evaluating", min(before + count * items.count / max(forms.count, 1), total - 1), total)
      try library.checkStop()
    }
    done += variants.count * items.count
    return scores
  }

  /// What acts with and without the vectors.
  private var common: [any Intervention] {
    [library.stopCheck] + request.model.handles.compactMap(\.steering)
  }

  private func measured(
    _ job: Job, _ items: [ScoredItem], _ scores: [AnswerScore]
  ) throws -> Measured {
    var byItem: [ArraySlice<AnswerScore>] = []
    if !scores.isEmpty {
      var start = 0
      for item in items {
        byItem.append(scores[start..<start + item.forms.count])
        start += item.forms.count
      }
    }
    func mean(_ value: (AnswerScore) -> Double) -> [Double] {
      byItem.map { forms in Moments.mean(forms.map(value)) }
    }
    let values = try request.measures.map { name, measure in
      switch measure {
      case .logOdds: mean(\.logOdds)
      case .probability: mean(\.probability)
      case .accuracy: mean { $0.logOdds > 0 ? 1 : $0.logOdds == 0 ? 0.5 : 0 }
      case .scripted(let function): try own(function, name, job, items)
      }
    }
    let hasOrders = !byItem.isEmpty && byItem.allSatisfy { $0.count == 2 }
    return Measured(
      values: values,
      orders: hasOrders ? (0..<2).map { order in byItem.map { Array($0)[order].logOdds } } : [],
      mass: scores.isEmpty ? nil : Moments.mean(scores.map(\.mass)))
  }

  /// What a recipe's metric says of all items.
  private func own(
    _ function: LuaReference, _ name: String, _ job: Job, _ items: [ScoredItem]
  ) throws -> [Double] {
    try library.checkStop()
    let steer = table(of: job).map { LuaValue.table($0) } ?? .nil
    let result =
      try call.machine
      .call(
        function, [.list(items.map(\.value)), steer], in: .run, results: 1)[0]
    let numbers = try Argument(result, called: "what metric '\(name)' returned", call).numbers()
    guard numbers.count == items.count else {
      throw LuaError(
        .script,
        "metric '\(name)' returned \(numbers.count) numbers (expected \(items.count), one for each "
          + "item)")
    }
    return numbers
  }

  private func table(of job: Job) -> LuaTable? {
    guard let vector = job.vector else { return nil }
    var table = request.steer
    table.list = [.object(VectorObject(vector, library))]
    table.fields["layers"] = job.setting.layers
    table.fields["scale"] = job.isZero ? .number(0) : job.setting.scale
    return table
  }

  private func steerings(of job: Job) throws -> [Steering] {
    guard let table = table(of: job) else { return [] }
    return try Argument(.table(table), called: "steer", call)
      .steerings(for: request.model, call.machine)
  }

  /// KL and agreement of the first answer token for each job, means over forms.
  private func divergences(of jobs: [Job], on items: [ScoredItem]) throws -> [Divergence]? {
    let prompts = Array(items.flatMap(\.forms).map(\.prompt).prefix(32))
    guard !prompts.isEmpty else { return nil }
    return try request.model.session
      .divergences(prompts, variants: jobs.map { try steerings(of: $0) }, common: common)
      .map { each in
        Divergence(
          kl: Moments.mean(each.map(\.kl)), largest: each.map(\.kl).max() ?? 0,
          agreement: Moments.mean(each.map(\.agreement)), tokens: each.count)
      }
  }

  // MARK: Weighing

  private func evaluation(
    of index: Int, _ base: Measured, _ found: [Measured], _ settings: ArraySlice<Int>,
    counts: (choosing: Int, reported: Int), zero: Double?, cost: Divergence?
  ) -> Evaluation {
    var source = RandomSource(seed: request.seed, stream: index)
    func changes(_ one: Measured, _ metric: Int) -> [Double] {
      zip(one.values[metric], base.values[metric]).map { $0 - $1 }
    }
    let controls = found.dropFirst()
    let evidence = request.measures.indices.map { metric in
      let effects = controls.map { Moments.mean(changes($0, metric)) }
      return Evidence(
        changes: changes(found[0], metric), random: Array(effects.prefix(request.randomCount)),
        shuffled: Array(effects.dropFirst(request.randomCount)), request.weighing, using: &source)
    }
    let orders = zip(found[0].orders, base.orders)
      .map { with, without in Moments.mean(with) - Moments.mean(without) }
    let texts = settings.map { request.settings[$0].text }
    return Evaluation(
      request, evidence, orders: orders, base: base.values, mass: (base.mass, found[0].mass),
      zero: zero, setting: request.settings[settings[settings.startIndex]], counts: counts,
      settings: texts, divergence: cost)
  }

  private func largestChange(of one: Measured, from base: Measured) -> Double {
    zip(one.values.joined(), base.values.joined()).map { abs($0 - $1) }.max() ?? 0
  }
}

/// A steering at scale 0 that is computed as any other: passed over, it could not be seen to change
/// nothing.
private struct ZeroScale: Intervention {
  let steering: Steering

  var treatsPrefixesAlike: Bool { steering.treatsPrefixesAlike }
  var keepsState: Bool { steering.keepsState }
  var firstSite: Site { steering.firstSite }

  func firstPosition(in place: SequencePlace) -> Int { steering.firstPosition(in: place) }

  func hooks(for place: SequencePlace) throws -> [any ResidualHook] {
    try steering.hooks(for: place)
  }
}

/// Sets the random directions of controls apart from those that a recipe builds as candidates.
private let randomSalt: UInt64 = 0x3f6a_88d1_c04b_57e9

extension ModelLibrary {
  /// Declares `cast.evaluate`.
  func declareEvaluation(in cast: HostModule) {
    cast.function("evaluate", in: .outsideHooks, isModelTime: true) { [self] call in
      let request = try EvaluationRequest(call, self)
      var run = try EvaluationRun(request, self, call)
      let found = try run.run()
      return request.isList
        ? .list(found.map { .object($0) }) : found.first.map { .object($0) } ?? .nil
    }
  }
}

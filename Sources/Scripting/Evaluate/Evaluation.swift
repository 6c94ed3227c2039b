import Engine
import Statistics

import struct Results.ReportDocument

/// What an evaluation found: each metric of a vector next to that of its controls.
final class Evaluation: HostObject {
  static let luaName = "evaluation"

  private let request: EvaluationRequest
  private let evidence: [Evidence]
  private let adjusted: [Double]
  private let verdicts: [Verdict]
  /// The change of the log-odds with the answers in either order.
  private let orders: [Double]
  /// `[metric][item]`, unsteered.
  private let base: [[Double]]
  private let mass: (without: Double?, with: Double?)
  private let zero: Double?
  private let setting: EvaluationRequest.Setting
  private let counts: (choosing: Int, reported: Int)
  /// What the vector and each control chose.
  private let settings: [String]
  private let divergence: Divergence?

  init(
    _ request: EvaluationRequest, _ evidence: [Evidence], orders: [Double], base: [[Double]],
    mass: (Double?, Double?), zero: Double?, setting: EvaluationRequest.Setting,
    counts: (Int, Int), settings: [String], divergence: Divergence?
  ) {
    self.request = request
    self.evidence = evidence
    self.orders = orders
    self.base = base
    self.mass = mass
    self.zero = zero
    self.setting = setting
    self.counts = counts
    self.settings = settings
    self.divergence = divergence
    adjusted = MultipleTests.holm(evidence.map(\.p))
    verdicts = zip(evidence, adjusted).enumerated()
      .map { index, both in
        // Only the answers' own metrics know two orders.
        let isAnswer = if case .scripted = request.measures[index].measure { false } else { true }
        return Verdict(
          both.0, adjusted: both.1, of: evidence.count, level: request.level,
          unit: request.measures[index].measure.unit, orders: isAnswer ? orders : [])
      }
  }

  static func declare(in type: ClassDeclaration<Evaluation>) {
    type.property("stands_out") { .boolean($0.verdicts[0].standsOut) }
    type.property("line") { .string($0.line) }
    type.property("effect") { .number($0.evidence[0].effect) }
    type.property("p") { .number($0.adjusted[0]) }
    type.property("layers") { $0.setting.layers ?? .nil }
    type.property("scale") { $0.setting.scale ?? .nil }
    type.method("table", in: .anywhere) { found, _ in .list(found.rows.map { .record($0) }) }
    type.method("json", in: .anywhere) { found, call in
      let options = try call.options(1)
      let indent = try options["indent"].integer(default: 0, in: 0...16)
      try options.finish()
      return .bytes(try JSON.encode(found.json, indent: indent == 0 ? nil : indent))
    }
    type.text { $0.text }
  }

  /// The verdict in one line.
  var line: String { verdicts[0].line }

  // MARK: As numbers

  private var rows: [[String: LuaValue]] {
    evidence.indices.map { index in
      let found = evidence[index]
      var row: [String: LuaValue] = [
        "metric": .string(request.measures[index].name), "effect": .number(found.effect),
        "unsteered": .number(Moments.mean(base[index])),
        "lower": .number(found.interval.lower), "upper": .number(found.interval.upper),
        "p": .number(adjusted[index]), "p_raw": .number(found.p),
        "p_items": .number(found.items.p), "stands_out": .boolean(verdicts[index].standsOut),
        "line": .string(verdicts[index].line),
      ]
      for (name, test, effects) in [
        ("random", found.random, found.randomEffects),
        ("shuffled", found.shuffled, found.shuffledEffects),
      ] {
        guard let test else { continue }
        let band = Evaluation.band(effects)
        row["p_\(name)"] = .number(test.p)
        row["\(name)_mean"] = .number(Moments.mean(effects))
        row["\(name)_lower"] = .number(band.lower)
        row["\(name)_upper"] = .number(band.upper)
      }
      return row
    }
  }

  /// The middle 95 % of controls.
  private static func band(_ effects: [Double]) -> Interval {
    let sorted = effects.sorted()
    return Interval(
      lower: Moments.quantile(0.025, of: sorted), upper: Moments.quantile(0.975, of: sorted))
  }

  private var json: LuaValue {
    func list(_ numbers: [Double]) -> LuaValue { .list(numbers.map { LuaValue.number($0) }) }
    let controls = evidence.map { found in
      LuaValue.record([
        "random": list(found.randomEffects), "shuffled": list(found.shuffledEffects),
      ])
    }
    let masses = LuaValue.record([
      "unsteered": .optional(mass.without), "steered": .optional(mass.with),
    ])
    let cost = divergence.map { found in
      LuaValue.record(["kl": .number(found.kl), "agreement": .number(found.agreement)])
    }
    return [
      "metrics": .list(rows.map { .record($0) }), "level": .number(request.level),
      "alternative": .string(request.weighing.alternative.rawValue),
      "controls": .list(controls), "orders": list(orders), "zero_scale": .optional(zero),
      "mass": masses, "divergence": cost ?? .nil,
      "setting": .string(setting.text), "settings": .list(settings.map { .string($0) }),
      "choosing": .integer(counts.choosing), "reported": .integer(counts.reported),
      "duplicates": .integer(request.duplicates), "trained": .integer(request.trained),
      "seed": .integer(Int(truncatingIfNeeded: request.seed)),
    ]
  }

  // MARK: As text

  private var text: String {
    var lines = [line, "  " + selection]
    if request.trained + request.duplicates > 0 {
      lines.append(
        "  left out: \(request.trained) questions that the vector was built from, "
          + "\(request.duplicates) asked twice")
    }
    for index in evidence.indices {
      let found = evidence[index]
      let (name, unit) = (request.measures[index].name, request.measures[index].measure.unit)
      let suffix = unit.isEmpty ? "" : " " + unit
      lines.append(
        "  \(name): \(rounded(Moments.mean(base[index])))\(suffix) unsteered, change "
          + "\(signed(found.effect)), p = \(rounded(adjusted[index]))"
          + (evidence.count > 1
            ? " after Holm; \(verdicts[index].standsOut ? "stands out" : "does not stand out")"
            : ""))
      for (control, p, effects) in Evaluation.controls(of: found) {
        let band = Evaluation.band(effects)
        lines.append(
          "    \(effects.count) \(control): mean \(signed(Moments.mean(effects))), middle 95 % "
            + "\(signed(band.lower)) to \(signed(band.upper)); p = \(rounded(p))")
      }
      if found.shuffled == nil {
        lines.append("    shuffled labels: not run (give train and build in place of vector)")
      }
      lines.append(
        "    questions: signs changed \(found.items.isExact ? "in all ways" : "at random"), p = "
          + rounded(found.items.p))
    }
    if orders.count == 2 {
      lines.append(
        "  answers in the order given \(signed(orders[0])), swapped \(signed(orders[1])) nats; "
          + "the numbers above are the means of both")
    } else if request.scoresAnswers {
      lines.append("  answers in one order only")
    }
    if let zero { lines.append("  scale 0: largest change of a question \(rounded(zero))") }
    if let without = mass.without, let with = mass.with {
      lines.append(
        "  p of the two answers together: \(rounded(without)) unsteered, \(rounded(with)) steered"
          + (with < without / 2 ? " (the model answers something else: mistrust the effect)" : ""))
    }
    if let divergence {
      lines.append(
        "  KL of the answer's first token from the unsteered one \(rounded(divergence.kl)) nats, "
          + "likeliest token the same in \(rounded(100 * divergence.agreement)) %")
    }
    return lines.joined(separator: "\n")
  }

  private var selection: String {
    let words = setting.text.isEmpty ? "all layers of the vector" : setting.text
    guard counts.choosing > 0 else {
      return "one setting (\(words)), nothing chosen: all \(counts.reported) questions are reported"
    }
    return "\(words): chosen of \(request.settings.count) settings on \(counts.choosing) questions,"
      + " reported on \(counts.reported) others (split by content hash); every control chose its own "
      + "setting on the same questions"
  }

  /// The kinds of controls that were run: their name, the p value of the rank among them, and the
  /// effect of each.
  private static func controls(
    of found: Evidence
  ) -> [(name: String, p: Double, effects: [Double])] {
    [
      ("random directions of equal norm", found.random, found.randomEffects),
      ("shuffled labels", found.shuffled, found.shuffledEffects),
    ]
    .compactMap { name, test, effects in test.map { (name, $0.p, effects) } }
  }

  private func signed(_ value: Double) -> String { (value > 0 ? "+" : "") + rounded(value) }

  // MARK: On a page

  /// The leading metric's effect and those of the controls; nil where it is no number.
  var comparison: ReportDocument.Comparison? {
    let (found, measure) = (evidence[0], request.measures[0])
    guard found.effect.isFinite, found.interval.lower <= found.interval.upper else { return nil }
    let unit = measure.measure.unit
    return ReportDocument.Comparison(
      "mean change of \(measure.name)\(unit.isEmpty ? "" : ", \(unit)")", effect: found.effect,
      interval: found.interval.lower...found.interval.upper,
      controls: Evaluation.controls(of: found).map { ($0.name, $0.effects) })
  }

  /// What the leading metric's effect is compared with, a row for each.
  var controls: ReportDocument.Table {
    let (found, unit) = (evidence[0], request.measures[0].measure.unit)
    func span(_ interval: Interval) -> String {
      "\(signed(interval.lower)) to \(signed(interval.upper))"
    }
    let suffix = unit.isEmpty ? "" : ", " + unit
    var rows = [
      [
        "the vector" + (setting.text.isEmpty ? "" : ", \(setting.text)"), signed(found.effect),
        span(found.interval), rounded(adjusted[0]),
      ]
    ]
    for (name, p, effects) in Evaluation.controls(of: found) {
      rows.append([
        "\(effects.count) \(name)", signed(Moments.mean(effects)),
        span(Evaluation.band(effects)), rounded(p),
      ])
    }
    rows.append([
      "\(counts.reported) questions, signs changed", "", "", rounded(found.items.p),
    ])
    if orders.count == 2 {
      rows.append(["answers in the order given", signed(orders[0]), "", ""])
      rows.append(["answers exchanged", signed(orders[1]), "", ""])
    }
    if let zero { rows.append(["scale 0, largest change of a question", rounded(zero), "", ""]) }
    return ReportDocument.Table(
      head: ["compared", "mean change\(suffix)", "95 %", "p"], rows: rows)
  }
}

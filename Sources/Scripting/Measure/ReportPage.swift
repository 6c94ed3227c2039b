import Engine
import Kernels
import Results
import Steering
import Tokens

/// What a page shows besides what the sweep found.
struct PageOptions {
  let title: String?
  let about: String
  let effect: String?
  let cost: String?
  let samples: Int
  let controls: ReportDocument.Table?
  let comparison: ReportDocument.Comparison?
  let verdict: String

  /// Reads the options of `report:save` and `report:markdown`.
  init(_ options: OptionTable, _ report: SweepReport) throws {
    title = try options["title"].isMissing ? nil : options["title"].text()
    about = try options["about"].text(default: "")
    func column(_ option: Argument) throws -> String? {
      option.isMissing ? nil : try option.name(among: report.columns)
    }
    effect = try column(options["effect"])
    cost = try column(options["cost"])
    samples = try options["samples"].integer(default: 3, in: 0...100)
    let given = options["controls"]
    if case .object(let found as Evaluation)? = given.value {
      (controls, comparison, verdict) = (
        found.controls, found.comparison, "Against its controls the vector \(found.line)"
      )
    } else {
      (controls, comparison, verdict) = (try PageOptions.table(given), nil, "")
    }
  }

  /// Records as a table: the names of all of them, `name` first.
  private static func table(_ argument: Argument) throws -> ReportDocument.Table? {
    if argument.isMissing { return nil }
    let records = try argument.list().map { try $0.table() }
    guard records.allSatisfy({ $0.list.isEmpty }) else {
      throw argument.bad("records expected, as {{name = 'random', effect = 0.1}}")
    }
    let names = Set(records.flatMap(\.fields.keys))
      .sorted {
        ($0 == "name" ? 0 : 1, $0) < ($1 == "name" ? 0 : 1, $1)
      }
    guard !names.isEmpty else { return nil }
    return ReportDocument.Table(
      head: names,
      rows: records.map { record in
        names.map { name in
          switch record.fields[name] {
          case .number(let number)?: rounded(number)
          case let value?: SweepGrid.text(value)
          case nil: ""
          }
        }
      })
  }
}

/// A sweep's report, ready for a page.
extension SweepReport {
  func document(_ options: PageOptions) throws -> ReportDocument {
    var document = ReportDocument(title: options.title ?? name ?? "Sweep")
    document.about = options.about
    document.settings = grid.names
    document.columns = columns
    document.effect = options.effect
    document.cost = options.cost
    document.samples = hasTexts ? options.samples : 0
    document.controls = options.controls
    document.comparison = options.comparison
    document.verdict = options.verdict
    document.prompts = try items.map { try $0.text(library.machine) }
    document.baseline = baseline
    let intervals = ReportIntervals(self)
    document.intervals = intervals.kind
    document.points = grid.points.indices.map { pagePoint($0, intervals) }
    document.manifest = try manifest()
    if isDegraded {
      document.warnings.append(
        "Degraded: a failing hook was switched off while this was measured.")
    }
    return document
  }

  private func pagePoint(
    _ index: Int, _ intervals: ReportIntervals
  ) -> ReportDocument.Point {
    let isSkipped = skipped.contains(index)
    return ReportDocument.Point(
      settings: grid.points[index]
        .map { setting in
          setting.value.double.map { .number($0) } ?? .text(SweepGrid.text(setting.value))
        },
      values: columns.enumerated()
        .map { number, column in
          guard !isSkipped, let total = totals[index][column] else { return nil }
          return ReportDocument.Value(
            total, interval: intervals.interval(of: column, number, at: index))
        },
      texts: cells[index].map { $0?.text }, isSkipped: isSkipped)
  }

  /// What has to be known for doing it again.
  private func manifest() throws -> [ReportDocument.Entry] {
    var entries: [ReportDocument.Entry] = []
    func add(_ name: String, _ text: String) { entries.append(.init(name, text)) }
    for model in model.map({ [$0] }) ?? library.opened {
      add("Model", model.model.name)
      add("Model's SHA-256", try library.hash(of: model.model))
      add("Arithmetic", model.model.arithmetic.rawValue)
    }
    if let passport = identity?.vector?.vector.passport {
      let made = [
        passport.method, passport.pairs.map { "\($0) pairs" }, passport.dataset,
        passport.position.map { "position \($0)" }, passport.site,
      ]
      add("Vector", made.compactMap { $0 }.joined(separator: ", "))
    }
    let names = [
      "vector": "Vector's digest", "run": "Digest of run", "run_batch": "Digest of run_batch",
      "steer": "Steering", "generate": "Generation", "seed": "Seed", "casthost": "casthost",
    ]
    for (key, name) in names.sorted(by: { $0.value < $1.value }) {
      guard let value = identity?.about[key] else { continue }
      if case .table(let table) = value, table.isEmpty { continue }
      add(name, try value.text ?? String(decoding: JSON.encode(value), as: UTF8.self))
    }
    add("Metrics", metrics.map(\.name).joined(separator: ", "))
    add(
      "Grid",
      grid.names.isEmpty
        ? "one point" : "\(grid.names.joined(separator: " × ")), \(grid.points.count) points")
    return entries
  }
}

extension Sweep.Item {
  /// The prompt as a person reads it.
  fileprivate func text(_ machine: LuaMachine) throws -> String {
    switch try Argument(prompt, called: "the prompt", machine).prompt() {
    case .text(let text): text
    case .messages(let messages):
      messages.count == 1
        ? messages[0].content : messages.map { "\($0.role): \($0.content)" }.joined(separator: "\n")
    case .tokens(let ids): ids.map { "\($0)" }.joined(separator: " ")
    }
  }
}

import Results

/// A sweep's report in files: CSV for tables, JSON for everything.
extension SweepReport {
  /// Writes the report, as its name's ending says.
  func save(_ call: Call) throws -> LuaValue {
    let argument = try call.argument(1, "path")
    let path = try argument.text()
    let options = try call.options(2)
    let isPerPrompt = try options["per_prompt"].boolean(default: false)
    let page = try PageOptions(options, self)
    try options.finish()
    let bytes: [UInt8]
    switch path.lowercased().split(separator: ".").last {
    case "csv": bytes = csv(perPrompt: isPerPrompt)
    case "json": bytes = try JSON.encode(json(), indent: 1)
    case "html": bytes = Array(HTMLPage(try document(page)).text.utf8)
    case "md": bytes = Array(MarkdownPage(try document(page)).text.utf8)
    default: throw argument.bad("a file name that ends in .html, .md, .csv or .json expected")
    }
    do {
      try library.files.write(bytes, to: path)
    } catch {
      if error.code == .permission { throw error }
      return .failure("\(error)")
    }
    return true
  }

  /// The report as text for a terminal.
  func markdown(_ call: Call) throws -> LuaValue {
    let options = try call.options(1)
    let page = try PageOptions(options, self)
    try options.finish()
    return .string(MarkdownPage(try document(page)).text)
  }

  /// The rows as in RFC 4180, lines ended by a line feed; a missing value is empty.
  func csv(perPrompt: Bool) -> [UInt8] {
    let rest = skipped.isEmpty ? [] : ["skipped"]
    let names = perPrompt ? grid.names + ["prompt"] + columns + ["text"] : allColumns + rest
    var text = names.map(SweepReport.quoted).joined(separator: ",") + "\n"
    for row in rows(perPrompt: perPrompt) {
      text +=
        names.map { row[$0].map { SweepReport.quoted(SweepGrid.text($0)) } ?? "" }
        .joined(separator: ",") + "\n"
    }
    return Array(text.utf8)
  }

  private static func quoted(_ text: String) -> String {
    let needsQuotes = text.utf8.contains { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }
    return needsQuotes ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
  }

  /// Everything: the rows, and the values and texts of every prompt.
  private func json() throws -> LuaValue {
    let about = identity.map { LuaValue.record($0.about) } ?? .nil
    return [
      "settings": .list(grid.names.map { .string($0) }),
      "metrics": .list(columns.map { .string($0) }),
      "prompts": .list(items.map(\.prompt)),
      "rows": .list(rows(perPrompt: false).map { .record($0) }),
      "outputs": .list(rows(perPrompt: true).map { .record($0) }),
      "seed": .integer(Int(truncatingIfNeeded: library.machine.seed)),
      "version": .string(library.version), "degraded": .boolean(isDegraded),
      "skipped": .integer(skipped.count), "about": about,
    ]
  }
}

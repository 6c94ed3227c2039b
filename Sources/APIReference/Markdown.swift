/// The whole reference as one page.
extension API {
  /// `Docs/Lua-API.md`.
  public var markdown: String {
    var lines = [
      "# The Lua API",
      "",
      "<!-- Made from Scripts/types/cast.d.lua by `make docs`. Change that file. -->",
      "",
      "`casthost help NAME` prints an entry, `casthost types DIR` installs all of them for editors,",
      "`casthost check recipe.lua` compares a recipe with them.",
    ]
    for section in sections where !section.title.isEmpty || !section.entries.isEmpty {
      if !section.title.isEmpty { lines += ["", "## \(section.title)"] }
      let introduction = API.trimmedParagraphs(section.introduction)
      if !introduction.isEmpty { lines += ["", introduction] }
      for entry in section.entries { lines += [""] + markdown(entry) }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func markdown(_ entry: Entry) -> [String] {
    var lines: [String]
    var details: [String] = []
    switch entry.kind {
    case .function(let function):
      let result = function.results.isEmpty ? "" : " → `\(function.resultList)`"
      lines = ["### `\(entry.usage)`\(result)"]
      details = function.parameters.map { parameter in
        let optional = parameter.isOptional ? ", may be left out" : ""
        return item("`\(parameter.name)`: `\(parameter.type)`\(optional)", parameter.text)
      }
      details += function.results.filter { !$0.name.isEmpty || !$0.text.isEmpty }
        .map { result in
          let name = result.name.isEmpty ? "" : " \(result.name)"
          return item("returns\(name) `\(result.type)`", result.text)
        }
      if let places = function.placeList { details.append("- may be called in: \(places)") }
    case .value(let type): lines = ["### `\(entry.name)`: `\(type)`"]
    case .alias(let type):
      lines = ["### `\(entry.name)`"]
      details = ["`\(type)`"]
    case .module: lines = ["### `\(entry.name)`"]
    case .type(let content):
      let parents = content.parents.map { "`\($0)`" }.joined(separator: ", ")
      lines = ["### `\(entry.name)`" + (parents.isEmpty ? "" : ": all of \(parents), and")]
      details = content.fields.map { item("`\($0.label)`: `\($0.type)`", $0.text) }
      let variable = Entry.variable(for: entry.name.split(separator: ".").last ?? "")
      details += content.operators.map { "- `\($0.usage(on: variable))` → `\($0.result)`" }
    }
    if let reason = entry.deprecation { lines += ["", "**Deprecated:** \(reason)"] }
    if !entry.text.isEmpty { lines += ["", entry.text] }
    if !details.isEmpty { lines += [""] + details }
    return lines
  }

  private func item(_ head: String, _ text: String) -> String {
    guard !text.isEmpty else { return "- \(head)" }
    return "- \(head). " + text.split(separator: "\n").joined(separator: " ")
  }

  private static func trimmedParagraphs(_ text: String) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
    while lines.first?.isEmpty == true { lines.removeFirst() }
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines.joined(separator: "\n")
  }
}

import Foundation
import Scripting

/// Checks recipes as `casthost check` was told.
struct RecipeChecker {
  /// Paths of the recipes.
  let recipes: [String]
  /// Whether one JSON object is printed.
  let asksForJSON: Bool

  /// Checks all recipes and prints what was found.
  func run() throws {
    let check = RecipeCheck()
    var reports: [RecipeReport] = []
    for recipe in recipes {
      reports.append(try ScriptThread.run { try check.report(on: recipe) })
    }
    if asksForJSON {
      try tellJSON(reports)
    } else {
      for report in reports { tell(report) }
    }
    let problems = reports.flatMap(\.problems)
    let errors = problems.count { $0.severity == .error }
    guard errors == 0 else {
      let counts = [(errors, "error"), (problems.count - errors, "warning")].filter { $0.0 > 0 }
      let words = counts.map { count, noun in "\(count) \(noun)\(count == 1 ? "" : "s")" }
      throw CommandFailure(.failure, "check: \(words.joined(separator: ", ")).")
    }
  }

  private struct Answer: Encodable {
    var ok: Bool
    var recipes: [RecipeReport]
  }

  private func tellJSON(_ reports: [RecipeReport]) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let answer = Answer(ok: reports.allSatisfy(\.isFine), recipes: reports)
    Console.result(String(decoding: try encoder.encode(answer), as: UTF8.self))
  }

  private func tell(_ report: RecipeReport) {
    for problem in report.problems { Console.result(problem.description) }
    if report.isFine { Console.result("\(report.path): fine") }
    let title = [report.name, report.version].compactMap { $0 }.joined(separator: " ")
    let level = report.api.map { "API level \($0)" }
    let about = [title.isEmpty ? nil : title, level, report.license].compactMap { $0 }
    if !about.isEmpty { Console.result("  " + about.joined(separator: ", ")) }
    if !report.options.isEmpty {
      Console.result("  its own options, after '--':")
      Console.table(
        report.options.map { ["    --\($0.name)", $0.kind, "default \($0.fallback)", $0.about] })
    }
    if !report.needs.isEmpty {
      Console.result("  what a run must allow:")
      Console.table(
        report.needs.map { need in
          [
            "    \(need.flag)", "\(need.isConditional ? "perhaps: " : "")\(need.reason)",
            "line \(need.line)" + (need.file == report.path ? "" : " of \(need.file)"),
          ]
        })
    }
  }
}

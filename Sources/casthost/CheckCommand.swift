import ArgumentParser
import Foundation
import Scripting

/// `casthost check`.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Finds mistakes in recipes without running them.",
    usage: "casthost check <recipe> … [--json]",
    discussion: """
        casthost check recipe.lua

      Tells syntax errors, variables and names that do not exist, options and arguments that \
      cannot be right, calls from where they are not allowed, and recipes for a newer casthost; \
      then which options the recipe has and which flags a run of it will ask for. Modules that \
      it requires are followed. Nothing of the recipe is run.

      Exit code 0 where there is no error, 1 where there is one; warnings do not count.
      """)

  @Argument(
    help: ArgumentHelp("Recipes: Lua files, or folders with main.lua.", valueName: "recipe"))
  var recipes: [String]

  @Flag(help: "Print one JSON object with all that was found.")
  var json = false

  func run() throws {
    let check = RecipeCheck()
    var reports: [RecipeReport] = []
    for recipe in recipes {
      reports.append(try ScriptThread.run { try check.report(on: recipe) })
    }
    if json {
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
          ["    \(need.flag)", "\(need.isConditional ? "perhaps: " : "")\(need.reason)",
            "line \(need.line)" + (need.file == report.path ? "" : " of \(need.file)")]
        })
    }
  }
}

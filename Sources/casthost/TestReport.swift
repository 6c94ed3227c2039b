import Scripting

/// One test that has been run, as reports tell it.
struct TestResult {
  let file: String
  let name: String
  let seconds: Double
  /// Why it failed, with the position; nil if it passed.
  let failure: String?
  /// What it printed.
  let output: String

  init(_ outcome: TestLibrary.Outcome, of file: TestFile, output: String) {
    self.file = file.path
    name = outcome.name.joined(separator: " > ")
    seconds = outcome.seconds
    failure = outcome.error.map { TestResult.text($0, of: file) }
    if case .sample = file { self.output = "" } else { self.output = output }
  }

  /// The error with the whole path of the file, so that an editor finds the line.
  private static func text(_ error: LuaError, of file: TestFile) -> String {
    var error = error
    let name = file.path.split(separator: "/").last.map(String.init) ?? file.path
    if error.file == name { error.file = file.path }
    return error.description
  }
}

/// Writes the results of tests as they come.
protocol TestReport: AnyObject {
  func begin(_ file: String)
  func add(_ result: TestResult)
  func end()
}

extension TestFormat {
  func makeReport() -> any TestReport {
    switch self {
    case .human: HumanReport()
    case .tap: TAPReport()
    case .junit: JUnitReport()
    }
  }
}

/// Lines for people: a test each, failures with their reason, and the counts at the end.
private final class HumanReport: TestReport {
  private var passed = 0
  private var failed = 0

  func begin(_ file: String) { Console.result(file) }

  func add(_ result: TestResult) {
    guard let failure = result.failure else {
      passed += 1
      return Console.result("  ok    \(result.name)")
    }
    failed += 1
    Console.result("  FAIL  \(result.name)")
    Console.result(indented(failure, by: 8))
    if !result.output.isEmpty {
      Console.result("        printed:\n" + indented(result.output, by: 10))
    }
  }

  func end() { Console.result("\(passed) passed, \(failed) failed") }
}

private func indented(_ text: String, by count: Int) -> String {
  let margin = String(repeating: " ", count: count)
  return text.split(separator: "\n").map { margin + $0 }.joined(separator: "\n")
}

/// The Test Anything Protocol, version 14; the plan comes last.
private final class TAPReport: TestReport {
  private var count = 0

  init() { Console.result("TAP version 14") }

  func begin(_ file: String) {}

  func add(_ result: TestResult) {
    count += 1
    let name = "\(result.file) > \(result.name)".replacing("\\", with: "\\\\")
      .replacing("#", with: "\\#").replacing("\n", with: " ")
    Console.result("\(result.failure == nil ? "ok" : "not ok") \(count) - \(name)")
    guard let failure = result.failure else { return }
    Console.result("  ---\n  message: |\n\(indented(failure, by: 4))\n  ...")
  }

  func end() { Console.result("1..\(count)") }
}

/// The XML that JUnit made common: one document, a suite for each file.
private final class JUnitReport: TestReport {
  private var suites: [(file: String, results: [TestResult])] = []

  func begin(_ file: String) { suites.append((file, [])) }

  func add(_ result: TestResult) { suites[suites.count - 1].results.append(result) }

  func end() {
    let all = suites.flatMap(\.results)
    var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<testsuites\(counts(all))>"]
    for suite in suites {
      lines.append("  <testsuite name=\"\(escaped(suite.file))\"\(counts(suite.results))>")
      lines += suite.results.flatMap(testCase)
      lines.append("  </testsuite>")
    }
    lines.append("</testsuites>")
    Console.result(lines.joined(separator: "\n"))
  }

  private func testCase(_ result: TestResult) -> [String] {
    let head =
      "    <testcase classname=\"\(escaped(result.file))\" name=\"\(escaped(result.name))\" "
      + "time=\"\(time(result.seconds))\""
    guard let failure = result.failure else { return [head + "/>"] }
    let first = failure.split(separator: "\n").first.map(String.init) ?? ""
    return [
      head + ">",
      "      <failure message=\"\(escaped(first))\">\(escaped(failure))</failure>",
      "      <system-out>\(escaped(result.output))</system-out>",
      "    </testcase>",
    ]
  }

  private func counts(_ results: [TestResult]) -> String {
    let failures = results.count { $0.failure != nil }
    let seconds = results.reduce(0) { $0 + $1.seconds }
    return " tests=\"\(results.count)\" failures=\"\(failures)\" time=\"\(time(seconds))\""
  }

  private func time(_ seconds: Double) -> String {
    // Milliseconds, written without the exponent that small numbers would get.
    let milliseconds = Int((seconds * 1000).rounded())
    let fraction = String(milliseconds % 1000 + 1000).dropFirst()
    return "\(milliseconds / 1000).\(fraction)"
  }

  /// Text as XML takes it; control characters have no form there.
  private func escaped(_ text: String) -> String {
    let plain = String(
      text.unicodeScalars.map { scalar -> Character in
        let isAllowed = scalar.value >= 0x20 || scalar == "\n" || scalar == "\t"
        return isAllowed && scalar.value != 0xFFFE && scalar.value != 0xFFFF
          ? Character(scalar) : "?"
      })
    return plain.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
      .replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
  }
}

import ArgumentParser
import Foundation
import Kernels

/// `casthost doctor`.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Tells what this machine offers, and what stands in casthost's way.",
    discussion: """
        casthost doctor
        casthost doctor --json

      Looks at the processor, memory, the fetched models and their checksums, Lua, and what the \
      kernel has for confining recipes, and measures for about a second how fast products are. \
      What is not as it should be says what to do. Nothing is changed.

      Exit code 0, whatever is found.
      """)

  @Flag(help: "Print one JSON object with all that was found.")
  var json = false

  @Option(help: "Threads to measure with. (default: one per core)")
  var threads: Int?

  func validate() throws {
    try check(threads: threads)
  }

  func run() throws {
    let lanes = Lanes(count: threadCount(threads))
    let findings =
      [Finding.version] + MachineCheck().findings + ModelCheck().findings + SandboxCheck().findings
      + [SpeedCheck(lanes).finding]
    guard !json else {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      let answer = Answer(ok: findings.allSatisfy { $0.status == .ok }, checks: findings)
      return Console.result(String(decoding: try encoder.encode(answer), as: UTF8.self))
    }
    let width = findings.map(\.name.count).max() ?? 0
    for finding in findings {
      let name = finding.name + String(repeating: " ", count: width - finding.name.count)
      Console.result("\(finding.status == .ok ? "ok  " : "warn")  \(name)  \(finding.text)")
      if let remedy = finding.remedy {
        Console.result(String(repeating: " ", count: width + 8) + remedy)
      }
    }
  }

  private struct Answer: Encodable {
    var ok: Bool
    var checks: [Finding]
  }
}

/// One thing that was looked at.
struct Finding: Encodable {
  enum Status: String, Encodable {
    case ok, warn
  }

  var name: String
  var status: Status
  var text: String
  /// What to do about it; only with a warning.
  var remedy: String?

  /// Something that is as it should be.
  static func fine(_ name: String, _ text: String) -> Finding {
    Finding(name: name, status: .ok, text: text)
  }

  /// Something that is not.
  static func warning(_ name: String, _ text: String, remedy: String) -> Finding {
    Finding(name: name, status: .warn, text: text, remedy: remedy)
  }

  static var version: Finding {
    #if DEBUG
    warning(
      "casthost", "\(casthostVersion), built for debugging: many times slower",
      remedy: "Run: make build, and use .build/release/casthost.")
    #else
    fine("casthost", casthostVersion)
    #endif
  }
}

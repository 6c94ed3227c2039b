import Foundation
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// `Docs/Writing-recipes.md` is followed to the letter: its recipes are saved under their names and
/// its commands must print what it shows.
@Suite(
  "The guide to writing recipes, on the default model", .timeLimit(.minutes(5)),
  .enabled(if: RealModel.smolLM2 != nil, "needs the default model in the cache"))
struct GuideTests {
  private static let path = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Docs/Writing-recipes.md").path

  /// A block of code in the guide.
  private enum Block {
    /// ```` ```lua NAME ````: a file to save.
    case file(String, text: String)
    /// ```` ```console ````: commands after `$ `, each with what it prints.
    case session([(command: String, output: String)])
    /// Anything else, with the word after the fence.
    case other(String)
  }

  private func blocks() throws -> [Block] {
    let text = try String(contentsOfFile: Self.path, encoding: .utf8)
    var found: [Block] = []
    var open: (info: String, lines: [String])?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      if let block = open {
        if line == "```" {
          found.append(Self.block(block.info, block.lines))
          open = nil
        } else {
          open?.lines.append(line)
        }
      } else if line.hasPrefix("```") {
        open = (String(line.dropFirst(3)), [])
      }
    }
    #expect(open == nil, "a block that does not end")
    return found
  }

  private static func block(_ info: String, _ lines: [String]) -> Block {
    let words = info.split(separator: " ").map(String.init)
    if words.count == 2, words[0] == "lua" {
      return .file(words[1], text: lines.joined(separator: "\n") + "\n")
    }
    guard info == "console" else { return .other(info) }
    var commands: [(command: String, output: String)] = []
    for line in lines {
      if line.hasPrefix("$ ") {
        commands.append((String(line.dropFirst(2)), ""))
      } else if !commands.isEmpty {
        commands[commands.count - 1].output += line + "\n"
      }
    }
    return .session(commands)
  }

  /// Both outputs of a shell's command, in a folder, as a newcomer's: an empty home, and `casthost`
  /// on the search path.
  private func shell(
    _ command: String, in folder: ScratchFolder, home: ScratchFolder
  ) async throws
    -> String
  {
    let binary = try #require(Command.binary)
    let model = URL(fileURLWithPath: try #require(RealModel.smolLM2))
    let cache = model.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let result = try await Subprocess.run(
      .path("/bin/sh"), arguments: ["-c", "exec 2>&1; " + command],
      environment: .inherit.updating([
        "PATH": "\(binary.deletingLastPathComponent().path):\(path)", "HOME": home.url.path,
        "XDG_CACHE_HOME": cache.path,
      ]), workingDirectory: FilePath(folder.url.path), output: .string(limit: 1 << 20),
      error: .discarded)
    return result.standardOutput
  }

  @Test("Every command prints what the guide shows, and every recipe in it is used")
  func follow() async throws {
    let folder = try ScratchFolder()
    let home = try ScratchFolder()
    var files: Set<String> = []
    var commands = ""
    for block in try blocks() {
      switch block {
      case .file(let name, let text):
        files.insert(name)
        try text.write(
          to: folder.url.appendingPathComponent(name), atomically: false, encoding: .utf8)
      case .session(let session):
        for (command, output) in session {
          commands += command + "\n"
          let found = try await shell(command, in: folder, home: home)
          // The guide cannot show spaces at the ends of lines, nor an empty last line.
          #expect(Self.trimmed(found) == Self.trimmed(output), "$ \(command)")
        }
      case .other(let info):
        #expect(info == "sh", "only setting up is not run: lua blocks need a name")
      }
    }
    #expect(files.count >= 6)
    let texts = try files.map {
      try String(contentsOf: folder.url.appendingPathComponent($0), encoding: .utf8)
    }
    for name in files {
      let isModule = texts.contains { $0.contains("require \"\(name.dropLast(4))\"") }
      #expect(isModule || commands.contains(" \(name)"), "\(name) is never run")
    }
  }

  private static func trimmed(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { line in String(line.reversed().drop { $0 == " " }.reversed()) }
    return lines.joined(separator: "\n").trimmingCharacters(in: .newlines)
  }
}

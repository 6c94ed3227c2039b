import Engine
import Foundation
import Scripting

/// Runs a recipe again and again, as `casthost run --watch` was told: once at the start, and after
/// every change of a file that it consists of.
struct RecipeWatch {
  private static let pause = Duration.milliseconds(150)
  private let settings: RunSettings

  init(_ settings: RunSettings) { self.settings = settings }

  /// Runs until the task is cancelled.
  ///
  /// - Throws: `CancellationError` at the end; what is wrong with the command line at the start.
  func run() async throws {
    let runner = RecipeRunner(settings, keeping: ModelShelf())
    try runner.checkCommandLine()
    let relay = StopRelay()
    try await withTaskCancellationHandler {
      while true {
        let sources = SourceFiles()
        do {
          try runner.run(relay.next()) { sources.add($0) }
        } catch {
          try Task.checkCancellation()
          Console.failure((error as? LuaError)?.report ?? "\(error)")
        }
        // Where nothing was read there is no recipe, and one may yet be saved.
        if sources.isEmpty { sources.add(settings.recipe) }
        Console.note("watch: waiting for a change of \(sources.description); Ctrl-C ends.")
        let change = try await change(of: sources)
        Console.note("watch: \(change), running again.")
      }
    } onCancel: {
      relay.interrupt()
    }
  }

  /// What changed, in words, as soon as something did and has stayed the same for a moment.
  private func change(of sources: SourceFiles) async throws -> String {
    var last = sources.changes
    while true {
      try await Task.sleep(for: RecipeWatch.pause)
      let now = sources.changes
      // An editor may write in several steps: what is half written now is whole the next time.
      if !now.isEmpty, now == last { return now.map(\.words).joined(separator: ", ") }
      last = now
    }
  }
}

/// Files that a run has read, as they were then.
private final class SourceFiles {
  /// What tells one content of a file from another; nil where there is no file.
  struct Stamp: Equatable {
    let modified: Date?
    let size: Int
    let number: Int
  }

  /// A file that is not as it was.
  struct Change: Equatable {
    let path: String
    let words: String
    let stamp: Stamp?
  }

  private var files: [(path: String, stamp: Stamp?)] = []

  var isEmpty: Bool { files.isEmpty }

  func add(_ path: String) {
    guard !files.contains(where: { $0.path == path }) else { return }
    files.append((path, SourceFiles.stamp(path)))
  }

  /// The recipe, and how many modules there are.
  var description: String {
    let first = files.first.map { SourceFiles.name($0.path) } ?? ""
    let modules = files.dropFirst().count { $0.stamp != nil }
    return modules == 0 ? first : "\(first) and \(modules) module\(modules == 1 ? "" : "s")"
  }

  /// What is different now.
  var changes: [Change] {
    files.compactMap { path, before in
      let now = SourceFiles.stamp(path)
      guard now != before else { return nil }
      let verb = now == nil ? "is gone" : before == nil ? "is there" : "changed"
      return Change(path: path, words: "\(SourceFiles.name(path)) \(verb)", stamp: now)
    }
  }

  private static func name(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  private static func stamp(_ path: String) -> Stamp? {
    guard let facts = try? FileManager.default.attributesOfItem(atPath: path) else { return nil }
    return Stamp(
      modified: facts[.modificationDate] as? Date,
      size: (facts[.size] as? NSNumber)?.intValue ?? 0,
      number: (facts[.systemFileNumber] as? NSNumber)?.intValue ?? 0)
  }
}

/// Models that stay opened from one run of a recipe to the next.
///
/// Used by one thread at a time.
final class ModelShelf {
  private var models: [String: (modified: Date?, model: Model)] = [:]

  /// The model of a file, opened anew only if the file has changed.
  func model(_ file: URL, _ open: () throws -> Model) throws -> Model {
    let facts = try? FileManager.default.attributesOfItem(atPath: file.path)
    let modified = facts?[.modificationDate] as? Date
    if let known = models[file.path], known.modified == modified { return known.model }
    let model = try open()
    models[file.path] = (modified, model)
    return model
  }
}

import Scripting

/// The recipes of one command line, run one after the other, each in a Lua state of its own.
///
/// They share the weights of the models and nothing else.
struct RecipeSeries {
  private let runs: [RunSettings]

  /// Settings of each recipe.
  ///
  /// - Parameters:
  ///   - common: What the command line says of all; its options hold those of the recipes in
  ///     turn, with `--` between them.
  ///   - recipes: Their paths, at least one.
  init(_ common: RunSettings, recipes: [String]) {
    guard recipes.count > 1 else {
      runs = [common]
      return
    }
    let options = common.options.split(separator: "--", omittingEmptySubsequences: false)
      .map(Array.init)
    let names = RecipeSeries.names(recipes)
    runs = recipes.indices.map { index in
      var settings = common
      settings.recipe = recipes[index]
      settings.options = index < options.count ? options[index] : []
      settings.permissions.out = common.permissions.out.map { "\($0)/\(names[index])" }
      return settings
    }
  }

  /// Names of folders, one for each recipe: `b` for `a/b.lua`, and `b-2` for the next `b`.
  static func names(_ recipes: [String]) -> [String] {
    var taken: Set<String> = []
    return recipes.map { recipe in
      let file = recipe.split(separator: "/").last { $0 != "." && $0 != ".." }.map(String.init)
      let name = file ?? "recipe"
      let stem = name.hasSuffix(".lua") ? String(name.dropLast(4)) : name
      var candidate = stem
      var number = 2
      while !taken.insert(candidate).inserted {
        candidate = "\(stem)-\(number)"
        number += 1
      }
      return candidate
    }
  }

  /// Has the kernel close what no recipe needs: the ring is that of the process.
  func confine(tells: Bool) throws {
    let rings = try runs.map { try RecipeRunner($0).openRing() }
    guard let first = rings.first else { return }
    let ring = rings.dropFirst().reduce(first) { $0.joined(with: $1) }
    RecipeRunner.close(ring, runs[0], tells: tells)
  }

  /// Runs them all; a failure is told, and the next recipe runs.
  ///
  /// - Throws: ``CommandFailure`` with the status of the first failure.
  func run() async throws {
    let shelf = ModelShelf()
    let relay = StopRelay()
    var failures: [(recipe: String, status: ExitStatus)] = []
    try await withTaskCancellationHandler {
      for settings in runs {
        Console.note("run: \(settings.recipe)")
        do {
          try RecipeRunner(settings, keeping: shelf).run(relay.next())
        } catch {
          try Task.checkCancellation()
          Console.failure((error as? LuaError)?.report ?? "\(error)")
          failures.append((settings.recipe, ExitStatus(for: error)))
        }
      }
    } onCancel: {
      relay.interrupt()
    }
    guard let first = failures.first else { return }
    let names = failures.map(\.recipe).joined(separator: ", ")
    throw CommandFailure(
      first.status, "run: \(failures.count) of \(runs.count) recipes failed (\(names)).")
  }
}

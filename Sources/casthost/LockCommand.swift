import ArgumentParser
import Checkpoint
import Foundation
import ModelStore

/// `casthost lock`.
struct LockCommand: AsyncParsableCommand, TellsCauses, ConfinesItself {
  static let configuration = CommandConfiguration(
    commandName: "lock",
    abstract: "Runs a recipe and pins what it used and printed.",
    usage: "casthost lock <recipe> [-o <file>] [<options>] [-- <options of the recipe>]",
    discussion: """
      casthost lock recipe.lua -- --scale=6
      casthost verify recipe.lua.lock

      The lock has the SHA-256 of the model, its tokenizer and chat template, of the recipe, its \
      modules and every file that was read or written; the options, the seed and the arithmetic; \
      and the output. Share it beside the recipe.
      """)

  @Argument(help: "The recipe, a Lua file.")
  var recipe: String

  @Option(
    name: .customShort("o"),
    help: ArgumentHelp("The lock. (default: the recipe's path with .lock)", valueName: "file"))
  var lock: String?

  @OptionGroup(title: "The run") var main: MainOptions
  @OptionGroup(title: "Permissions") var permissions: PermissionOptions
  @OptionGroup(title: "Limits") var limits: LimitOptions
  @OptionGroup var common: CommonOptions

  @Argument(
    parsing: .postTerminator,
    help: ArgumentHelp(
      "Options of the recipe itself, after '--'.", valueName: "options of the recipe"))
  var options: [String] = []

  private var path: String { lock ?? recipe + ".lock" }

  private var settings: RunSettings {
    var settings = RunSettings(
      recipe: recipe, main: main, permissions: permissions, limits: limits, options: options)
    // The lock is written as a manifest is.
    settings.manifest = path
    return settings
  }

  func confine() throws {
    try RecipeRunner(settings).confine(tells: common.verbose)
  }

  func run() async throws {
    let recorder = RunRecorder(settings)
    try await RecipeRunner(settings).run(recorder)
    guard recorder.output.count <= RunLock.largestOutput else {
      throw CommandFailure(
        .failure,
        "\(recipe): the output is too long for a lock (\(recorder.output.count) bytes, limit "
          + "\(RunLock.largestOutput)). Print less.")
    }
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let real = URL(fileURLWithPath: recipe).path
    let prefix = folder == "/" ? folder : folder + "/"
    let place = real.hasPrefix(prefix) ? String(real.dropFirst(prefix.count)) : real
    let made = RunLock(
      recipe: place, model: main.model, manifest: recorder.manifest(nil),
      outputHash: sha256(of: recorder.output), output: recorder.output)
    try AtomicFile.replace(path, with: try RunManifest.json(made))
    Console.note("wrote \(path)")
  }
}

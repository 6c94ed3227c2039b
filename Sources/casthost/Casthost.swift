import ArgumentParser
import Foundation
import Kernels
import Scripting

/// The command line: what is understood here is carried out by the rooms.
@main
struct Casthost: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "casthost",
    abstract: "Runs local language models and steers them with Lua recipes.",
    discussion: """
      A recipe is a Lua script: it loads a model, builds vectors from contrasting examples, and \
      lets the model speak with them added to its residual stream.

        casthost models pull               fetch the default model (98 MB)
        casthost run Scripts/quickstart.lua

      Models run on this machine's processor; a recipe reaches no network and only the files \
      that you allow.

      Exit codes: 0 fine, 1 script error, 2 usage, 3 permission denied, 124 time limit, \
      125 memory limit, 130 interrupted. Results go to standard output, progress and logs to \
      standard error.
      """,
    version: casthostVersion,
    subcommands: [
      RunCommand.self, CheckCommand.self, HelpCommand.self, TypesCommand.self, ModelsCommand.self,
      VectorCommand.self, TokenizeCommand.self, BenchCommand.self,
    ])

  static func main() {
    Console.claimDescriptors()
    Machine.keepFreedMemory()
    let arguments = Array(CommandLine.arguments.dropFirst())
    Interruption.runCancellable { await carryOut(arguments) }
  }

  /// Parses and runs one command line, and tells the user about a failure.
  private static func carryOut(_ arguments: [String]) async -> ExitStatus {
    var command: any ParsableCommand
    do {
      command = try parseAsRoot(arguments)
    } catch {
      return tellUsage(error, arguments)
    }
    do {
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
      return .success
    } catch let error where exitCode(for: error) == .success {
      return tellUsage(error)
    } catch let error as ValidationError {
      return tellUsage(error)
    } catch is CancellationError {
      Console.failure("interrupted.")
      return .interrupted
    } catch {
      Console.failure((error as? LuaError)?.report ?? "\(error)")
      let isVerbose = (command as? any TellsCauses)?.common.verbose ?? false
      if isVerbose, let cause = cause(of: error) { Console.note(cause) }
      return ExitStatus(for: error)
    }
  }

  /// Help, the version, or what is wrong with the command line.
  ///
  /// The parser's own status for a wrong command line, 64, becomes 2.
  private static func tellUsage(_ error: any Error, _ arguments: [String] = []) -> ExitStatus {
    let complaint = fullMessage(for: error)
    let message = complaint + hint(complaint, arguments)
    switch exitCode(for: error) {
    case .success:
      Console.result(message)
      return .success
    case .validationFailure:
      Console.note(message)
      return .usage
    case let code:
      if !message.isEmpty { Console.note(message) }
      return ExitStatus(rawValue: code.rawValue) ?? .failure
    }
  }
}

/// What a newcomer most likely meant by a wrong command line.
private func hint(_ complaint: String, _ arguments: [String]) -> String {
  if let first = arguments.first, first.hasSuffix(".lua") {
    return "\n  A recipe is run with: casthost run \(first)"
  }
  guard arguments.first == "run", complaint.hasPrefix("Error: Unknown option") else { return "" }
  return "\n  Options of the recipe itself go after '--': casthost run recipe.lua -- --name=value"
}

/// The version of casthost.
let casthostVersion = "0.1.0"

/// Options that every command which can fail has.
struct CommonOptions: ParsableArguments {
  @Flag(help: "On failure, also print what the layer below said.")
  var verbose = false
}

/// A command whose failures can be told at length.
protocol TellsCauses {
  var common: CommonOptions { get }
}

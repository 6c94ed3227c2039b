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
      RunCommand.self, CheckCommand.self, TestCommand.self, ReplCommand.self, LockCommand.self,
      VerifyCommand.self, HelpCommand.self, TypesCommand.self, ModelsCommand.self,
      VectorCommand.self, TokenizeCommand.self, BenchCommand.self, DoctorCommand.self,
    ])

  static func main() {
    Console.claimDescriptors()
    Machine.keepFreedMemory()
    let arguments = Array(CommandLine.arguments.dropFirst())
    // Safety: this thread is done with it when the task, its only other user, starts.
    nonisolated(unsafe) let parsed = Result { try parseAsRoot(arguments) }
    let confined = Result<Void, any Error> {
      if let command = (try? parsed.get()) as? any ConfinesItself { try command.confine() }
    }
    Interruption.runCancellable { await carryOut(parsed, confined, arguments) }
  }

  /// Runs one command line, and tells the user about a failure.
  private static func carryOut(
    _ parsed: Result<any ParsableCommand, any Error>, _ confined: Result<Void, any Error>,
    _ arguments: [String]
  ) async -> ExitStatus {
    let command: any ParsableCommand
    do {
      command = try parsed.get()
    } catch {
      return tellUsage(error, arguments)
    }
    do {
      try confined.get()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        var command = command
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
  @Flag(help: "Tell more: on failure what the layer below said; for a run, its outer ring.")
  var verbose = false
}

/// A command whose failures can be told at length.
protocol TellsCauses {
  var common: CommonOptions { get }
}

/// A command that gives up rights before it does anything.
protocol ConfinesItself {
  /// Gives them up; called on the main thread while it is the only one.
  func confine() throws
}

import Checkpoint
import Foundation
import ModelStore
import Scripting

/// What the process tells its caller; the numbers are part of the command line's contract.
enum ExitStatus: Int32 {
  case success = 0
  /// A script or a command failed.
  case failure = 1
  /// The command line was wrong.
  case usage = 2
  /// A script asked for something that no flag allowed.
  case permissionDenied = 3
  case timeLimit = 124
  case memoryLimit = 125
  case interrupted = 130
}

/// A failure of the command line itself: one sentence and the status it ends in.
struct CommandFailure: Error, CustomStringConvertible {
  let status: ExitStatus
  let description: String

  init(_ status: ExitStatus, _ description: String) {
    self.status = status
    self.description = description
  }
}

extension ExitStatus {
  /// Ends the process.
  func leave() -> Never {
    exit(rawValue)
  }

  /// The status that an error of any room ends in.
  init(for error: any Error) {
    switch error {
    case let failure as CommandFailure: self = failure.status
    case let error as ModelStoreError:
      switch error.code {
      case .unknownModel, .unsupportedReference: self = .usage
      case .interrupted: self = .interrupted
      default: self = .failure
      }
    case let error as LuaError: self = ExitStatus(rawValue: error.exitCode) ?? .failure
    default: self = .failure
    }
  }
}

/// What the layer below said about an error, if it was kept.
func cause(of error: any Error) -> String? {
  switch error {
  case let error as ModelStoreError: error.cause
  case let error as CheckpointError: error.cause
  default: nil
  }
}
